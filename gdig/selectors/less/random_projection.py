"""Seeded random projection of long vectors in named parts, such as the gradients of all adapters of a model.

Shapes: B vectors, D numbers of a part, K projected dimensions.
"""

import hashlib
import math
from collections.abc import Mapping
from typing import Literal

import torch

from gdig.lm.onednn import product

BYTES_FLOAT32 = 4
ROWS_AT_ONCE = 4096
"""Rows of a matrix drawn from one generator."""


class RandomProjection:
    """A linear map to `dim` numbers with random signs that preserves inner products in expectation.

    rademacher:  one D x K matrix of +-1 / sqrt(K) per part (as in LESS; Park et al. 2023);
    hashed:      each coordinate is added, with a random sign, to one of the K numbers (feature hashing, Weinberger et
                 al. 2009): D additions, no matrix, and the variance of an inner product is no larger than before;

    The map of a part depends only on the seed, the turn and the part's name, not on the other parts or their order.
    Each turn (checkpoint) has its own map, so that errors average out in sums over turns.
    """

    def __init__(
        self,
        sizes: Mapping[str, int],
        *,
        dim: int,
        kind: Literal["rademacher", "hashed"],
        memory_gib: float,
        seed: int,
        turn: int,
        device: torch.device,
    ) -> None:
        """Draw the map for parts of these sizes.

        Raises:
            ValueError: `rademacher` does not fit.
        """
        needed = sum(sizes.values()) * dim * BYTES_FLOAT32 / 2**30
        if kind == "rademacher" and needed > memory_gib:
            raise ValueError(
                f"less_gradients.projection 'rademacher' needs {needed:.1f} GiB, but less_gradients.memory_gib = "
                f"{memory_gib}; use 'hashed', or a smaller dim"
            )
        self.dim = dim
        self.hashed = kind == "hashed"
        draw = self._draw_hashed if self.hashed else self._draw_matrix
        self.parts = {
            name: [part.to(device) for part in draw(name, size, f"{seed}:{turn}")] for name, size in sizes.items()
        }

    def add(self, projected_KB: torch.Tensor, name: str, values_BD: torch.Tensor) -> None:
        """Add the projection of one part of some vectors to that of the earlier parts."""
        if self.hashed:
            place_D, sign_D = self.parts[name]
            projected_KB.index_add_(0, place_D, (values_BD * sign_D.to(values_BD.dtype)).T.contiguous())
        else:
            (matrix_DK,) = self.parts[name]
            projected_KB += product(values_BD, matrix_DK.to(values_BD.dtype)).T

    def _draw_matrix(self, name: str, size: int, key: str) -> list[torch.Tensor]:
        blocks = [
            torch.randint(2, (min(ROWS_AT_ONCE, size - start), self.dim), generator=_generator(f"{key}:{name}:{start}"))
            for start in range(0, size, ROWS_AT_ONCE)
        ]
        return [torch.cat([(block * 2 - 1).float() / math.sqrt(self.dim) for block in blocks])]

    def _draw_hashed(self, name: str, size: int, key: str) -> list[torch.Tensor]:
        generator = _generator(f"{key}:{name}")
        place_D = torch.randint(self.dim, (size,), generator=generator)
        return [place_D, (torch.randint(2, (size,), generator=generator) * 2 - 1).float()]


def _generator(key: str) -> torch.Generator:
    number = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")
    return torch.Generator().manual_seed(number >> 1)
