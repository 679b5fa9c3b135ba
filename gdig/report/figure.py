"""A figure of the report: one or more Vega-Lite charts, what they say in words, and their numbers as a table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from gdig.report.table import table

Spec = dict[str, Any]
"""A Vega-Lite specification without colours of text and background, which the page or the file gives it."""
Row = tuple[str, Sequence[str], bool]
"""As `gdig.report.table.table` takes them."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What one figure shows."""

    name: str
    """Stem of its files, and its address on the page."""
    title: str
    description: str
    """Alternative text: what is drawn, in a sentence."""
    panels: Mapping[str, Spec]
    """Title -> chart, side by side where there is room. A title may be empty."""
    paper: Spec
    """The same as one picture, with its legend, for files."""
    header: Sequence[str]
    rows: Sequence[Row]
    """The numbers that are drawn: nothing is to be had by hovering alone."""
    note: str = ""
    """How to read it; HTML."""
    legend: str = ""
    """HTML of a legend that the panels share."""
    of_text: bool = False
    columns: int = field(default=2)
    """Panels beside each other at most."""


def figure_html(figure: Figure) -> str:
    """Return the figure for the page, where a script draws the charts."""
    charts = "\n".join(
        f'<div class="panel">{f"<h4>{escape(title)}</h4>" if title else ""}'
        f'<div class="chart" role="img" aria-label="{escape(_spoken(figure, title), quote=True)}"></div>'
        f'<script type="application/json">{_embedded(spec)}</script></div>'
        for title, spec in figure.panels.items()
    )
    files = " ".join(f'<a href="figures/{figure.name}.{kind}">{kind.upper()}</a>' for kind in ("svg", "png"))
    return (
        f'<figure id="{figure.name}"><figcaption><strong>{escape(figure.title)}</strong> {figure.note}</figcaption>'
        f'{figure.legend}<div class="panels" style="--columns: {figure.columns}">{charts}</div>'
        f'<p class="files">For papers: {files}</p>'
        f"<details><summary>Numbers of this figure</summary>"
        f"{table(figure.header, figure.rows, of_text=figure.of_text, label=figure.title)}</details></figure>"
    )


def _spoken(figure: Figure, title: str) -> str:
    return f"{title}: {figure.description}" if title else figure.description


def _embedded(spec: Spec) -> str:
    """Return JSON that may stand inside a script element, whatever sentences are in it."""
    text = json.dumps(spec, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
