"""A figure of the report: Vega-Lite charts, their description, and their numbers as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gdig.report.display import styles_of, symbol_of
from gdig.report.render import Row, Table

Spec = dict[str, Any]
"""A Vega-Lite specification without colours of text and background; the page or the file adds them."""


@dataclass(frozen=True)
class Legend:
    """A legend that the panels of a figure share."""

    label: str
    """Its content, for screen readers."""
    items: Sequence[tuple[str, str, str]]
    """Symbol, colour and text of each entry."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What one figure shows."""

    name: str
    """Stem of its files, and its address on the page."""
    title: str
    description: str
    """Alternative text: one sentence on what the charts show."""
    panels: Mapping[str, Spec]
    """Title -> chart, side by side where there is room. A title may be empty."""
    paper: Spec
    """All panels as one picture with its legend, for files."""
    header: Sequence[str]
    rows: Sequence[Row]
    """The numbers of the charts, so that no reader needs to hover."""
    note: str = ""
    """How to read it."""
    legend: Legend | None = None
    of_text: bool = False
    columns: int = 2
    """Most panels in one row."""

    @property
    def table(self) -> Table:
        """Its numbers."""
        return Table(self.header, self.rows, of_text=self.of_text, label=self.title)

    def spoken(self, panel: str) -> str:
        """Return the alternative text of one panel."""
        return f"{panel}: {self.description}" if panel else self.description


def selector_legend(selectors: Sequence[str]) -> Legend:
    """Return the legend of some selectors."""
    styles = styles_of(selectors).values()
    return Legend("Selectors", [(symbol_of(style), style.colour, style.label) for style in styles])
