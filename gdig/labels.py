"""What is known of planted noise, for measuring only: clean share, detection, AUC. No selector reads it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gdig.io.records import CLEAN

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALL = "all"
"""All noise kinds together."""


def scores_of(
    quality: Sequence[Mapping[str, Any]], rankings: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    """Return what pairs can be told apart by, higher = cleaner: name -> id -> score.

    Args:
        quality: rows {id, share_helped, mean_influence} of all candidates.
        rankings: by selector. Those of the whole pool count, a pair by its place: of `loss` and `base_loss`, say, that
            is the loss with its sign turned.
    """
    found = {
        "share_helped": {row["id"]: row["share_helped"] for row in quality},
        "mean_influence": {row["id"]: -row["mean_influence"] for row in quality},
    }
    for selector, ranking in rankings.items():
        if len(ranking) == len(quality):
            found[selector] = {i: -float(place) for place, i in enumerate(ranking)}
    return found


def auc(scores: "Sequence[float] | NDArray[Any]", is_clean: "Sequence[bool] | NDArray[Any]") -> float:
    """Return the area under the ROC curve: the share of clean-noisy pairs in which the clean one scores higher.

    Args:
        scores: higher = cleaner; ties count half.
        is_clean: of each score; some are, and some are not.
    """
    # scikit-learn takes a second to import, which stages that only count need not wait for.
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(is_clean, scores))


def aucs(scores: Mapping[str, float], kinds: Mapping[str, str]) -> dict[str, float] | None:
    """Return the area under the ROC curve of clean against planted pairs, of all kinds and of each by itself.

    Args:
        scores: of every candidate, higher = cleaner.
        kinds: noise kind of every candidate, and of others maybe.

    Returns:
        `all` and each kind that the candidates have; None where they are all clean, or none is.
    """
    found = Counter(kinds[i] for i in scores)
    if len(found) < 2 or not found[CLEAN]:
        return None
    areas = {}
    for kind in [ALL, *sorted(found.keys() - {CLEAN})]:
        members = [i for i in scores if kind == ALL or kinds[i] in (CLEAN, kind)]
        areas[kind] = auc([scores[i] for i in members], [kinds[i] == CLEAN for i in members])
    return areas


def reliability(
    probabilities: "NDArray[Any]", is_sound: "NDArray[Any]", weights: "NDArray[Any] | None" = None, num_bins: int = 10
) -> list[dict[str, float]]:
    """Return how often pairs of a given probability are sound: rows {predicted, sound, weight} of bins of equal width.

    Args:
        probabilities: of being sound.
        is_sound: whether they are.
        weights: of each, with a sum of 1; all weigh the same by default.
        num_bins: between 0 and 1; empty ones are left out.
    """
    import numpy as np

    weights = np.full(len(probabilities), 1 / len(probabilities)) if weights is None else weights
    bins = np.minimum((probabilities * num_bins).astype(int), num_bins - 1)
    rows = []
    for number in np.unique(bins):
        inside = bins == number
        mean = {
            name: float(np.average(values[inside], weights=weights[inside]))
            for name, values in (("predicted", probabilities), ("sound", is_sound))
        }
        rows.append(mean | {"weight": float(weights[inside].sum())})
    return rows


def calibration_error(bins: Iterable[Mapping[str, float]]) -> float:
    """Return the expected calibration error, the weighted mean of |predicted - sound| (Naeini et al. 2015)."""
    return sum(row["weight"] * abs(row["predicted"] - row["sound"]) for row in bins)


def balanced(is_sound: "NDArray[Any]") -> "NDArray[Any]":
    """Return weights, with a sum of 1, under which both classes weigh the same."""
    import numpy as np

    return np.asarray(np.where(is_sound, 0.5 / is_sound.sum(), 0.5 / (~is_sound).sum()))


def detection(survivors: Sequence[str], scores: Mapping[str, float], kinds: Mapping[str, str]) -> dict[str, Any]:
    """Return precision and recall of the survivors as clean pairs, and AUC of the scores.

    Args:
        survivors: ids kept.
        scores: score of every candidate, higher = cleaner.
        kinds: noise kind of every candidate.

    Returns:
        `precision`, `recall` (of clean pairs), `auc`, and `rejected`: the share of each noise kind that was kept out.
    """
    kept = set(survivors)
    clean = [i for i in scores if kinds[i] == CLEAN]
    rejected = {}
    for kind in sorted({kinds[i] for i in scores} - {CLEAN}):
        members = [i for i in scores if kinds[i] == kind]
        rejected[kind] = sum(i not in kept for i in members) / len(members)
    return {
        "precision": clean_share(survivors, kinds),
        "recall": sum(i in kept for i in clean) / len(clean),
        "auc": auc(list(scores.values()), [kinds[i] == CLEAN for i in scores]),
        "rejected": rejected,
    }


def has_labels(kinds: Iterable[str]) -> bool:
    """Return whether noise was planted at all: without it, nothing is known of a pair."""
    return any(kind != CLEAN for kind in kinds)


def clean_share(ids: Sequence[str], kinds: Mapping[str, str]) -> float:
    """Return the share of the ids that no noise was planted in: the precision of a selection."""
    return sum(kinds[i] == CLEAN for i in ids) / len(ids)
