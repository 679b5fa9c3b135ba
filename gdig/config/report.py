"""Sections of the report."""

from typing import Annotated, Literal

from pydantic import Field

from gdig.config.section import Name, Section


class Efficiency(Section):
    """How selectors are compared as the survey compares them."""

    baseline: Literal["random", "anchors"]
    x: Literal["log", "linear"]
    point: Literal["best", "each"]
    tie_margin: Annotated[float, Field(ge=0, lt=100)]


class Report(Section):
    """What the report compares."""

    focus: Name
    baseline: Name
    efficiency: Efficiency
