"""Pairs drawn from the embedded German-English grammar."""

from random import Random

from gdig.config import Embedded, Pool
from gdig.ingest.grammar.families import FAMILIES, Sentence
from gdig.ingest.sources.raw import RawData
from gdig.io.records import Pair

BOILERPLATE = "boilerplate"
MAX_DRAWS = 200
"""Consecutive repeated draws after which the grammar counts as exhausted."""


def generate(pool: Pool, embedded: Embedded) -> RawData:
    """Draw all raw pairs; no source and no target sentence occurs twice anywhere.

    Pool and held-out pairs are skewed over sentence families (the weight falls by `family_skew` per family) and partly
    boilerplate: groups of `boilerplate_copies` near-duplicates, as in templated web pages. Every other part has equal
    shares of all families and no boilerplate. Parts use separate random streams, the smallest first, so that a larger
    pool does not change the test set.

    Raises:
        ValueError: the grammar cannot give that many distinct pairs.
    """
    seen: set[str] = set()
    origin: dict[str, str] = {}
    skewed = {name: embedded.family_skew**rank for rank, name in enumerate(FAMILIES)}
    balanced = dict.fromkeys(FAMILIES, 1.0)

    def draw_part(part: str, count: int, weights: dict[str, float], boilerplate_share: float = 0.0) -> list[Pair]:
        rng = Random(f"{pool.seed}/{part}")
        num_groups = max(1, round(count * boilerplate_share / embedded.boilerplate_copies))
        pairs = []
        for number in range(count):
            is_boilerplate = rng.random() < boilerplate_share
            for _ in range(MAX_DRAWS):
                if is_boilerplate:
                    group = Random(f"{pool.seed}/{part}/group {rng.randrange(num_groups)}")
                    family, (german, english) = BOILERPLATE, _numbered(_sentence(group, weights)[1], rng)
                else:
                    family, (german, english) = _sentence(rng, weights)
                if german not in seen and english not in seen:
                    break
            else:
                raise ValueError(
                    f"pool: the grammar has no new sentence for pair {number + 1} of {count} of the {part} part "
                    f"after {MAX_DRAWS} draws; lower pool.num_{part} or embedded.boilerplate_copies"
                )
            seen.update((german, english))
            pair = Pair(f"{part}-{number:07d}", german, english)
            origin[pair.id] = family
            pairs.append(pair)
        return pairs

    num_test = pool.tests[0].rows
    assert num_test is not None
    assert pool.num_valid is not None
    return RawData(
        test=draw_part("test", num_test, balanced),
        valid=draw_part("valid", pool.num_valid, balanced),
        heldout=draw_part("heldout", pool.num_heldout, skewed, embedded.boilerplate_share),
        base_text=draw_part("base", pool.num_base_text, balanced),
        pool=draw_part("pool", pool.num_pool, skewed, embedded.boilerplate_share),
        origin=origin,
        provenance={"source": "embedded grammar", "families": list(FAMILIES)},
    )


def _sentence(rng: Random, weights: dict[str, float]) -> tuple[str, Sentence]:
    family = rng.choices(list(weights), list(weights.values()))[0]
    return family, FAMILIES[family](rng)


def _numbered(sentence: Sentence, rng: Random) -> Sentence:
    """Return a near-duplicate: the sentence with a number, like one line of a template."""
    number = rng.randrange(1, 1000)
    german, english = (f"{text[:-1]} ({number}){text[-1]}" for text in sentence)
    return german, english
