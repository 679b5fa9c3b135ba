"""InsTag: candidates with many tags that each add new tags (Lu et al. 2024, algorithm 1)."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from gdig.io.order import shuffle_key

PAPER_MIN_COUNT, PAPER_QUERIES = 20, 306_044
"""InsTag drops tags with a count below 20 among its 306,044 queries."""
_MARKS = re.compile(r"[\W_]+")


def scaled_min_count(num_candidates: int) -> int:
    """Return InsTag's minimum count scaled to the pool size, at least 2."""
    return max(2, round(PAPER_MIN_COUNT * num_candidates / PAPER_QUERIES))


def normalise_tags(tags: Mapping[str, Sequence[str] | None], min_count: int) -> dict[str, frozenset[str]]:
    """Return the tags of each candidate in lower case, with spaces for punctuation, without rare tags.

    Args:
        tags: tags by the judge; None if it gave none.
        min_count: minimum number of candidates with a tag.
    """
    plain = {
        i: frozenset(tag for raw in found or () if (tag := _MARKS.sub(" ", raw.lower()).strip()))
        for i, found in tags.items()
    }
    counts = Counter(tag for found in plain.values() for tag in found)
    kept = {tag for tag, count in counts.items() if count >= min_count}
    return {i: found & kept for i, found in plain.items()}


def rank(tags: Mapping[str, frozenset[str]], count: int, seed: int) -> list[str]:
    """Return `count` candidates by complexity-first diverse sampling; smaller rankings are prefixes of larger ones.

    Repeated passes visit the candidates by descending number of tags. Each pass starts with no tags seen and takes a
    candidate if it has an unseen tag. Candidates without tags come last.

    Args:
        tags: normalised tags of each candidate.
        count: maximum length of the ranking.
        seed: breaks ties, and orders candidates without tags.
    """
    rest = sorted(tags, key=lambda i: (-len(tags[i]), shuffle_key(seed, i)))
    ranking: list[str] = []
    while rest and tags[rest[0]] and len(ranking) < count:
        seen: set[str] = set()
        left = []
        for candidate in rest:
            if tags[candidate] <= seen:
                left.append(candidate)
            else:
                seen |= tags[candidate]
                ranking.append(candidate)
        rest = left
    return [*ranking, *rest][:count]
