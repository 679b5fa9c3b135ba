"""The section of the subsets as a dataset to hand on."""

from typing import Annotated, Literal

from gdig.config.section import Distinct, Line, Name, Section, distinct_by

LAYOUTS = ("parquet", "jsonl", "alpaca", "sharegpt")


class Licence(Section):
    """What may be done with the text of a source; `url` may be left out."""

    source: Name
    licence: Line
    url: Line | None = None


class Dataset(Section):
    """Layouts of the subsets, and what their card says of their sources."""

    layouts: Distinct[Literal[LAYOUTS]]  # type: ignore[valid-type]
    licences: Annotated[list[Licence], distinct_by("source")]
