"""Pairs drawn from the embedded German-English grammar."""

from collections.abc import Iterator
from random import Random

from gdig.config import Embedded, Pool
from gdig.data.grammar.families import FAMILIES, boilerplate
from gdig.data.sources.raw import RawData
from gdig.records import Pair

MAX_DRAWS = 200
"""Draws in a row that may all be repeats before the grammar counts as exhausted."""


def generate(pool: Pool, embedded: Embedded) -> RawData:
    """Draw all raw pairs; no source and no target sentence occurs twice anywhere.

    The pool is skewed over sentence families (weights fall by `family_skew` from each to the next) and partly
    boilerplate; every other part has all families in equal shares and no boilerplate. Parts are drawn from
    separate random streams, the scarce ones first, so that a larger pool leaves the test set as it was.

    Raises:
        ValueError: the grammar cannot give that many distinct pairs.
    """
    seen: set[str] = set()
    origin: dict[str, str] = {}
    skewed = {name: embedded.family_skew**rank for rank, name in enumerate(FAMILIES)}
    balanced = dict.fromkeys(FAMILIES, 1.0)

    def draw(part: str, count: int, weights: dict[str, float], boilerplate_share: float = 0.0) -> list[Pair]:
        rng = Random(f"{pool.seed}/{part}")
        pairs = []
        for number in range(count):
            family = "boilerplate" if rng.random() < boilerplate_share else _family(rng, weights)
            for german, english in _draws(rng, family):
                if german not in seen and english not in seen:
                    break
            else:
                raise ValueError(
                    f"pool: the grammar's family {family!r} has no new sentence for pair {number + 1} of {count} of "
                    f"the {part} part; lower pool.num_{part} or embedded.boilerplate_share"
                )
            seen.update((german, english))
            pair = Pair(f"{part}-{number:07d}", german, english)
            origin[pair.id] = family
            pairs.append(pair)
        return pairs

    assert pool.num_test is not None
    return RawData(
        test=draw("test", pool.num_test, balanced),
        valid=draw("valid", pool.num_valid, balanced),
        heldout=draw("heldout", pool.num_heldout, balanced),
        base_text=draw("base", pool.num_base_text, balanced),
        pool=draw("pool", pool.num_pool, skewed, embedded.boilerplate_share),
        origin=origin,
        provenance={"source": "embedded grammar", "families": list(FAMILIES)},
    )


def _family(rng: Random, weights: dict[str, float]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def _draws(rng: Random, family: str) -> Iterator[tuple[str, str]]:
    build = boilerplate if family == "boilerplate" else FAMILIES[family]
    for _ in range(MAX_DRAWS):
        yield build(rng)
