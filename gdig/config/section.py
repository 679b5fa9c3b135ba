"""What every section of `params.yaml` is made of.

What a key means is told in the default profile; of one that the profile does not show, by the string below it.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Precision = Literal["float32", "bfloat16"]
OneOrTwo = str | Annotated[list[str], Field(min_length=2, max_length=2)]
"""One parallel file, or two plain ones: source and target."""
Commit = Annotated[str, Field(pattern="^[0-9a-f]{40}$")]
"""A revision that cannot change; of branches and tags DVC would not know."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class Section(BaseModel):
    """A section of `params.yaml`: immutable, with no key unknown and no type guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)
