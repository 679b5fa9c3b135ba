"""What is told of the trials of a profile once."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from gdig.io.records import CLEAN
from gdig.io.statistics import budget_key
from gdig.labels import aucs, reliability, scores_of


def mean_bleu(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Return mean BLEU over training seeds: selector -> key of the budget -> score."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row["selector"]][budget_key(row["budget"])].append(row["bleu"])
    return {selector: {key: fmean(values) for key, values in own.items()} for selector, own in found.items()}


def reliability_of(rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, str]) -> list[dict[str, float]]:
    """Return how often candidates of a given `probability` are clean, as `gdig.labels.reliability` does."""
    probabilities = np.array([row["probability"] for row in rows])
    return reliability(probabilities, np.array([kinds[row["id"]] == CLEAN for row in rows]))


def noise_and_detection(
    quality: Sequence[Mapping[str, Any]], rankings: Mapping[str, Sequence[str]], kinds: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the pool holds, and how well it is told.

    Args:
        quality: rows {id, share_helped, mean_influence} of all candidates.
        rankings: ids in order, by selector.
        kinds: noise kind of every candidate, and of others maybe.

    Returns:
        `num_of_kind`: candidates of each kind, `clean` among them; `detection`: as `gdig.labels.aucs`, by name.
    """
    return {
        "num_of_kind": Counter(kinds[row["id"]] for row in quality),
        "detection": {name: aucs(scores, kinds) for name, scores in scores_of(quality, rankings).items()},
    }
