"""Prompts and answer formats for each kind of question to a judge."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gdig.io.records import Pair

Messages = list[dict[str, str]]

SEPARATOR = "\n---\n"
"""Separator of the system and the user message in a prompt file."""
PLACES = ("source", "target", "target_language")
"""Placeholders of a prompt, such as $source."""


class Answer(BaseModel):
    """Parsed answer; its fields are those of the rows of the stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rating(Answer):
    """Accuracy of a translation, on the scale of AlpaGasus."""

    score: Annotated[float, Field(ge=0, le=5)]


class Tags(Answer):
    """Topics and phenomena of a source text, as in InsTag."""

    tags: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=100)]


class ComplexityQuality(Answer):
    """Complexity of a source and quality of its translation, on the scales of DEITA."""

    complexity: Annotated[float, Field(ge=1, le=6)]
    quality: Annotated[float, Field(ge=1, le=6)]


ANSWERS: Mapping[str, type[Answer]] = {"rating": Rating, "tags": Tags, "complexity_quality": ComplexityQuality}
USUAL_TOKENS = {"rating": 10, "tags": 50, "complexity_quality": 20}
"""Typical tokens of an answer, for cost estimates."""


@dataclass(frozen=True)
class Prompt:
    """A prompt file."""

    system: str
    user: str
    sha256: str
    """SHA-256 of the file."""

    def messages(self, pair: Pair, target_language: str) -> Messages:
        """Return the messages for a pair."""
        values = {"source": pair.src, "target": pair.trg, "target_language": target_language}
        parts = {"system": self.system, "user": self.user}
        return [{"role": role, "content": Template(part).substitute(values)} for role, part in parts.items()]


def read_prompt(path: Path) -> Prompt:
    """Read a prompt file: the system message, a line `---`, the user message.

    Raises:
        ValueError: the file has another format, or a $name that is not in `PLACES`; names the file.
    """
    data = path.read_bytes()
    system, separator, user = data.decode("utf-8").strip().partition(SEPARATOR)
    if not separator:
        raise ValueError(f"{path}: there is no line '---' between the system's message and the user's")
    for part in (Template(system), Template(user)):
        if not part.is_valid() or (strange := sorted(set(part.get_identifiers()) - set(PLACES))):
            found = f"${strange[0]}" if part.is_valid() else "a $ that names nothing"
            raise ValueError(f"{path}: holds {found}; it may hold ${', $'.join(PLACES)}, and $$ for a dollar")
    return Prompt(system, user, hashlib.sha256(data).hexdigest())


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON schema of the answers of a kind."""
    found = ANSWERS[kind].model_json_schema()
    found.pop("description")
    for part in (found, *found["properties"].values()):
        part.pop("title")
    return found


def read_answer(kind: str, text: str) -> Answer | None:
    """Parse an answer; None if it cannot be parsed.

    Text outside the outermost braces is ignored: models put JSON into fences or add a preamble.
    """
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        return ANSWERS[kind].model_validate_json(text[start : end + 1], strict=True)
    except ValidationError:
        return None


def unknown(kind: str) -> dict[str, None]:
    """Return the fields of a pair without an answer: null scores, which selectors rank last."""
    return dict.fromkeys(ANSWERS[kind].model_fields)


def key_of(request: Mapping[str, Any], prompt_sha256: str) -> str:
    """Return the key of an answer: a hash of everything that it depends on, but not of the endpoint or rate.

    Args:
        request: body of the request: model, messages, temperature, tokens at most, schema.
        prompt_sha256: hash of the prompt file, so that a new version asks again even if the text is equal.
    """
    text = json.dumps([request, prompt_sha256], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
