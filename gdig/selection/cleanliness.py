"""How likely each pair of the pool is sound, and how noisy the pool is, by comparison with controls.

Shapes: N pairs of the pool, C controls, G groups of controls made of one seed, F kinds of evidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from gdig.io.statistics import percentile_interval

Array = NDArray[np.float64]

NAMES = ("consistency", "base_loss", "loss")

_ROWS_AT_ONCE = 16384
_SAME = 1e-9
"""Deviation, as a share of the mean, that is rounding alone."""


@dataclass(frozen=True)
class Evidence:
    """Of N pairs, what is measured of each; higher speaks for the pair."""

    ids: list[str]
    values_NF: Array
    """F = len(NAMES) columns: consistency, minus the base model's loss, minus theta_T's."""


def of_pool(
    ids: Sequence[str],
    influence_NM: NDArray[np.float32],
    base_losses: Mapping[str, float | None],
    losses: Mapping[str, float | None],
) -> Evidence:
    """Return what is measured of candidates.

    Raises:
        ValueError: a candidate of which there is no loss; names it.
    """
    columns = [consistency(influence_NM)]
    for name, measured in (("base_loss", base_losses), ("loss", losses)):
        found = [measured.get(i) for i in ids]
        if None in found:
            raise ValueError(
                f"rankings/{name}.jsonl: no score of {ids[found.index(None)]!r}, which is in the pool; run `dvc repro`"
            )
        columns.append(-np.array(found, dtype=np.float64))
    return Evidence(list(ids), np.stack(columns, axis=1))


def of_controls(rows: Sequence[Mapping[str, Any]]) -> Evidence:
    """Return what stage `controls` measured."""
    values = [[row["consistency"], -row["base_loss"], -row["loss"]] for row in rows]
    return Evidence([row["id"] for row in rows], np.array(values, dtype=np.float64))


def consistency(influence_NM: NDArray[np.float32], mask_NM: NDArray[np.bool_] | None = None) -> Array:
    """Return, for each pair, minus the mean over its standard deviation of its influence on the seeds.

    The share of seeds helped, with size counted where it is large: scale-free, so that a pair of large gradients is not
    ahead of one that helps every seed a little. 0 where influence is the same on all seeds, as of a pair without
    gradient, or on one seed.

    Args:
        influence_NM: negative: helps.
        mask_NM: seeds that count, at least one of them for each pair; all without it.
    """
    found = np.zeros(len(influence_NM))
    for start in range(0, len(influence_NM), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        values = influence_NM[rows].astype(np.float64)
        counts: Any = True if mask_NM is None else mask_NM[rows]
        means = values.mean(axis=1, where=counts)
        deviations = values.std(axis=1, where=counts)
        np.divide(-means, deviations, out=found[rows], where=deviations > _SAME * np.abs(means))
    return found


def against(reference: Evidence, evidence: Evidence) -> Array:
    """Return positions_NF in [0, 1]: the share of the reference's pairs that are behind, ties by half, by column.

    Positions have no scale and no tail: an odd pair with an enormous loss is last and no more, and models whose losses
    differ in size count alike.
    """
    columns = []
    for own, other in zip(evidence.values_NF.T, reference.values_NF.T, strict=True):
        known = np.sort(other)
        below, upto = np.searchsorted(known, own, side="left"), np.searchsorted(known, own, side="right")
        columns.append((below + upto) / (2 * len(known)))
    return np.stack(columns, axis=1)


FOLDS = 5
BORDER = 0.0
"""Log odds below which a pair looks as corrupted controls do: the fit's own border, at which both classes, counting by
half, are as likely. One chosen so that it parts these controls best would flatter how well they are parted."""


@dataclass(frozen=True)
class NoiseShare:
    """How much of the pool looks as corrupted controls do."""

    share: float
    low: float
    high: float


def fit(positions_CF: Array, sound_C: NDArray[np.bool_]) -> LogisticRegression:
    """Return a logistic regression of being sound, each class counting by half."""
    return LogisticRegression(class_weight="balanced").fit(positions_CF, sound_C)


def held_out_scores(positions_CF: Array, sound_C: NDArray[np.bool_], groups_C: NDArray[np.int64]) -> Array:
    """Return log odds of each control by a fit to the others; copies of one seed are left out together.

    Args:
        positions_CF: see `gdig.selection.cleanliness`.
        sound_C: which controls are sound.
        groups_C: number of the seed that each is made of, from 0 without a gap.
    """
    folds_C = _folds(sound_C, groups_C)
    scores_C = np.empty(len(sound_C))
    for fold in range(folds_C.max() + 1):
        out = folds_C == fold
        scores_C[out] = fit(positions_CF[~out], sound_C[~out]).decision_function(positions_CF[out])
    return scores_C


def noise_share(
    scores_N: Array,
    scores_C: Array,
    sound_C: NDArray[np.bool_],
    groups_C: NDArray[np.int64],
    num_samples: int,
    confidence: float,
    seed: int,
) -> NoiseShare:
    """Return the share of the pool that is noise, by adjusted counting (Forman 2008, section 3.2).

    Of the pool a share p scores below the border, of corrupted controls t and of sound ones f; were the pool's noise
    like the corrupted controls and the rest like the seeds, p = noise t + (1 - noise) f. What is unlike any control,
    noise that the models do not notice above all, is not counted. Where controls are not told apart (t <= f) nothing
    is known, and the interval is everything.

    Args:
        scores_N: of the pool, higher: sound.
        scores_C: of controls, by fits that have not seen them.
        sound_C: which controls are sound.
        groups_C: number of the seed that each is made of, from 0 without a gap.
        num_samples: bootstrap resamples, of pool and seeds, for the interval.
        confidence: of the interval.
        seed: of the bootstrap.
    """
    p, below_C = float((scores_N < BORDER).mean()), scores_C < BORDER
    # Of each group, how many of its sound and of its corrupted controls there are, and are below.
    num_G2, below_G2 = np.zeros((2, groups_C.max() + 1, 2))
    np.add.at(num_G2, (groups_C, (~sound_C).astype(int)), 1)
    np.add.at(below_G2, (groups_C, (~sound_C).astype(int)), below_C)

    def share(p: float, num_G2: Array, below_G2: Array) -> float:
        f, t = below_G2.sum(axis=0) / num_G2.sum(axis=0).clip(min=1)
        return float(np.clip((p - f) / max(t - f, 1e-9), 0, 1))

    if below_C[~sound_C].mean() <= below_C[sound_C].mean():
        return NoiseShare(0.0, 0.0, 1.0)
    rng = np.random.default_rng(seed)
    samples = []
    for _ in range(num_samples):
        picks = rng.integers(len(num_G2), size=len(num_G2))
        # A resampled pool has as many pairs below the border as a binomial draw.
        resampled = rng.binomial(len(scores_N), p) / len(scores_N)
        samples.append(share(resampled, num_G2[picks], below_G2[picks]))
    return NoiseShare(share(p, num_G2, below_G2), *percentile_interval(samples, confidence))


def probability(scores_N: Array, noise: float) -> Array:
    """Return the probability of being sound where a share `noise` of the pool is not; scores are log odds at a half."""
    prior = np.log((1 - noise + 1e-6) / (noise + 1e-6))
    return np.asarray(1 / (1 + np.exp(-(scores_N + prior))))


def _folds(sound_C: NDArray[np.bool_], groups_C: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the fold of each control: groups in turn, those with corrupted controls first, so that every fit has some.

    At most FOLDS, fewer where there are fewer of those groups.
    """
    is_corrupted_G = np.zeros(groups_C.max() + 1, dtype=bool)
    is_corrupted_G[groups_C[~sound_C]] = True
    num_folds = min(FOLDS, int(is_corrupted_G.sum()))
    assert num_folds > 1, "make_controls refuses fewer"
    places_G = np.empty(len(is_corrupted_G), dtype=np.int64)
    places_G[np.argsort(~is_corrupted_G, kind="stable")] = np.arange(len(places_G))
    return np.asarray(places_G[groups_C] % num_folds)
