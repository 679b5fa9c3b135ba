"""Probability that each pair of the pool is clean, and the pool's share of noise, estimated from controls.

Shapes: N pairs of the pool, C controls, G groups of controls from the same seed, F kinds of evidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from gdig.io.records import CLEAN
from gdig.io.statistics import percentile_interval

Array = NDArray[np.float64]

NAMES = ("consistency", "base_loss", "loss")

_ROWS_AT_ONCE = 16384
_SAME = 1e-9
"""Standard deviation relative to the mean below which it is only rounding."""


@dataclass(frozen=True)
class Evidence:
    """Measurements of N pairs; higher values indicate clean pairs."""

    ids: list[str]
    values_NF: Array
    """F = len(NAMES) columns: consistency, minus the base model's loss, minus theta_T's."""


def pool_evidence(
    ids: Sequence[str],
    influence_NM: NDArray[np.float32],
    base_losses: Mapping[str, float | None],
    losses: Mapping[str, float | None],
) -> Evidence:
    """Return the evidence of candidates.

    Raises:
        ValueError: a candidate has no loss; names it.
    """
    columns = [consistency(influence_NM)]
    for name, measured in (("base_loss", base_losses), ("loss", losses)):
        found = [measured.get(i) for i in ids]
        if None in found:
            raise ValueError(
                f"rankings/{name}: no score of {ids[found.index(None)]!r}, which is in the pool; run `dvc repro`"
            )
        columns.append(-np.array(found, dtype=np.float64))
    return Evidence(list(ids), np.stack(columns, axis=1))


def control_evidence(rows: Sequence[Mapping[str, Any]]) -> Evidence:
    """Return the evidence of the controls, as measured by stage `controls`."""
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


def relative_positions(reference: Evidence, evidence: Evidence) -> Array:
    """Return positions_NF in [0, 1]: the share of the reference's pairs that are behind, ties by half, by column.

    Positions have no scale and no tail: an outlier with a huge loss is only last, and models with losses of different
    size count equally.
    """
    columns = []
    for own, other in zip(evidence.values_NF.T, reference.values_NF.T, strict=True):
        known = np.sort(other)
        below, upto = np.searchsorted(known, own, side="left"), np.searchsorted(known, own, side="right")
        columns.append((below + upto) / (2 * len(known)))
    return np.stack(columns, axis=1)


FOLDS = 5
BORDER = 0.0
"""Log odds below which a pair resembles corrupted controls: the decision boundary of the fit with balanced classes. A
threshold tuned on these controls would overstate how well they are separated."""


@dataclass(frozen=True)
class NoiseShare:
    """Share of the pool that resembles corrupted controls."""

    share: float
    """The middle of what is possible by the whole of the controls."""
    low: float
    high: float
    """Of what is possible, with the confidence of the bootstrap."""


def fit_logistic(
    positions_CF: Array, sound_C: NDArray[np.bool_], ridge: float, weights_C: NDArray[np.int64] | None = None
) -> LogisticRegression:
    """Return a logistic regression of cleanliness with balanced classes.

    Args:
        positions_CF: see `relative_positions`.
        sound_C: which controls are clean.
        ridge: penalty on half the squared weights, where the loss is a sum over controls.
        weights_C: how often each counts; once without it.
    """
    return LogisticRegression(class_weight="balanced", C=1 / ridge).fit(positions_CF, sound_C, weights_C)


def held_out_scores(
    positions_CF: Array, sound_C: NDArray[np.bool_], groups_C: NDArray[np.int64], ridge: float
) -> Array:
    """Return cross-validated log odds of each control; copies of one seed are in the same fold.

    Args:
        positions_CF: see `relative_positions`.
        sound_C: which controls are clean.
        groups_C: number of the seed that each is made from, from 0 without gaps.
        ridge: see `fit_logistic`.
    """
    folds_C = _folds(sound_C, groups_C)
    scores_C = np.empty(len(sound_C))
    for fold in range(folds_C.max() + 1):
        out = folds_C == fold
        # A ridge in proportion, or scores of fits to fewer controls would be smaller than those of the whole.
        fitted = fit_logistic(positions_CF[~out], sound_C[~out], ridge * float((~out).mean()))
        scores_C[out] = fitted.decision_function(positions_CF[out])
    return scores_C


def noise_share(
    positions_NF: Array,
    positions_CF: Array,
    kinds_C: NDArray[np.str_],
    groups_C: NDArray[np.int64],
    *,
    ridge: float,
    num_samples: int,
    confidence: float,
    seed: int,
) -> NoiseShare:
    """Return what share of the pool can be noise, by adjusted counting (Forman 2008, section 3.2) within bounds.

    A share p of the pool, t of the corrupted controls and f of the clean ones score below the boundary. If the pool's
    noise were like the corrupted controls and the rest like the seeds, p = noise t + (1 - noise) f. Neither is known:
    the noise may be of any mixture of the kinds, so t lies between those of the kinds; and sound pairs of the pool, on
    which the model was trained, may look sounder than seeds, on which it was not, so f lies between 0 and that of the
    seeds. This leaves (p - f) / (max t - f) to p / min t. The bootstrap resamples seeds with their copies and the pool,
    fits again, and takes f and t from the seeds that it left out. Noise unlike any kind, above all noise that the
    models do not detect, is not counted. If the controls are not separated (max t <= f), anything is possible.

    Args:
        positions_NF: of the pool, see `relative_positions`.
        positions_CF: of the controls.
        kinds_C: kind of each control, `clean` for a seed.
        groups_C: number of the seed that each is made from, from 0 without gaps.
        ridge: see `fit_logistic`.
        num_samples: bootstrap resamples.
        confidence: confidence level of the interval.
        seed: seed of the bootstrap.
    """
    sound_C = kinds_C == CLEAN
    scores_C = held_out_scores(positions_CF, sound_C, groups_C, ridge)
    scores_N = fit_logistic(positions_CF, sound_C, ridge).decision_function(positions_NF)
    possible = _possible((scores_N < BORDER).mean(), scores_C, kinds_C)
    if possible is None:
        return NoiseShare(0.5, 0.0, 1.0)
    rng = np.random.default_rng(seed)
    num_groups = groups_C.max() + 1
    samples = []
    for _ in range(num_samples):
        weights_C = np.bincount(rng.integers(num_groups, size=num_groups), minlength=num_groups)[groups_C]
        taken_C = weights_C > 0
        if len(np.unique(sound_C[taken_C])) < 2:
            continue
        fitted = fit_logistic(positions_CF[taken_C], sound_C[taken_C], ridge, weights_C[taken_C])
        below = float((fitted.decision_function(positions_NF) < BORDER).mean())
        # The number of pairs below the boundary in a resampled pool is binomial.
        below = rng.binomial(len(positions_NF), below) / len(positions_NF)
        left_C = ~taken_C
        if left_C.any():
            found = _possible(below, fitted.decision_function(positions_CF[left_C]), kinds_C[left_C])
            samples.append(found or (0.0, 1.0))
    low, high = possible
    if not samples:
        return NoiseShare((low + high) / 2, 0.0, 1.0)
    lows, highs = zip(*samples, strict=True)
    return NoiseShare(
        (low + high) / 2,
        min(low, percentile_interval(lows, confidence)[0]),
        max(high, percentile_interval(highs, confidence)[1]),
    )


def _possible(below: float, scores_C: Array, kinds_C: NDArray[np.str_]) -> tuple[float, float] | None:
    """Return the least and largest possible share of noise; None where controls do not tell."""
    below_C = scores_C < BORDER
    shares = {kind: float(below_C[kinds_C == kind].mean()) for kind in np.unique(kinds_C)}
    of_sound = shares.pop(CLEAN, None)
    if of_sound is None or not shares or max(shares.values()) <= of_sound:
        return None
    least = np.clip((below - of_sound) / (max(shares.values()) - of_sound), 0, 1)
    largest = np.clip(below / max(min(shares.values()), 1e-9), 0, 1)
    return float(least), float(max(least, largest))


@dataclass(frozen=True)
class Calibration:
    """A line that makes log odds of scores: slope x score + offset, at balanced classes."""

    slope: float
    offset: float


def calibrate(scores_C: Array, sound_C: NDArray[np.bool_]) -> Calibration:
    """Return the calibration of scores by those of controls that their fits have not seen (Platt 1999).

    A fit with a ridge is not sure enough, and one of few controls too sure. Targets are Platt's,
    (n + 1) / (n + 2) and 1 / (n + 2) for n of a class, which keep the line finite where classes are apart. Where scores
    are no higher for clean controls, they say nothing: the line is flat.
    """
    num_sound, num_corrupted = int(sound_C.sum()), int((~sound_C).sum())
    target_C = np.where(sound_C, (num_sound + 1) / (num_sound + 2), 1 / (num_corrupted + 2))
    balance_C = np.where(sound_C, 0.5 / num_sound, 0.5 / num_corrupted) * len(sound_C)
    twice = np.concatenate([scores_C, scores_C])[:, None]
    labels = np.repeat([True, False], len(scores_C))
    weights = np.concatenate([balance_C * target_C, balance_C * (1 - target_C)])
    line = LogisticRegression(C=1e6).fit(twice, labels, weights)
    slope, offset = float(line.coef_[0, 0]), float(line.intercept_[0])
    return Calibration(slope, offset) if slope > 0 else Calibration(0.0, 0.0)


def probability(scores_N: Array, calibration: Calibration, noise: float, num_sound: int) -> Array:
    """Return the probability of being clean given a noise share.

    Args:
        scores_N: of the fit.
        calibration: of such scores.
        noise: share of the pool.
        num_sound: clean controls: that no pair is noise, or that all are, is never certain by them, so that the share
            is taken for 1 / (num_sound + 2) at least, and for as much less than 1 at most.
    """
    least = 1 / (num_sound + 2)
    share = min(max(noise, least), 1 - least)
    log_odds_N = calibration.slope * scores_N + calibration.offset + np.log((1 - share) / share)
    return np.asarray(1 / (1 + np.exp(-log_odds_N)))


DOUBTFUL = 0.5
"""Probability, at balanced classes, below which a seed looks like a corrupted one."""


def doubtful_seeds(ids: Sequence[str], probability_C: Array, sound_C: NDArray[np.bool_]) -> list[str]:
    """Return the ids of clean controls that look like corrupted ones to fits without them, the least likely first."""
    found = (one for one in zip(probability_C.tolist(), ids, sound_C, strict=True) if one[2] and one[0] < DOUBTFUL)
    return [i for _, i, _ in sorted(found)]


def _folds(sound_C: NDArray[np.bool_], groups_C: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the fold of each control: groups round-robin, those with corrupted controls first, so that every fit has
    some.

    There are at most FOLDS folds, fewer if there are fewer such groups.
    """
    is_corrupted_G = np.zeros(groups_C.max() + 1, dtype=bool)
    is_corrupted_G[groups_C[~sound_C]] = True
    num_folds = min(FOLDS, int(is_corrupted_G.sum()))
    assert num_folds > 1, "make_controls refuses fewer"
    places_G = np.empty(len(is_corrupted_G), dtype=np.int64)
    places_G[np.argsort(~is_corrupted_G, kind="stable")] = np.arange(len(places_G))
    return np.asarray(places_G[groups_C] % num_folds)
