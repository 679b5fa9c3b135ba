"""Text features of a pair for InstructionGPT-4's regressor. Shapes: N pairs."""

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

Array = NDArray[np.float64]

MEASURED = ("similarity", "reward", "length", "rating")
"""Number of features before the principal components."""


def pair_features(
    similarity_N: Array, reward_N: Array, characters_N: Array, rating_N: Array, embeddings_ND: NDArray[np.float32],
    num_components: int,
) -> Array:  # fmt: skip
    """Return *(similarity, 10 reward, 100 length / greatest length, rating, principal components)* of each pair.

    The scales are those of Wei et al. 2023. The principal components are fitted once to all embeddings.

    Args:
        similarity_N: cosine of source and target.
        reward_N: rewards.
        characters_N: length of the target.
        rating_N: ratings by the judge.
        embeddings_ND: embeddings of the pairs.
        num_components: number of principal components.

    Raises:
        ValueError: the embeddings have fewer dimensions.
    """
    if num_components > min(embeddings_ND.shape):
        raise ValueError(
            f"instructiongpt4.num_components = {num_components}, but {len(embeddings_ND)} embeddings of "
            f"{embeddings_ND.shape[1]} dimensions have no more than {min(embeddings_ND.shape)}; lower it"
        )
    # Eigenvectors of the covariance: exact, with memory independent of the pool size.
    components = PCA(num_components, svd_solver="covariance_eigh").fit_transform(embeddings_ND.astype(np.float64))
    length_N = 100 * characters_N / characters_N.max()
    return np.column_stack([similarity_N, 10 * reward_N, length_N, rating_N, components])


def standardised(values_NF: Array) -> Array:
    """Return features with mean 0 and standard deviation 1 over the pool; a constant feature becomes 0."""
    scaled_NF: Array = StandardScaler().fit_transform(values_NF)
    return scaled_NF


def filled(ratings: dict[str, float | None]) -> dict[str, float]:
    """Return ratings with missing ones replaced by the median.

    Raises:
        ValueError: there are no ratings.
    """
    known = [rating for rating in ratings.values() if rating is not None]
    if not known:
        raise ValueError("the judge has rated no pair, so that instructiongpt4 has nothing to go by; see stage judge")
    median = float(np.median(known))
    return {i: median if rating is None else rating for i, rating in ratings.items()}
