"""Draw seed pairs, and a reserve to replace rejected ones, from the held-out part."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from gdig.io.order import shuffled
from gdig.io.records import Pair, select
from gdig.io.text import matching_key


@dataclass(frozen=True)
class Order:
    """Held-out pairs in the order in which they become seeds, and counts of the others by reason."""

    pairs: list[Pair]
    skipped: Counter[str]


def order_of(heldout: Sequence[Pair], forbidden: frozenset[str], seed: int) -> Order:
    """Return the held-out pairs in a seeded order, without those that cannot be seeds.

    The first `count` pairs of the order are the seeds, so that a smaller seed set is a subset of a larger one.

    Args:
        heldout: pairs kept out of the pool.
        forbidden: matching keys (`gdig.io.text`) of the validation and test sets.
        seed: seed of the order.
    """
    pairs: list[Pair] = []
    sources: set[str] = set()
    skipped: Counter[str] = Counter()
    for pair in select(heldout, shuffled((pair.id for pair in heldout), seed)):
        source = matching_key(pair.src)
        if forbidden & {source, matching_key(pair.trg)}:
            skipped["in a validation or test set"] += 1
        elif source in sources:
            skipped["repeats a source"] += 1
        else:
            sources.add(source)
            pairs.append(pair)
    return Order(pairs, skipped)


def draw_drafts(order: Order, count: int, reserve: int, *, own: bool = False) -> list[Pair]:
    """Return the drafts: `count` seeds, then `reserve` more.

    Args:
        order: pairs that can be seeds.
        count: number of seeds.
        reserve: number of further drafts; of own seeds at most.
        own: whether the pairs are own seeds (`seeds.sources`) and no held-out pairs.

    Raises:
        ValueError: the order is too short; names the number to change.
    """
    if own:
        reserve = min(reserve, max(0, len(order.pairs) - count))
    if len(order.pairs) < count + reserve:
        found = sum(order.skipped.values()) + len(order.pairs)
        reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(order.skipped.items())) or "none"
        if own:
            raise ValueError(
                f"{len(order.pairs)} of {found} rows of seeds.sources can be seeds (left out: {reasons}), but "
                f"seeds.count = {count}; lower it to {len(order.pairs)}, or add rows"
            )
        if count <= len(order.pairs):
            remedy = f"lower seeds.reserve to {len(order.pairs) - count}"
        else:
            remedy = f"lower seeds.count to {len(order.pairs)} and seeds.reserve to 0"
        raise ValueError(
            f"{len(order.pairs)} of {found} held-out pairs can be seeds (left out: {reasons}), but seeds.count + "
            f"seeds.reserve = {count} + {reserve}; {remedy}, or raise pool.num_heldout"
        )
    return order.pairs[: count + reserve]


def drafts_digest(drafts: Iterable[Pair]) -> str:
    """Return the SHA-256 of the drafts; a returned file carries that of the drafts it was made from."""
    text = "".join(json.dumps(asdict(pair), ensure_ascii=True, sort_keys=True) + "\n" for pair in drafts)
    return hashlib.sha256(text.encode()).hexdigest()
