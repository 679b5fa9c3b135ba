"""The conditions of a grid, each an experiment of DVC."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from gdig.report.gains.cells import ALL
from gdig.tools.evidence.grids import EVIDENCE_FILE, Grid
from gdig.tools.evidence.overrides import hydra, overridden, profile_overrides
from gdig.tools.experiments import Experiment

MOVED_SEEDS = ("pool.seed", "noise.seed", "seeds.seed", "warmup.seed")
"""What another pool draws anew. With it come another base model, warm-up model and other random choices, since these
depend on the pairs too: all of the pipeline is repeated, and intervals over pools are of all of it."""


@dataclass(frozen=True)
class Condition:
    """One pool with one rate and kind of noise."""

    grid: str
    profile: str
    pool: int
    rate: float
    kind: str
    """A noise kind that is planted alone, or `all`."""
    experiment: Experiment

    @property
    def fields(self) -> dict[str, Any]:
        """What distinguishes its rows."""
        return {"profile": self.profile, "pool": self.pool, "rate": self.rate, "kind": self.kind}


def conditions_of(name: str, grid: Grid, values: dict[str, Any]) -> list[Condition]:
    """Return the conditions of a grid, pool by pool.

    A pool is named by its `pool.seed`; other seeds move as far as this moves from the profile's own, so that the
    profile's pool is one that a grid can name.

    Args:
        name: of the grid.
        grid: its settings.
        values: params as they are committed, which experiments begin from.

    Raises:
        ValueError: there is no such profile.
    """
    changes, params = profile_overrides(values, grid.profile)
    seeds = {key: _value(params, key) for key in MOVED_SEEDS}
    found = []
    for pool in grid.pools:
        moved = [f"{key}={seed + pool - seeds['pool.seed']}" for key, seed in seeds.items()]
        for rate in grid.rates:
            for kind in grid.kinds:
                own = [*moved, f"noise.rate={hydra(rate)}", *([] if kind == ALL else [f"noise.kinds=[{kind}]"])]
                experiment = "-".join(["evidence", name, str(pool), f"{rate:g}", *([] if kind == ALL else [kind])])
                target = f"selectors/dvc.yaml:trials@{grid.profile}"
                run = Experiment(experiment, (*changes, *grid.set, *own), target)
                found.append(Condition(name, grid.profile, pool, rate, kind, run))
    return found


def check_conditions(conditions: Sequence[Condition], values: dict[str, Any]) -> None:
    """Refuse, before hours of work, what would only fail in their midst.

    Raises:
        ValueError: params that are not allowed.
    """
    for condition in conditions:
        source = f"{EVIDENCE_FILE}: {condition.experiment.name}"
        overridden(values, condition.experiment.overrides, source)


def _value(params: Any, key: str) -> int:
    return int(reduce(lambda place, part: place[part], key.split("."), params))
