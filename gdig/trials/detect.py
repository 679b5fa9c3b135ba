"""How well what is known of pairs tells clean from planted ones: for measuring only, since it looks at labels."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.metrics import roc_auc_score

from gdig.data.noise import CLEAN

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
        areas[kind] = float(roc_auc_score([kinds[i] == CLEAN for i in members], [scores[i] for i in members]))
    return areas
