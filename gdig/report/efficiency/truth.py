"""How well a ranking tells clean pairs from planted noise: for measuring only, since it looks at labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from gdig.labels import detection


def ranking_quality(ranking: Sequence[str], kinds: Mapping[str, str], budgets: Mapping[str, int]) -> dict[str, Any]:
    """Return how clean the beginning of a ranking is, and its order as a whole.

    Args:
        ranking: ids, which may leave out some candidates: those share the last place.
        kinds: noise kind of every candidate.
        budgets: by key.

    Returns:
        `auc`: share of the pairs (clean, noisy) that the ranking puts in that order, ties counting half. Of each
        budget: `precision`, the share of its subset that is clean; `recall`, the share of all clean candidates that is
        in it; and `rejected`, the share of each noise kind that is not.
    """
    last = -float(len(ranking))
    scores = dict.fromkeys(kinds, last) | {i: -float(place) for place, i in enumerate(ranking)}
    found = {key: detection(ranking[:budget], scores, kinds) for key, budget in budgets.items()}
    auc = next(iter(found.values()))["auc"]
    return {"auc": auc} | {key: {k: v for k, v in own.items() if k != "auc"} for key, own in found.items()}
