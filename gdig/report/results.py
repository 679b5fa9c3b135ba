"""What the report is made of, but for its figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gdig.costs import Cost
from gdig.records import Pair
from gdig.report.examples import Groups
from gdig.report.focus import Metrics
from gdig.report.lock import Locked
from gdig.report.paper import Reported


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
    engine: Mapping[str, Any]
    provenance: Mapping[str, Any]
    rejects: Mapping[str, Mapping[str, Any]]
    examples: Groups
    pairs: Mapping[str, Pair]
    candidates: Mapping[str, Mapping[str, Any]]
    """Of the examples, at least."""
    kinds: Mapping[str, str] | None
    """Noise kind of each candidate; None where none was planted."""
    stages: Sequence[Locked]
    measured: Callable[[Locked], Cost | None]
    revision: str
