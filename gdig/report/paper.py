"""Numbers of the paper, Pan et al. 2024 (arXiv 2405.12915), for runs of its directions and test sets.

Copied as printed, without blank cells. Test sets have the names of the profiles.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_Scores = Mapping[str, Mapping[str, float]]
"""Test set -> metric -> value."""

_NUM_SEGMENTS = {
    "zh-en": {"wmt22": 1875, "flores101": 1012},
    "de-en": {"wmt22": 1984, "flores101": 1012},
}
_TABLE_1: Mapping[str, Mapping[str, _Scores]] = {
    "zh-en": {
        "Bayling-13B": {"wmt22": {"comet": 77.72, "bleu": 20.12}},
        "BigTranslate-13B": {"wmt22": {"comet": 74.26, "bleu": 14.16}},
        "TIM-7B": {
            "wmt22": {"comet": 79.33, "bleu": 23.81},
            "flores101": {"comet": 85.81, "bleu": 26.25},
        },
        "NLLB-54B": {"wmt22": {"comet": 70.7, "bleu": 16.56}},
        "random": {
            "wmt22": {"comet": 75.55, "bleu": 14.31, "bleurt": 61.35},
            "flores101": {"comet": 85.63, "bleu": 24.25, "bleurt": 73.84},
        },
        "reward": {
            "wmt22": {"comet": 77.9, "bleu": 16.29, "bleurt": 64.64},
            "flores101": {"comet": 86.16, "bleu": 24.48, "bleurt": 74.73},
        },
        "gdig": {
            "wmt22": {"comet": 78.29, "bleu": 20.63, "bleurt": 64.86},
            "flores101": {"comet": 86.18, "bleu": 25.04, "bleurt": 74.75},
        },
        "gdig_quality": {
            "wmt22": {"comet": 78.43, "bleu": 20.35, "bleurt": 65.08},
            "flores101": {"comet": 86.45, "bleu": 25.81, "bleurt": 75.19},
        },
    },
    "de-en": {
        "Bayling-13B": {"wmt22": {"comet": 83.02, "bleu": 27.34}},
        "BigTranslate-13B": {"wmt22": {"comet": 80.68, "bleu": 23.35}},
        "TIM-7B": {
            "wmt22": {"comet": 78.19, "bleu": 25.43},
            "flores101": {"comet": 88.82, "bleu": 41.96},
        },
        "NLLB-54B": {"wmt22": {"comet": 78.94, "bleu": 26.89}},
        "random": {
            "wmt22": {"comet": 82.58, "bleu": 27.6, "bleurt": 70.57},
            "flores101": {"comet": 87.8, "bleu": 36.89, "bleurt": 77.52},
        },
        "reward": {
            "wmt22": {"comet": 83.28, "bleu": 27.52, "bleurt": 71.51},
            "flores101": {"comet": 88.37, "bleu": 38.69, "bleurt": 78.62},
        },
        "gdig": {
            "wmt22": {"comet": 83.28, "bleu": 28.99, "bleurt": 71.25},
            "flores101": {"comet": 88.59, "bleu": 39.97, "bleurt": 78.79},
        },
        "gdig_quality": {
            "wmt22": {"comet": 82.93, "bleu": 28.71, "bleurt": 70.96},
            "flores101": {"comet": 88.68, "bleu": 39.97, "bleurt": 78.83},
        },
    },
}
"""Direction -> system, or our name of the selector -> scores, all 0 to 100."""
_TABLE_4: Mapping[str, _Scores] = {
    "zh-en": {
        "wmt22": {"comet": 1.6e-07, "bleu": 1.6e-08, "bleurt": 2e-06},
        "flores101": {"comet": 7.1e-05, "bleu": 0.0034, "bleurt": 1.6e-05},
    },
    "de-en": {
        "wmt22": {"comet": 0.035, "bleu": 1.6e-06, "bleurt": 0.21},
        "flores101": {"comet": 0.00017, "bleu": 0.0017, "bleurt": 0.0018},
    },
}
"""Direction -> p values of G-DIG against random selection, a t-test over budgets."""


@dataclass(frozen=True)
class Reported:
    """Numbers of the paper for the test sets of a run, by the metric keys of that run."""

    scores: Mapping[str, Mapping[str, float]]
    """System or selector -> metric -> value, 0 to 100: Table 1."""
    p_values: Mapping[str, float]
    """Metric -> p value of `gdig` against `random`: Table 4."""


NOTHING = Reported({}, {})


def reported(direction: str, tests: Mapping[str, int | None]) -> Reported:
    """Return the numbers of the paper for a direction and the test sets that the paper uses.

    Args:
        direction: ISO 639-1 codes, such as `de-en`.
        tests: rows of each test set, None for all; a sample is not the test set of the paper.
    """
    sizes = _NUM_SEGMENTS.get(direction, {})
    suffixes = {
        name: f"_{name}" if len(tests) > 1 else ""
        for name, rows in tests.items()
        if name in sizes and rows in (None, sizes[name])
    }

    def by_key(scores: _Scores) -> dict[str, float]:
        return {
            metric + suffixes[name]: value
            for name, values in scores.items()
            if name in suffixes
            for metric, value in values.items()
        }

    found = {name: by_key(scores) for name, scores in _TABLE_1.get(direction, {}).items()}
    return Reported({name: scores for name, scores in found.items() if scores}, by_key(_TABLE_4.get(direction, {})))
