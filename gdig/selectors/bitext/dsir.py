"""DSIR: importance weights of hashed n-grams, seeds against pool (Xie et al. 2023, arXiv 2302.03169).

Shapes: N candidates, M seeds, B buckets.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer

from gdig.io.order import uniform
from gdig.io.records import Pair

WORD = r"(?u)\w+|[^\w\s]+"
"""Words, and runs of punctuation, as in the authors' code."""


def log_weights(pool: Sequence[Pair], seeds: Sequence[Pair], num_buckets: int, smoothing: float) -> NDArray[np.float64]:
    """Return log p_seeds(z) - log p_pool(z) of every candidate, the sum over its unigrams and bigrams of both sides.

    Both distributions are multinomial over B buckets, to which n-grams are hashed, estimated by counts.

    Args:
        pool: N candidates.
        seeds: M seeds.
        num_buckets: B.
        smoothing: added to the count of each bucket, of the seeds and of the pool alike: few seeds fill few buckets.
    """
    vectorizer = HashingVectorizer(
        n_features=num_buckets, ngram_range=(1, 2), token_pattern=WORD, alternate_sign=False, norm=None
    )
    # A side is a text of its own: no bigram spans both.
    pool_NB, seeds_MB = (
        vectorizer.transform(pair.src for pair in pairs) + vectorizer.transform(pair.trg for pair in pairs)
        for pairs in (pool, seeds)
    )

    def log_share(counts_XB: NDArray[np.float64]) -> NDArray[np.float64]:
        counts_B = np.asarray(counts_XB.sum(axis=0)).ravel() + smoothing
        return np.asarray(np.log(counts_B / counts_B.sum()))

    return np.asarray(pool_NB @ (log_share(seeds_MB) - log_share(pool_NB)))


def rank(ids: Sequence[str], weights_N: NDArray[np.float64], seed: int) -> list[str]:
    """Return candidates by the Gumbel top-k trick: the first k are a sample of size k by importance, without repeats.

    Args:
        ids: id of each candidate.
        weights_N: from `log_weights`.
        seed: of the sample; noise depends on id and seed alone.
    """
    perturbed = {
        i: weight - np.log(-np.log(uniform(seed, f"draw/{i}"))) for i, weight in zip(ids, weights_N, strict=True)
    }
    return sorted(ids, key=lambda i: (-perturbed[i], i))
