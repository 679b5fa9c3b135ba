"""Indicators of a pair without training, as a row of the artifact. Shapes: N pairs, I indicators.

Words are folded; in scripts without spaces every character is one.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gdig.io.matrix import read_matrix
from gdig.io.records import Pair
from gdig.io.text import word_ngrams

FACTOR = 0.72
"""The type-token ratio at which a factor of MTLD is complete."""


def words(text: str) -> list[str]:
    """Return the words of a text: case and width folded, without punctuation."""
    return list(word_ngrams(text, 1))


def mtld(tokens: Sequence[str]) -> float:
    """Return the measure of textual lexical diversity (McCarthy & Jarvis 2010): words that a factor takes.

    A factor is complete where the ratio of distinct words to words, counted from its first word, falls to 0.72 or
    below. The rest of the text counts as the share *(1 - ratio) / (1 - 0.72)* of a factor, and the measure is the mean
    over reading forwards and backwards.

    It has no value where no word is repeated, as in most single sentences. Such a text of n words gets what it would
    have if the word behind it were a repetition, *0.28 n (n + 1)*: more than any text of n > 2 words with a repetition
    has. Taking n itself, as some do, would put it below most of those. Without words it is 0.
    """
    if not tokens:
        return 0.0
    return (_one_way(tokens) + _one_way(tokens[::-1])) / 2


def _one_way(tokens: Sequence[str]) -> float:
    factors, seen, length = 0.0, set[str](), 0
    for token in tokens:
        seen.add(token)
        length += 1
        if len(seen) / length <= FACTOR:
            factors, seen, length = factors + 1, set(), 0
    if length:
        factors += (1 - len(seen) / length) / (1 - FACTOR)
    if not factors:
        factors = (1 - len(tokens) / (len(tokens) + 1)) / (1 - FACTOR)
    return len(tokens) / factors


def copied_share(source: Sequence[str], target: Sequence[str]) -> float:
    """Return the share of the target's words that stand in the source, each as often as it does; 0 without words."""
    return (Counter(source) & Counter(target)).total() / len(target) if target else 0.0


def distinct_share(tokens: Sequence[int]) -> float:
    """Return how many of the tokens are distinct, as a share; 0 without tokens."""
    return len(set(tokens)) / len(tokens) if tokens else 0.0


COLUMN = "indicators"
NAMES = (
    "src_characters",
    "trg_characters",
    "src_tokens",
    "trg_tokens",
    "length_ratio",
    "mtld",
    "distinct_tokens",
    "copied",
    "neighbour_distance",
    "similarity",
)
"""What stands where in the column `indicators` of a row: lengths in characters and tokens; the natural logarithm of
target characters for each of the source; MTLD of the target's words; distinct tokens of the target for each of its
tokens; share of the target's words that stand in the source; distance to a near neighbour; cosine of the two sides."""


def indicator_rows(
    pairs: Sequence[Pair], sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]],
    distances_N: NDArray[np.float64], similarities_N: NDArray[np.float64],
) -> NDArray[np.float32]:  # fmt: skip
    """Return the indicators of pairs (N x I), in the order of `NAMES`.

    Args:
        pairs: N pairs.
        sources: tokens of each source.
        targets: tokens of each target.
        distances_N: to a near neighbour.
        similarities_N: of the two sides.
    """
    rows = []
    for number, pair in enumerate(pairs):
        source, target = words(pair.src), words(pair.trg)
        rows.append((
            len(pair.src), len(pair.trg), len(sources[number]), len(targets[number]),
            math.log(len(pair.trg) / len(pair.src)), mtld(target), distinct_share(targets[number]),
            copied_share(source, target), distances_N[number], similarities_N[number],
        ))  # fmt: skip
    return np.array(rows, dtype=np.float32).reshape(len(pairs), len(NAMES))


def read_indicators(folder: Path) -> tuple[list[str], Mapping[str, NDArray[np.float64]]]:
    """Read the artifact: ids, and each indicator by name."""
    ids, values_NI = read_matrix(folder, COLUMN)
    return ids, {name: values_NI[:, column].astype(np.float64) for column, name in enumerate(NAMES)}
