"""The section of the subsets as a dataset to hand on."""

from typing import Literal, Self

from pydantic import model_validator

from gdig.config.section import Distinct, Line, Name, Section

LAYOUTS = ("parquet", "jsonl", "alpaca", "sharegpt")


class Licence(Section):
    """What may be done with the text of a source; `url` may be left out."""

    source: Name
    licence: Line
    url: Line | None = None


class Dataset(Section):
    """Layouts of the subsets, and what their card says of their sources."""

    layouts: Distinct[Literal[LAYOUTS]]  # type: ignore[valid-type]
    licences: list[Licence]

    @model_validator(mode="after")
    def _sources_differ(self) -> Self:
        sources = [entry.source for entry in self.licences]
        if repeated := [source for source in sources if sources.count(source) > 1]:
            raise ValueError(f"licences: {repeated[0]!r} stands there twice; take one out")
        return self
