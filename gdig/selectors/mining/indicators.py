"""Training-free indicators of a pair, as a row of the artifact. Shapes: N pairs, I indicators.

Words are case- and width-folded; in scripts without spaces every character is a word.
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
    """Return the words of a text: case and width folded, numbers and symbols included, without punctuation."""
    return list(word_ngrams(text, 1))


def mtld(tokens: Sequence[str]) -> float:
    """Return the measure of textual lexical diversity (McCarthy & Jarvis 2010): mean words per factor.

    A factor is complete when the type-token ratio since its first word falls to 0.72 or below. The rest of the text
    counts as the share *(1 - ratio) / (1 - 0.72)* of a factor; the measure is the mean of a forward and a backward
    pass.

    It is undefined if no word is repeated, as in most single sentences. Such a text of n words gets the value it would
    have if the next word were a repetition, *0.28 n (n + 1)*, which exceeds that of any text of n > 2 words with a
    repetition; using n itself, as some implementations do, would rank it below most of those. Without words it is 0.
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
    """Return the share of the target's words that occur in the source (multiset intersection); 0 without words."""
    return (Counter(source) & Counter(target)).total() / len(target) if target else 0.0


def distinct_share(tokens: Sequence[int]) -> float:
    """Return the share of distinct tokens; 0 without tokens."""
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
"""Order of the column `indicators` of a row: lengths in characters and tokens; log ratio of target to source
characters; MTLD of the target's words; share of distinct target tokens; share of the target's words that occur in the
source; distance to a near neighbour; cosine of the two sides."""


def indicator_rows(
    pairs: Sequence[Pair], sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]],
    distances_N: NDArray[np.float64], similarities_N: NDArray[np.float64],
) -> NDArray[np.float32]:  # fmt: skip
    """Return the indicators of pairs (N x I), in the order of `NAMES`.

    Args:
        pairs: N pairs.
        sources: tokens of each source.
        targets: tokens of each target.
        distances_N: distance to a near neighbour.
        similarities_N: cosine of the two sides.
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
