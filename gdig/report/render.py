"""Jinja2 templates of the page: the environment, and the tables that templates draw."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gdig.report.display import label_of, scale_of, title_of

TEMPLATES = Path(__file__).parent / "templates"
Row = tuple[str, Sequence[str], bool]
"""Name, cells, and whether to stress the row."""


@dataclass(frozen=True)
class Table:
    """A table that scrolls by itself."""

    header: Sequence[str]
    """Title of each column; the first is that of the names."""
    rows: Sequence[Row]
    of_text: bool = False
    """Whether cells hold sentences, each with its own direction, instead of numbers."""
    grey: Collection[str] = ()
    """Names of rows that other people reported."""
    label: str = ""
    """Content of the table, for screen readers."""

    @property
    def spoken(self) -> str:
        """Its label, or one made from its header."""
        return self.label or f"Table of {self.header[0]}, {', '.join(self.header[1:3])}"


def render(template: str, **context: Any) -> Markup:
    """Return a template with its values filled in; every value that is not Markup is escaped."""
    return Markup(_environment().get_template(template).render(context))


def asset(name: str) -> str:
    """Return the text of a file of the page, such as `script.js`."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def embedded_json(value: Any) -> Markup:
    """Return JSON that is safe inside a script element, whatever its strings hold."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters |= {
        "embedded_json": embedded_json,
        "label": label_of,
        "metric_title": title_of,
        "metric_scale": scale_of,
    }
    return environment
