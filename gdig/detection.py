"""How well a selection finds planted noise: for measuring only, since it looks at labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.metrics import roc_auc_score

from gdig.data.noise import CLEAN, clean_share


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
        "auc": float(roc_auc_score([kinds[i] == CLEAN for i in scores], list(scores.values()))),
        "rejected": rejected,
    }
