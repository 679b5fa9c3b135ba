"""Preconditioned gradients of the seeds at one linear, in a form for contraction with candidates.

    I(z_m, z_t) = - <G'_t, G_m>    with G'_t = (H + damping)^{-1} grad L(z_t), of shape O x I

A route determines how G' is computed and stored:

    dense        rotate tokens into the eigenbasis, scale, rotate back       any damping          M * O * I numbers
    hybrid       apply both damped inverse factors to the tokens             factored inverse     M * O * I
    token_pairs  as hybrid, but keep the tokens: G' = sum g'_s a'_s^T        factored inverse     M * T * (O + I)
    low_rank     as dense, then the leading singular vectors of G'           approximate          M * r * (O + I)

Shapes: B examples, T tokens, S rows of all seeds (their tokens or singular vectors), M seeds, I inputs, O outputs.
"""

import math
from dataclasses import dataclass

import torch

from gdig.influence.capture import Tap
from gdig.influence.damping import Damping
from gdig.influence.kfac import Eigenbasis
from gdig.lm.onednn import product

BLOCK_BYTES = 2**28
"""Intermediate products formed at a time."""
CACHE_BYTES = 2**22
"""The same on a CPU in float32, where blocks that fit the cache are faster; bfloat16 kernels copy their operands and
are faster on one large block."""
SVD_OVERSAMPLING = 8
SVD_ITERATIONS = 4
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True, slots=True)
class DenseSeeds:
    """Whole gradients, the longer side first: X x Y is O x I or I x O."""

    gradients_MXY: torch.Tensor

    @classmethod
    def empty(cls, shape: tuple[int, int], num_seeds: int, like: torch.Tensor, dtype: torch.dtype) -> "DenseSeeds":
        """Allocate the gradients (O x I) of the seeds."""
        return cls(like.new_empty(num_seeds, max(shape), min(shape), dtype=dtype))

    def put(self, seeds_B: torch.Tensor, gradients_BOI: torch.Tensor) -> None:
        """Store the gradients of some seeds."""
        num_outputs, num_inputs = gradients_BOI.shape[1:]
        gradients_BXY = gradients_BOI if num_outputs >= num_inputs else gradients_BOI.mT
        self.gradients_MXY[seeds_B] = gradients_BXY.to(self.gradients_MXY.dtype)

    def contract(self, tap: Tap) -> torch.Tensor:
        """Return <G'_t, G_m> of every example of the tap with every seed: products_BM, float32 or better.

        The candidates' gradients are formed a few rows at a time and never stored.
        """
        tap = tap.active().to(self.gradients_MXY.dtype)
        both = tap.gradient_BTO, tap.input_BTI
        long_BTX, short_BTY = both if both[0].shape[-1] >= both[1].shape[-1] else reversed(both)
        num_seeds, num_x, num_y = self.gradients_MXY.shape
        in_cache = short_BTY.device.type == "cpu" and short_BTY.dtype != torch.bfloat16
        row_bytes = len(short_BTY) * num_y * short_BTY.element_size()
        rows = max(1, (CACHE_BYTES if in_cache else BLOCK_BYTES) // row_bytes)
        products_BM = short_BTY.new_zeros(len(short_BTY), num_seeds, dtype=_promoted(short_BTY.dtype))
        for start in range(0, num_x, rows):
            part_BRY = long_BTX[..., start : start + rows].mT @ short_BTY
            products_BM += part_BRY.flatten(1) @ self.gradients_MXY[:, start : start + rows].flatten(1).T
        return products_BM


@dataclass(frozen=True, slots=True)
class FactoredSeeds:
    """Gradients as sums of outer products: G'_t = sum of left_s right_s^T over the rows s of seed t."""

    left_SO: torch.Tensor
    right_SI: torch.Tensor
    seed_S: torch.Tensor
    num_seeds: int

    def contract(self, tap: Tap) -> torch.Tensor:
        """Return <G'_t, G_m> of every example of the tap with every seed: products_BM, float32 or better."""
        tap = tap.active().to(self.left_SO.dtype)
        num_tokens = tap.gradient_BTO.shape[0] * tap.gradient_BTO.shape[1]
        products_BM = torch.zeros(
            len(tap.gradient_BTO), self.num_seeds, dtype=_promoted(self.left_SO.dtype), device=self.left_SO.device
        )
        chunk = max(1, BLOCK_BYTES // (num_tokens * self.left_SO.element_size()))
        for start in range(0, len(self.left_SO), chunk):
            rows = slice(start, start + chunk)
            pairs_BTS = (tap.gradient_BTO @ self.left_SO[rows].T).mul_(tap.input_BTI @ self.right_SI[rows].T)
            products_BM.index_add_(1, self.seed_S[rows], pairs_BTS.sum(dim=1, dtype=products_BM.dtype))
        return products_BM


Seeds = DenseSeeds | FactoredSeeds


def precondition(grad_BOI: torch.Tensor, basis: Eigenbasis, spectrum_OI: torch.Tensor) -> torch.Tensor:
    """Return (H + damping)^{-1} applied to each gradient, exactly, in the eigenbasis of S (x) A."""
    rotated_BOI = basis.q_s_OO.T @ grad_BOI @ basis.q_a_II
    return basis.q_s_OO @ (rotated_BOI * spectrum_OI) @ basis.q_a_II.T


def dense_gradients(tap: Tap, basis: Eigenbasis, damping: Damping) -> torch.Tensor:
    """Return the preconditioned gradient of each example, gradients_BOI.

    Rotating the tokens costs 2 T (O^2 + I^2), which is less than rotating the gradient for all but long examples.
    """
    rotated = Tap(product(tap.input_BTI, basis.q_a_II), product(tap.gradient_BTO, basis.q_s_OO), tap.mask_BT)
    scaled_BOI = rotated.weight_gradients() * damping.spectrum(basis)
    return torch.stack([product(basis.q_s_OO, left_OI) for left_OI in product(scaled_BOI, basis.q_a_II.T)])


def preconditioned_tokens(tap: Tap, basis: Eigenbasis, damping: Damping) -> Tap:
    """Return the tap with preconditioned weight gradients: both inverse factors are applied to its tokens."""
    s_O, a_I = damping.separable_spectrum(basis)
    left_OO = product(basis.q_s_OO * s_O, basis.q_s_OO.T)
    right_II = product(basis.q_a_II * a_I, basis.q_a_II.T)
    return Tap(product(tap.input_BTI, right_II), product(tap.gradient_BTO, left_OO), tap.mask_BT)


def token_rows(tap: Tap) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the tokens that carry gradient as (left_SO, right_SI, example_S)."""
    example_S, position_S = tap.carries_gradient().nonzero(as_tuple=True)
    return tap.gradient_BTO[example_S, position_S], tap.input_BTI[example_S, position_S], example_S


def singular_rows(gradients_BOI: torch.Tensor, rank: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the leading singular vectors, scaled, as (left_SO, right_SI, example_S); seeded (Halko et al. 2011)."""
    rank = min(rank, *gradients_BOI.shape[1:])
    with torch.random.fork_rng(devices=[gradients_BOI.device] if gradients_BOI.is_cuda else []):
        torch.manual_seed(seed)
        left_BOR, values_BR, right_BIR = torch.svd_lowrank(
            gradients_BOI, q=min(rank + SVD_OVERSAMPLING, *gradients_BOI.shape[1:]), niter=SVD_ITERATIONS
        )
    left_BRO = (left_BOR * values_BR.unsqueeze(1))[..., :rank].mT
    example_S = torch.arange(len(gradients_BOI), device=gradients_BOI.device).repeat_interleave(rank)
    return left_BRO.flatten(0, 1), right_BIR[..., :rank].mT.flatten(0, 1), example_S


def _promoted(dtype: torch.dtype) -> torch.dtype:
    return torch.promote_types(dtype, torch.float32)


def num_rows(num_tokens: int, num_seeds: int, route: str, rank: int, shape: tuple[int, int]) -> int:
    """Return the rows S of all seeds on a factored route."""
    return num_tokens if route == "token_pairs" else num_seeds * min(rank, *shape)


def bytes_of(route: str, shape: tuple[int, int], num_seeds: int, rows: int, dtype: torch.dtype) -> int:
    """Return the memory of the seeds at one linear of shape (O, I)."""
    numbers = num_seeds * math.prod(shape) if route in ("dense", "hybrid") else rows * sum(shape)
    return numbers * dtype.itemsize
