"""Pairs drawn from the embedded German-English grammar."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from gdig.config import Embedded, EmbeddedSource, Pool, Source
from gdig.ingest.grammar.families import FAMILIES, Sentence
from gdig.ingest.sources.raw import RawData
from gdig.io.records import Pair

BOILERPLATE = "boilerplate"
MAX_DRAWS = 200
"""Consecutive repeated draws after which the grammar counts as exhausted."""


@dataclass(frozen=True)
class _Mixture:
    """What sentences a part has."""

    families: dict[str, float]
    """Weight of each."""
    boilerplate_share: float


def generate(pool: Pool, embedded: Embedded) -> RawData:
    """Draw all raw pairs; no source and no target sentence occurs twice anywhere.

    Pool and held-out pairs are skewed over sentence families (the weight falls by `family_skew` per family) and partly
    boilerplate: groups of `boilerplate_copies` near-duplicates, as in templated web pages. So are validation and test
    sets of mixture `pool`; those of mixture `balanced`, and the base text, have equal shares of all families and no
    boilerplate. A share of all other sentences, in every part, has a number. Parts use separate random streams, the
    smallest first, so that a larger pool does not change the test sets.

    Raises:
        ValueError: the grammar cannot give that many distinct pairs.
    """
    seen: set[str] = set()
    origin: dict[str, str] = {}
    balanced = _Mixture(dict.fromkeys(FAMILIES, 1.0), 0.0)
    of_pool = _Mixture(_skewed(embedded.family_skew), embedded.boilerplate_share)
    of_heldout = _Mixture(_skewed(embedded.heldout_skew or embedded.family_skew), embedded.boilerplate_share)

    def draw_part(part: str, count: int, mixture: _Mixture, key: str = "") -> list[Pair]:
        rng = Random(f"{pool.seed}/{part}")
        num_groups = max(1, round(count * mixture.boilerplate_share / embedded.boilerplate_copies))
        pairs = []
        for number in range(count):
            is_boilerplate = rng.random() < mixture.boilerplate_share
            for _ in range(MAX_DRAWS):
                if is_boilerplate:
                    group = Random(f"{pool.seed}/{part}/group {rng.randrange(num_groups)}")
                    family, (german, english) = BOILERPLATE, _numbered(_sentence(group, mixture.families)[1], rng)
                else:
                    family, (german, english) = _sentence(rng, mixture.families)
                    if embedded.numbered_share and rng.random() < embedded.numbered_share:
                        german, english = _numbered((german, english), rng)
                if german not in seen and english not in seen:
                    break
            else:
                raise ValueError(
                    f"pool: the grammar has no new sentence for pair {number + 1} of {count} of the {part} part "
                    f"after {MAX_DRAWS} draws; lower {key or f'pool.num_{part}'} or embedded.boilerplate_copies"
                )
            seen.update((german, english))
            pair = Pair(f"{part}-{number:07d}", german, english)
            origin[pair.id] = family
            pairs.append(pair)
        return pairs

    def draw_sets(sources: Sequence[Source], key: str) -> list[Pair]:
        pairs = []
        for source in sources:
            assert isinstance(source, EmbeddedSource)
            assert source.rows is not None
            mixture = of_pool if source.mixture == "pool" else balanced
            pairs += draw_part(source.name, source.rows, mixture, f"{key}.{source.name}.rows")
        return pairs

    return RawData(
        test=draw_sets(pool.tests, "pool.tests"),
        valid=draw_sets(pool.valid, "pool.valid"),
        heldout=draw_part("heldout", pool.num_heldout, of_heldout),
        base_text=draw_part("base", pool.num_base_text, balanced, "pool.num_base_text"),
        pool=draw_part("pool", pool.num_pool, of_pool),
        origin=origin,
        provenance={"source": "embedded grammar", "families": list(FAMILIES)},
    )


def _skewed(skew: float) -> dict[str, float]:
    return {name: skew**rank for rank, name in enumerate(FAMILIES)}


def _sentence(rng: Random, weights: dict[str, float]) -> tuple[str, Sentence]:
    family = rng.choices(list(weights), list(weights.values()))[0]
    return family, FAMILIES[family](rng)


def _numbered(sentence: Sentence, rng: Random) -> Sentence:
    """Return a near-duplicate: the sentence with a number, like one line of a template."""
    number = rng.randrange(1, 1000)
    german, english = (f"{text[:-1]} ({number}){text[-1]}" for text in sentence)
    return german, english
