"""One selector against a baseline, in a file whose path never changes: `dvc metrics diff` then compares selectors."""

from collections.abc import Mapping
from typing import Any

Metrics = Mapping[str, Mapping[str, Any]]
"""Budget key -> metric -> value, or {"mean", "sd"} of it; sd is None of a single replicate."""

GAINS = ("bleu", "chrf", "comet", "bleurt", "seed_loss", "valid_loss")
"""As far as they are measured."""


def focus(metrics: Mapping[str, Metrics], name: str, baseline: str) -> dict[str, Any]:
    """Return the metrics of selector `name` with, under `gain`, the difference of means from the baseline."""
    result: dict[str, Any] = {}
    for budget, values in metrics[name].items():
        other = metrics[baseline][budget]
        gain = {key: values[key]["mean"] - other[key]["mean"] for key in GAINS if key in values}
        result[budget] = dict(values) | {"gain": gain}
    return result
