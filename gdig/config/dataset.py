"""The section of the subsets as a dataset to hand on."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gdig.config.section import Name, Section

LAYOUTS = ("parquet", "jsonl", "alpaca", "sharegpt")


class Licence(Section):
    """What may be done with the text of a source; `url` may be left out."""

    source: Name
    licence: Annotated[str, Field(min_length=1)]
    url: str | None = None


class Dataset(Section):
    """Layouts of the subsets, and what their card says of their sources."""

    layouts: Annotated[list[Literal[LAYOUTS]], Field(min_length=1)]  # type: ignore[valid-type]
    licences: list[Licence]

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        for key, values in (("layouts", self.layouts), ("licences", [entry.source for entry in self.licences])):
            if repeated := [value for value in values if values.count(value) > 1]:
                raise ValueError(f"{key}: {repeated[0]!r} stands there twice")
        return self
