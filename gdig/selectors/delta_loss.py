"""Loss that finetuning on trusted pairs takes away (Mindermann et al. 2022, RHO-LOSS; after Moore & Lewis 2010)."""

from collections.abc import Mapping

from gdig.io.order import ascending


def scores(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return L(z; before) - L(z; finetuned on the seeds), in nats a token: high means like the trusted pairs.

    Args:
        before: mean loss of each candidate under the model to compare with.
        after: the same under the model finetuned on the seeds.
    """
    return {i: before[i] - after[i] for i in before}


def rank(differences: Mapping[str, float], seed: int) -> list[str]:
    """Return candidates from the largest fall of loss to the least; ties fall by a seeded permutation."""
    return ascending({i: -difference for i, difference in differences.items()}, seed)
