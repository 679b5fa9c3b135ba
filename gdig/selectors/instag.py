"""InsTag: candidates with many tags, each of which adds some to those before it (Lu et al. 2024, algorithm 1)."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from gdig.io.order import shuffle_key

PAPER_MIN_COUNT, PAPER_QUERIES = 20, 306_044
"""InsTag drops tags that fewer than 20 of its 306,044 queries have."""
_MARKS = re.compile(r"[\W_]+")


def scaled_min_count(num_candidates: int) -> int:
    """Return InsTag's least count for a pool of another size, but at least 2."""
    return max(2, round(PAPER_MIN_COUNT * num_candidates / PAPER_QUERIES))


def normalise_tags(tags: Mapping[str, Sequence[str] | None], min_count: int) -> dict[str, frozenset[str]]:
    """Return the tags of each candidate in lower case, marks as spaces, without those of fewer than `min_count`.

    Args:
        tags: as the judge gave them; None where it gave none.
        min_count: candidates that a tag must have to be kept.
    """
    plain = {
        i: frozenset(tag for raw in found or () if (tag := _MARKS.sub(" ", raw.lower()).strip()))
        for i, found in tags.items()
    }
    counts = Counter(tag for found in plain.values() for tag in found)
    kept = {tag for tag, count in counts.items() if count >= min_count}
    return {i: found & kept for i, found in plain.items()}


def rank(tags: Mapping[str, frozenset[str]], count: int, seed: int) -> list[str]:
    """Return `count` candidates by complexity-first diverse sampling; its first k are those of a smaller count.

    Candidates are walked through from the most tags to the fewest, again and again. Each pass begins with no tags seen
    and takes a candidate if it has one that the pass has not seen. Those without tags, which no pass takes, come last.

    Args:
        tags: of each candidate, normalised.
        count: length of the ranking, at most.
        seed: breaks ties between as many tags, and orders those without.
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
