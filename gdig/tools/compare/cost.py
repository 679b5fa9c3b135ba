"""Costs of the sides, for runs on this machine."""

from collections.abc import Sequence
from functools import partial

from gdig.report.costs import Total, total
from gdig.report.lock import Locked, of_selectors, read_lock
from gdig.run import costs
from gdig.tools.compare.side import Side, parse_spec


def costs_of(sides: Sequence[Side]) -> dict[str, dict[str, Total]]:
    """Return label -> phase (as in the report) -> cost, for the sides in the workspace.

    Costs of other revisions are not stored, and costs of fetched artifacts are unknown.
    """
    found = {}
    for side in sides:
        if parse_spec(side.label)[1] is None:
            stages = read_lock(side.profile, [side.selector], list(side.budgets.values()))
            for phases in of_selectors(side.profile, [side.selector], stages).values():
                measured = {phase: total(own, partial(_measured, side.profile)) for phase, own in phases.items()}
                if any(entry.num_measured for entry in measured.values()):
                    found[side.label] = measured
    return found


def _measured(profile: str, stage: Locked) -> costs.Cost | None:
    return costs.read(profile, stage.stage, stage.selector, stage.budget)
