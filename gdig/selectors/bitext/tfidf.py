"""TF-IDF: pairs whose words are those of the seeds, both sides together. A control without any model.

Shapes: N candidates, M seeds.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from gdig.io.records import Pair

WORD = r"(?u)\w+"


def similarities(pool: Sequence[Pair], seeds: Sequence[Pair]) -> NDArray[np.float64]:
    """Return the cosine of every candidate with every seed, similarities_MN.

    Terms are the lowercase words of source and target, weighted by scikit-learn's tf-idf: counts times
    ln((1 + N) / (1 + df)) + 1, with df over the candidates.
    """
    vectorizer = TfidfVectorizer(token_pattern=WORD)
    pool_NT = vectorizer.fit_transform(map(_terms, pool))
    seeds_MT = vectorizer.transform(map(_terms, seeds))
    return np.asarray((seeds_MT @ pool_NT.T).toarray())


def _terms(pair: Pair) -> str:
    return f"{pair.src}\n{pair.trg}"
