"""What a judge is asked of a pair, and what its answer must look like, for each kind of question."""

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
"""Between the two messages of a prompt file, that of the system and that of the user."""
PLACES = ("source", "target", "target_language")
"""What a prompt may hold, as $source and so on."""


class Answer(BaseModel):
    """What is read from an answer; its fields are those of the rows that the stage writes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rating(Answer):
    """How accurate a translation is, as AlpaGasus rates responses."""

    score: Annotated[float, Field(ge=0, le=5)]


class Tags(Answer):
    """What a source text is about, and what is in it, as InsTag tags queries."""

    tags: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=100)]


class ComplexityQuality(Answer):
    """How hard a source is and how good its translation, on the scales of DEITA."""

    complexity: Annotated[float, Field(ge=1, le=6)]
    quality: Annotated[float, Field(ge=1, le=6)]


ANSWERS: Mapping[str, type[Answer]] = {"rating": Rating, "tags": Tags, "complexity_quality": ComplexityQuality}
USUAL_TOKENS = {"rating": 10, "tags": 50, "complexity_quality": 20}
"""Tokens of an answer, by which its cost is estimated beforehand."""


@dataclass(frozen=True)
class Prompt:
    """A prompt file."""

    system: str
    user: str
    sha256: str
    """Of the file."""

    def messages(self, pair: Pair, target_language: str) -> Messages:
        """Return what a judge is sent of a pair."""
        values = {"source": pair.src, "target": pair.trg, "target_language": target_language}
        parts = {"system": self.system, "user": self.user}
        return [{"role": role, "content": Template(part).substitute(values)} for role, part in parts.items()]


def read_prompt(path: Path) -> Prompt:
    """Read a prompt file: the system's message, a line `---`, the user's.

    Raises:
        ValueError: it is not made like that, or holds a $name that is none of `PLACES`; names the file.
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
    """Return what an answer says; None where it cannot be read.

    What stands around the outermost braces is passed over: models put JSON into fences, or say a word before it.
    """
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        return ANSWERS[kind].model_validate_json(text[start : end + 1], strict=True)
    except ValidationError:
        return None


def unknown(kind: str) -> dict[str, None]:
    """Return the fields of a pair without an answer: no score, which selectors rank last."""
    return dict.fromkeys(ANSWERS[kind].model_fields)


def key_of(request: Mapping[str, Any], prompt_sha256: str) -> str:
    """Return the hash that an answer is kept under: of all that it depends on, but not of who is asked or how quickly.

    Args:
        request: body of the request: model, messages, temperature, tokens at most, schema.
        prompt_sha256: of the prompt file, so that another version asks anew even where it says the same.
    """
    text = json.dumps([request, prompt_sha256], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
