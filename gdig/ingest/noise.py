"""Planted noise: seven defects of crawled pairs, always on the target side."""

from collections.abc import Callable, Sequence
from random import Random

from gdig.config import Noise
from gdig.io.records import CLEAN, Pair

Corrupt = Callable[[Pair, Random, Sequence[Pair]], str]


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
    for pair in pairs:
        rng = Random(f"{noise.seed}/{pair.id}")
        kind, target = CLEAN, pair.trg
        if rng.random() < noise.rate:
            # A kind can leave a short target unchanged (two equal words shuffled): try the next kind.
            for kind in rng.sample(noise.kinds, len(noise.kinds)):
                target = _CORRUPTIONS[kind](pair, rng, pairs if donors is None else donors)
                if target and target != pair.trg:
                    break
            else:
                kind, target = CLEAN, pair.trg
        noisy.append(Pair(pair.id, pair.src, target))
        kinds[pair.id] = kind
    return noisy, kinds


def _misaligned(pair: Pair, rng: Random, pairs: Sequence[Pair]) -> str:
    return rng.choice(pairs).trg


def _truncated(pair: Pair, rng: Random, pairs: Sequence[Pair]) -> str:
    words = pair.trg.split(" ")
    return " ".join(words[: rng.randint(max(1, len(words) // 4), max(1, len(words) * 2 // 3))])


def _dropped_words(pair: Pair, rng: Random, pairs: Sequence[Pair]) -> str:
    words = pair.trg.split(" ")
    dropped = set(rng.sample(range(len(words)), max(1, len(words) // 3)))
    return " ".join(word for index, word in enumerate(words) if index not in dropped)


def _untranslated(pair: Pair, rng: Random, pairs: Sequence[Pair]) -> str:
    return pair.src


def _shuffled(pair: Pair, rng: Random, pairs: Sequence[Pair]) -> str:
    words = pair.trg.split(" ")
    rng.shuffle(words)
    return " ".join(words)


def _unrelated_suffix(pair: Pair, rng: Random, pairs: Sequence[Pair]) -> str:
    return f"{pair.trg} {rng.choice(pairs).trg}"


def _wrong_word(pair: Pair, rng: Random, pairs: Sequence[Pair]) -> str:
    """Replace two content words (one if there is only one) by words of another target."""
    words = pair.trg.split(" ")
    others = [word for word in rng.choice(pairs).trg.split(" ") if len(word) > 3 and word not in words]
    places = [index for index, word in enumerate(words) if len(word) > 3]
    for index, word in zip(rng.sample(places, min(2, len(places))), others, strict=False):
        words[index] = word
    return " ".join(words)


_CORRUPTIONS: dict[str, Corrupt] = {
    "misaligned": _misaligned,
    "truncated": _truncated,
    "dropped_words": _dropped_words,
    "untranslated": _untranslated,
    "shuffled": _shuffled,
    "unrelated_suffix": _unrelated_suffix,
    "wrong_word": _wrong_word,
}
