"""Every selector at every budget, by itself and against the baseline: what `significance.json` holds."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gdig.significance.correction import holm, paired_t_test
from gdig.significance.resampling import Resampled, interval, mean_difference, sacrebleu_p_value, two_sided_p_value

_BETTER = {"bleu": 1, "chrf": 1, "comet": 1, "bleurt": 1, "valid_loss": -1, "seed_loss": -1}
_OF_SACREBLEU = ("bleu", "chrf")
_ROUNDING = 1e-4
"""Scores are stored with four decimals."""


@dataclass(frozen=True)
class Cell:
    """What one selector reached at one budget."""

    scores: Mapping[int, Mapping[str, float]]
    """Training seed -> metric -> value."""
    resampled: Mapping[int, Mapping[str, Resampled]]
    """Training seed -> metric -> score with its resamples; of the metrics that are resampled alone."""


Cells = Mapping[str, Mapping[str, Cell]]
"""Selector -> budget key -> cell. The full pool is one cell, under every budget."""


def better(metric: str) -> int | None:
    """Return 1 for a metric of which more is better, -1 for one of which less is, None for what is no metric.

    `bleu_news` is BLEU on one of several test sets.
    """
    if metric in _BETTER:
        return _BETTER[metric]
    return _BETTER.get(metric.partition("_")[0])


def significance(cells: Cells, baseline: str, num_samples: int, confidence: float, seed: int) -> dict[str, Any]:
    """Return intervals and tests.

    Args:
        cells: of the baseline too; equal training seeds and metrics everywhere.
        baseline: selector that the others are compared with.
        num_samples: resamples of the bootstrap over replicates.
        confidence: of the intervals; a difference `holds` where its adjusted p value is at most 1 - confidence.
        seed: of the bootstrap over replicates.

    Returns:
        `replicates`: selector -> budget -> metric -> mean, sd, n and the interval `low`, `high` of the mean.
        `against_baseline`: budget -> selector -> metric -> the mean difference, on how many training seeds it is for
            the better, and for resampled metrics its interval and p values.
        `over_budgets`: selector -> metric -> budgets won, and the t-test; without the full pool, of which there is
            one budget only.
        `baseline`, `confidence`, `num_samples`, `seed`: as given.

    Raises:
        ValueError: a cell was trained with other seeds than its baseline, or its scores are not of its translations.
    """
    cells = {
        name: {budget: _with_all_digits(cell, f"{name} {budget}") for budget, cell in budgets.items()}
        for name, budgets in cells.items()
    }
    others = [selector for selector in cells if selector != baseline]
    return {
        "baseline": baseline,
        "confidence": confidence,
        "num_samples": num_samples,
        "seed": seed,
        "replicates": {
            selector: {
                budget: {
                    metric: _mean_and_interval(values, num_samples, confidence, seed)
                    for metric, values in _by_metric(cell).items()
                }
                for budget, cell in budgets.items()
            }
            for selector, budgets in cells.items()
        },
        "against_baseline": {
            budget: _against_baseline({name: cells[name][budget] for name in others}, reference, confidence)
            for budget, reference in cells[baseline].items()
        },
        "over_budgets": _over_budgets(
            {name: list(cells[name].values()) for name in others if name != "full"},
            list(cells[baseline].values()),
            confidence,
        ),
    }


def _with_all_digits(cell: Cell, name: str) -> Cell:
    """Return the cell with its scores as they are here: stored ones are rounded, which shows in those of COMET."""
    scores = {seed: dict(values) for seed, values in cell.scores.items()}
    for seed, metrics in cell.resampled.items():
        for metric, found in metrics.items():
            if abs((stored := scores[seed][metric]) - found.score) > _ROUNDING:
                raise ValueError(
                    f"{name}: {metric} of seed {seed} is stored as {stored} but is {found.score:.4f} here: of other "
                    f"translations, or from another version; run stage score again"
                )
            scores[seed][metric] = found.score
    return Cell(scores, cell.resampled)


def _mean_and_interval(values: Sequence[float], num_samples: int, confidence: float, seed: int) -> dict[str, Any]:
    several = len(values) > 1
    result = {"n": len(values), "mean": statistics.fmean(values), "sd": statistics.stdev(values) if several else None}
    if not several:
        return result | {"low": None, "high": None}
    # Of few values a crude interval: of three it is their range.
    drawn = np.random.default_rng(seed).choice(values, size=(num_samples, len(values)), replace=True)
    return result | interval(drawn.mean(axis=1), confidence)


def _against_baseline(cells: Mapping[str, Cell], baseline: Cell, confidence: float) -> dict[str, Any]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for name, cell in cells.items():
        if cell.scores.keys() != baseline.scores.keys():
            raise ValueError(
                f"{name} was trained with seeds {sorted(cell.scores)}, its baseline with {sorted(baseline.scores)}; "
                f"run stage score again for both"
            )
        found[name] = {metric: _difference(metric, cell, baseline) for metric in _by_metric(cell)}
        for metric in next(iter(cell.resampled.values())):
            pairs = {seed: (cell.resampled[seed][metric], baseline.resampled[seed][metric]) for seed in cell.resampled}
            difference = mean_difference(list(pairs.values()))
            found[name][metric] |= interval(difference.samples, confidence) | {"p": two_sided_p_value(difference)}
            if metric.partition("_")[0] in _OF_SACREBLEU:
                of_seed = {f"seed-{seed}": sacrebleu_p_value(*pair) for seed, pair in pairs.items()}
                found[name][metric]["p_sacrebleu"] = of_seed
    _correct((entry for metrics in found.values() for entry in metrics.values()), confidence)
    return found


def _difference(metric: str, cell: Cell, baseline: Cell) -> dict[str, Any]:
    differences = [cell.scores[seed][metric] - baseline.scores[seed][metric] for seed in cell.scores]
    return {
        "difference": statistics.fmean(differences),
        "seeds_won": sum(_sign(metric) * difference > 0 for difference in differences),
    }


def _over_budgets(cells: Mapping[str, Sequence[Cell]], baseline: Sequence[Cell], confidence: float) -> dict[str, Any]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    other = _means(baseline)
    for name, budgets in cells.items():
        found[name] = {}
        for metric, values in _means(budgets).items():
            won = sum(_sign(metric) * (value - value0) > 0 for value, value0 in zip(values, other[metric], strict=True))
            t, p = paired_t_test(values, other[metric]) or (None, None)
            entry: dict[str, Any] = {"budgets_won": won, "num_budgets": len(values), "t": t, "p": p}
            found[name][metric] = entry | {"p_holm": None, "holds": None}
    _correct((entry for metrics in found.values() for entry in metrics.values()), confidence)
    return found


def _correct(entries: Iterable[dict[str, Any]], confidence: float) -> None:
    """Add `p_holm` and `holds` to each entry that has a p value."""
    tested = [entry for entry in entries if entry.get("p") is not None]
    adjusted = holm({number: entry["p"] for number, entry in enumerate(tested)})
    for number, entry in enumerate(tested):
        entry["p_holm"] = adjusted[number]
        entry["holds"] = adjusted[number] <= 1 - confidence + 1e-12


def _by_metric(cell: Cell) -> dict[str, list[float]]:
    """Return the values of every metric, one a replicate; what else a score file counts is left out."""
    replicates = list(cell.scores.values())
    return {metric: [row[metric] for row in replicates] for metric in replicates[0] if better(metric) is not None}


def _means(cells: Sequence[Cell]) -> dict[str, list[float]]:
    rows = [_by_metric(cell) for cell in cells]
    return {metric: [statistics.fmean(row[metric]) for row in rows] for metric in rows[0]}


def _sign(metric: str) -> int:
    sign = better(metric)
    assert sign is not None
    return sign
