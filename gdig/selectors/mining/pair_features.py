"""The features of a pair that InstructionGPT-4's regressor reads, as far as they are of text. Shapes: N pairs."""

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

Array = NDArray[np.float64]

MEASURED = ("similarity", "reward", "length", "rating")
"""The features before the principal components."""


def pair_features(
    similarity_N: Array, reward_N: Array, characters_N: Array, rating_N: Array, embeddings_ND: NDArray[np.float32],
    num_components: int,
) -> Array:  # fmt: skip
    """Return *(similarity, 10 reward, 100 length / greatest length, rating, principal components)* of each pair.

    As Wei et al. 2023 scale them. Components are of all embeddings together, fitted once.

    Args:
        similarity_N: cosine of source and target.
        reward_N: rewards.
        characters_N: length of the target.
        rating_N: the judge's.
        embeddings_ND: of the pairs.
        num_components: how many principal components.

    Raises:
        ValueError: the embeddings have fewer dimensions than that.
    """
    if num_components > min(embeddings_ND.shape):
        raise ValueError(
            f"instructiongpt4.num_components = {num_components}, but {len(embeddings_ND)} embeddings of "
            f"{embeddings_ND.shape[1]} dimensions have no more than {min(embeddings_ND.shape)}; lower it"
        )
    # The covariance's eigenvectors: exact, and of memory that does not grow with the pool.
    components = PCA(num_components, svd_solver="covariance_eigh").fit_transform(embeddings_ND.astype(np.float64))
    length_N = 100 * characters_N / characters_N.max()
    return np.column_stack([similarity_N, 10 * reward_N, length_N, rating_N, components])


def standardised(values_NF: Array) -> Array:
    """Return features of mean 0 and standard deviation 1 over the pool; one that does not vary is 0."""
    scaled_NF: Array = StandardScaler().fit_transform(values_NF)
    return scaled_NF


def filled(ratings: dict[str, float | None]) -> dict[str, float]:
    """Return ratings in which the median stands for those that the judge has not given.

    Raises:
        ValueError: it has given none.
    """
    known = [rating for rating in ratings.values() if rating is not None]
    if not known:
        raise ValueError("the judge has rated no pair, so that instructiongpt4 has nothing to go by; see stage judge")
    median = float(np.median(known))
    return {i: median if rating is None else rating for i, rating in ratings.items()}
