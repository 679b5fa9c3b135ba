"""Loss reduction by finetuning on trusted pairs (Mindermann et al. 2022, RHO-LOSS; after Moore & Lewis 2010)."""

from collections.abc import Mapping

from gdig.io.order import ascending


def scores(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return L(z; before) - L(z; finetuned on the seeds), in nats per token; high values are similar to the trusted
    pairs.

    Args:
        before: mean loss of each candidate under the reference model.
        after: mean loss under the model finetuned on the seeds.
    """
    return {i: before[i] - after[i] for i in before}


def rank(differences: Mapping[str, float], seed: int) -> list[str]:
    """Return candidates by descending loss reduction; ties by a seeded permutation."""
    return ascending({i: -difference for i, difference in differences.items()}, seed)
