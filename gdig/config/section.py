"""What every section of `params.yaml` is made of.

What a key means is told in the default profile; of one that the profile does not show, by the string below it.
"""

import unicodedata
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

T = TypeVar("T")


def _line(text: str) -> str:
    """Refuse text that is empty or does not stand on one line."""
    if not text.strip() or any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        raise ValueError(f"{text!r} must be text on one line, not empty and without control characters")
    return text


def distinct(values: list[T]) -> list[T]:
    """Refuse a list that has an entry twice."""
    if repeated := [value for place, value in enumerate(values) if value in values[:place]]:
        raise ValueError(f"{repeated[0]!r} stands there twice; take one out")
    return values


def distinct_by(attribute: str) -> AfterValidator:
    """Refuse a list of sections two of which have the same value of an attribute."""

    def check(entries: list[Any]) -> list[Any]:
        distinct([getattr(entry, attribute) for entry in entries])
        return entries

    return AfterValidator(check)


Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Precision = Literal["float32", "bfloat16"]
Line = Annotated[str, AfterValidator(_line)]
"""Text on one line: a name, a path, an id."""
Distinct = Annotated[list[T], Field(min_length=1), AfterValidator(distinct)]
"""One or more entries, none of them twice."""
Two = Annotated[list[T], Field(min_length=2, max_length=2), AfterValidator(distinct)]
"""Source and target, which differ."""
OneOrTwo = Line | Two[Line]
"""One parallel file, or two plain ones: source and target."""
Commit = Annotated[str, Field(pattern="^[0-9a-f]{40}$")]
"""A revision that cannot change; of branches and tags DVC would not know."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class Section(BaseModel):
    """A section of `params.yaml`: immutable, with no key unknown, no type guessed and no number infinite."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
