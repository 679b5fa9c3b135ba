"""RDS+: similarity to the seeds, which then take turns (Ivison et al. 2025).

Shapes: N candidates, M seeds, D dimensions.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32] | NDArray[np.float64]


def similarities(candidates_ND: Array, seeds_MD: Array) -> NDArray[np.float64]:
    """Return the cosine of every candidate with every seed, similarities_MN."""

    def unit(vectors_XD: Array) -> NDArray[np.float64]:
        wide_XD = vectors_XD.astype(np.float64)
        scaled_XD: NDArray[np.float64] = wide_XD / np.linalg.norm(wide_XD, axis=1, keepdims=True)
        return scaled_XD

    candidates_ND, seeds_MD = unit(candidates_ND), unit(seeds_MD)
    # No matrix product, which may round equal rows differently.
    return np.stack([np.einsum("nd,d->n", candidates_ND, seed_D) for seed_D in seeds_MD])
