"""Loss reduction by finetuning on trusted pairs (Mindermann et al. 2022, RHO-LOSS; after Moore & Lewis 2010)."""

from collections.abc import Mapping

from gdig.io.order import ascending


def scores(before: Mapping[str, float], after: Mapping[str, float], *, relative: bool = False) -> dict[str, float]:
    """Return L(z; before) - L(z; finetuned on the seeds), in nats per token; high values are similar to the trusted
    pairs.

    Args:
        before: mean loss of each candidate under the reference model.
        after: mean loss under the model finetuned on the seeds.
        relative: as a share of L(z; before), the normalised loss drop of arXiv 2605.09404, so that a pair with little
            loss to lose is not behind; 0 where there is no loss.
    """
    drops = {i: before[i] - after[i] for i in before}
    return {i: drop / before[i] if before[i] else 0.0 for i, drop in drops.items()} if relative else drops


def rank(differences: Mapping[str, float], seed: int) -> list[str]:
    """Return candidates by descending loss reduction; ties by a seeded permutation."""
    return ascending({i: -difference for i, difference in differences.items()}, seed)
