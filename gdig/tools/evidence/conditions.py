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
"""Seeds that change with the pool. Base model, warm-up model and other random choices depend on the pairs and change
too: the whole pipeline is repeated, and intervals over pools cover all of it."""


@dataclass(frozen=True)
class Condition:
    """One pool with one rate and kind of noise."""

    grid: str
    profile: str
    pool: int
    rate: float
    kind: str
    """The only noise kind planted, or `all`."""
    experiment: Experiment

    @property
    def fields(self) -> dict[str, Any]:
        """Fields that identify its rows."""
        return {"profile": self.profile, "pool": self.pool, "rate": self.rate, "kind": self.kind}


def conditions_of(name: str, grid: Grid, params_text: str) -> list[Condition]:
    """Return the conditions of a grid, pool by pool.

    A pool is named by its `pool.seed`; other seeds are shifted by the same offset from the profile's values, so that a
    grid can include the profile's own pool.

    Args:
        name: name of the grid.
        grid: settings of the grid.
        params_text: committed params.yaml, on which experiments are based.

    Raises:
        ValueError: there is no such profile.
    """
    changes, params = profile_overrides(params_text, grid.profile)
    seeds = {key: _value(params, key) for key in MOVED_SEEDS}
    found = []
    for pool in grid.pools:
        moved = [f"{key}={seed + pool - seeds['pool.seed']}" for key, seed in seeds.items()]
        for rate in grid.rates:
            for kind in grid.kinds:
                own = [*moved, f"noise.rate={hydra(rate)}", *([] if kind == ALL else [f"noise.kinds=[{kind}]"])]
                experiment = "-".join(["evidence", name, str(pool), f"{rate:g}", *([] if kind == ALL else [kind])])
                target = f"trials@{grid.profile}-trials"
                run = Experiment(experiment, (*changes, *grid.set, *own), target)
                found.append(Condition(name, grid.profile, pool, rate, kind, run))
    return found


def check_conditions(conditions: Sequence[Condition], params_text: str) -> None:
    """Check conditions before hours of work.

    Raises:
        ValueError: the params are not valid, or the profile has no trials.
    """
    for condition in conditions:
        source = f"{EVIDENCE_FILE}: {condition.experiment.name}"
        params = overridden(params_text, condition.experiment.overrides, source)
        if not params.features.trials:
            raise ValueError(
                f"{source}: features.trials is empty; write `trials: [trials]` under features in "
                f"profiles/{condition.profile}.yaml"
            )


def _value(params: Any, key: str) -> int:
    return int(reduce(lambda place, part: place[part], key.split("."), params))
