"""Planted noise: defects of crawled pairs, always on the target side."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np

from gdig.config import Noise
from gdig.io.records import CLEAN, Pair


class Donors(list[Pair]):
    """Pairs whose targets replace others."""

    def neighbour(self, pair: Pair) -> str:
        """Return the target of the donor whose source has most words of this one's; nothing if none has one.

        Words count by TF-IDF. Donors with the same source or target are passed over; of equals the first id is taken.
        """
        donors, vectorizer, sources_NT = self._index
        cosines_N = (sources_NT @ vectorizer.transform([pair.src]).T).toarray().ravel()
        for row in np.argsort(-cosines_N, kind="stable"):
            donor: Pair = donors[row]
            if not cosines_N[row]:
                break
            if donor.src != pair.src and donor.trg != pair.trg:
                return donor.trg
        return ""

    @cached_property
    def _index(self) -> tuple[list[Pair], Any, Any]:
        """Return the donors by their ids, the terms of their sources, and these as vectors."""
        # Slow to import, and most kinds do not need it.
        from sklearn.feature_extraction.text import TfidfVectorizer

        donors, vectorizer = sorted(self, key=lambda donor: donor.id), TfidfVectorizer(token_pattern=r"(?u)\w+")
        return donors, vectorizer, vectorizer.fit_transform(donor.src for donor in donors)


Corrupt = Callable[[Pair, Random, Donors], str]
_NUM_TRIES = 20
"""Donors that are looked at for a name."""


def plant(
    pairs: Sequence[Pair], noise: Noise, donors: Sequence[Pair] | None = None
) -> tuple[list[Pair], dict[str, str]]:
    """Corrupt a share `noise.rate` of the pairs.

    Whether and how a pair is corrupted depends only on the seed and its id, so a higher rate corrupts a superset of the
    pairs.

    Args:
        pairs: pairs to corrupt.
        noise: rate, kinds and seed.
        donors: pairs whose targets replace others; default: `pairs`.

    Returns:
        the pairs in their order, and the noise kind of each id (`clean` if nothing was planted).
    """
    if not noise.rate:
        return list(pairs), dict.fromkeys((pair.id for pair in pairs), CLEAN)
    noisy, kinds = [], {}
    given = Donors(pairs if donors is None else donors)
    for pair in pairs:
        rng = Random(f"{noise.seed}/{pair.id}")
        kind, target = CLEAN, pair.trg
        if rng.random() < noise.rate:
            # A kind can leave a short target unchanged (two equal words shuffled): try the next kind.
            for kind in rng.sample(noise.kinds, len(noise.kinds)):
                target = _CORRUPTIONS[kind](pair, rng, given)
                if target and target != pair.trg:
                    break
            else:
                kind, target = CLEAN, pair.trg
        noisy.append(Pair(pair.id, pair.src, target))
        kinds[pair.id] = kind
    return noisy, kinds


def _misaligned(pair: Pair, rng: Random, pairs: Donors) -> str:
    return rng.choice(pairs).trg


def _truncated(pair: Pair, rng: Random, pairs: Donors) -> str:
    words = pair.trg.split(" ")
    return " ".join(words[: rng.randint(max(1, len(words) // 4), max(1, len(words) * 2 // 3))])


def _dropped_words(pair: Pair, rng: Random, pairs: Donors) -> str:
    words = pair.trg.split(" ")
    dropped = set(rng.sample(range(len(words)), max(1, len(words) // 3)))
    return " ".join(word for index, word in enumerate(words) if index not in dropped)


def _untranslated(pair: Pair, rng: Random, pairs: Donors) -> str:
    return pair.src


def _shuffled(pair: Pair, rng: Random, pairs: Donors) -> str:
    words = pair.trg.split(" ")
    rng.shuffle(words)
    return " ".join(words)


def _unrelated_suffix(pair: Pair, rng: Random, pairs: Donors) -> str:
    return f"{pair.trg} {rng.choice(pairs).trg}"


def _wrong_word(pair: Pair, rng: Random, pairs: Donors) -> str:
    """Replace two content words (one if there is only one) by words of another target."""
    words = pair.trg.split(" ")
    others = [word for word in rng.choice(pairs).trg.split(" ") if len(word) > 3 and word not in words]
    places = [index for index, word in enumerate(words) if len(word) > 3]
    for index, word in zip(rng.sample(places, min(2, len(places))), others, strict=False):
        words[index] = word
    return " ".join(words)


def _neighbour(pair: Pair, rng: Random, pairs: Donors) -> str:
    """Fluent, on the same subject, and wrong."""
    return pairs.neighbour(pair)


def _partly_copied(pair: Pair, rng: Random, pairs: Donors) -> str:
    """Leave a third to a half of the source in place of as much of the target."""
    source, target = pair.src.split(" "), pair.trg.split(" ")
    share = rng.uniform(1 / 3, 1 / 2)
    start = rng.uniform(0, 1 - share)

    def cut(words: list[str]) -> tuple[int, int]:
        first = round(start * len(words))
        return first, first + max(1, round(share * len(words)))

    (first, last), (own_first, own_last) = cut(source), cut(target)
    return " ".join([*target[:own_first], *source[first:last], *target[own_last:]])


def _repeated(pair: Pair, rng: Random, pairs: Donors) -> str:
    """Say a quarter to a half of the target twice, as models do that do not stop."""
    words = pair.trg.split(" ")
    number = rng.randint(max(1, len(words) // 4), max(1, len(words) // 2))
    end = rng.randint(number, len(words))
    return " ".join([*words[:end], *words[end - number : end], *words[end:]])


def _wrong_number(pair: Pair, rng: Random, pairs: Donors) -> str:
    """Change a digit of each number."""

    def other(found: re.Match[str]) -> str:
        digits = found.group()
        place = rng.randrange(len(digits))
        return digits[:place] + rng.choice("0123456789".replace(digits[place], "")) + digits[place + 1 :]

    return re.sub(r"[0-9]+", other, pair.trg)


def _wrong_name(pair: Pair, rng: Random, pairs: Donors) -> str:
    """Replace a word with a capital inside a sentence by such a word of another target."""
    words = pair.trg.split(" ")
    if not (places := _names(words)):
        return ""
    place = rng.choice(places)
    for _ in range(_NUM_TRIES):
        others = rng.choice(pairs).trg.split(" ")
        if names := [others[other] for other in _names(others) if others[other] not in words]:
            return " ".join([*words[:place], rng.choice(names), *words[place + 1 :]])
    return ""


def _names(words: Sequence[str]) -> list[int]:
    """Return the places of words with a capital that begin no sentence; German nouns have one too."""
    return [
        place
        for place, (before, word) in enumerate(pairwise(words), start=1)
        if word[:1].isupper() and word[1:].islower() and before[-1:] not in ".!?:"
    ]


_CORRUPTIONS: dict[str, Corrupt] = {
    "misaligned": _misaligned,
    "truncated": _truncated,
    "dropped_words": _dropped_words,
    "untranslated": _untranslated,
    "shuffled": _shuffled,
    "unrelated_suffix": _unrelated_suffix,
    "wrong_word": _wrong_word,
    "neighbour": _neighbour,
    "partly_copied": _partly_copied,
    "repeated": _repeated,
    "wrong_number": _wrong_number,
    "wrong_name": _wrong_name,
}
