"""What the report is made of, but for its figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gdig.io.records import Pair
from gdig.report.examples import Groups
from gdig.report.focus import Metrics
from gdig.report.gains.cells import Cell
from gdig.report.lock import Locked
from gdig.report.paper import Reported
from gdig.report.survey import Survey
from gdig.run.costs import Cost


@dataclass(frozen=True, kw_only=True)
class Results:
    """One run, as its artifacts have it."""

    profile: str
    focus: str
    baseline: str
    budgets: Mapping[str, int]
    """By key."""
    metrics: Mapping[str, Metrics]
    """Of each selector, in the order in which they are shown."""
    systems: Mapping[str, Any]
    reported: Reported
    significance: Mapping[str, Any]
    selection: Mapping[str, Any]
    survey: Survey
    engine: Mapping[str, Any]
    cleanliness: Mapping[str, Any] | None
    """How noisy the pool looks; None where that was not estimated."""
    evidence: Mapping[str, Sequence[Cell]]
    """Gains that were measured over pools, by grid."""
    provenance: Mapping[str, Any]
    rejects: Mapping[str, Mapping[str, Any]]
    examples: Groups
    pairs: Mapping[str, Pair]
    candidates: Mapping[str, Mapping[str, Any]]
    """Of the examples, at least."""
    kinds: Mapping[str, str] | None
    """Noise kind of each candidate; None where none was planted."""
    rankings: Mapping[str, Sequence[str]]
    """Of each selector, where noise was planted."""
    by_selector: Mapping[str, Mapping[str, Sequence[Locked]]]
    """Stages of each selector by phase, as `gdig.report.cost.of_selectors` returns them."""
    stages: Sequence[Locked]
    measured: Callable[[Locked], Cost | None]
    revision: str
