"""K-FAC statistics of tracked linears ("expand" setting) and their eigenbases.

For a linear with inputs a_t and output gradients g_t of every token t (L the mean response loss of an example):

    A = mean over tokens   of  a_t a_t^T                         (I x I)
    S = mean over examples of  sum over its tokens of g_t g_t^T  (O x O)

and the block of the empirical Fisher is approximated by S (x) A; its trace equals that of the true block if tokens are
independent (Martens & Grosse 2015; Eschenhagen et al. 2023, "K-FAC expand"). Prompt positions count, since attention
propagates gradient to them; padding does not.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from gdig.influence.capture import Tap, captures
from gdig.io.files import atomic_file
from gdig.lm.onednn import product
from gdig.lm.passes import processes
from gdig.lm.prompt import Example

logger = logging.getLogger(__name__)

GRAM_BLOCK = 256
"""Rows of a Gram matrix computed at a time; the part below the diagonal is skipped."""


@dataclass(frozen=True, slots=True)
class Eigenbasis:
    """S = Q_S diag(s) Q_S^T and A = Q_A diag(a) Q_A^T of one linear; eigenvalues are ascending and nonnegative."""

    s_O: torch.Tensor
    q_s_OO: torch.Tensor
    a_I: torch.Tensor
    q_a_II: torch.Tensor
    corrected_OI: torch.Tensor | None = None
    """EK-FAC's eigenvalues in the same basis; None for K-FAC."""

    @property
    def shape(self) -> tuple[int, int]:
        """(O, I) of the linear."""
        return len(self.s_O), len(self.a_I)

    def has_curvature(self) -> bool:
        """Return whether the linear has any: False where no example had a gradient there, or where all inputs are 0.

        A block whose output is multiplied by zero is such a one. Its inverse is 0, and it adds nothing to influence.
        """
        # The mean of all products s_i a_j, without forming them.
        scale = self.s_O.mean() * self.a_I.mean() if self.corrected_OI is None else self.corrected_OI.mean()
        return bool(scale != 0)  # NaN is for the probe to find

    def eigenvalues_OI(self) -> torch.Tensor:
        """Return the eigenvalues of the curvature: s_i a_j of S (x) A, or EK-FAC's."""
        return torch.outer(self.s_O, self.a_I) if self.corrected_OI is None else self.corrected_OI

    def largest_eigenvalue(self) -> float:
        """Return the largest of the curvature's eigenvalues."""
        largest = self.s_O.max() * self.a_I.max() if self.corrected_OI is None else self.corrected_OI.max()
        return float(largest)


def factors(
    model: Any,
    names: Sequence[str],
    examples: Sequence[Example],
    max_tokens: int,
    kept: list[dict[str, Tap]] | None = None,
) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Return (S_OO, A_II) of every named linear over the examples; several processes divide the batches.

    Linears with the same input share the tensor A, which is computed once. Taps are added to `kept`, for EK-FAC.

    Batches do not depend on the number of processes and are summed in float64, so the factors are equal up to an
    occasional last digit: eigenvectors of close eigenvalues would amplify small differences.
    """
    sums_S: dict[str, list[torch.Tensor]] = {}
    sums_A: dict[str, list[torch.Tensor]] = {}
    leaders: dict[str, str] = {}
    for taps in captures(model, names, examples, max_tokens, "curvature"):
        first_with: dict[int, str] = {}
        if kept is not None:
            kept.append(taps)
        for name, tap in taps.items():
            _add(sums_S, name, tap.gradient_BTO[tap.carries_gradient()])
            leaders[name] = first_with.setdefault(id(tap.input_BTI), name)
            if leaders[name] == name:
                _add(sums_A, name, tap.input_BTI[tap.mask_BT])
    processes.sum_over_all(block for sums in (sums_S, sums_A) for blocks in sums.values() for block in blocks)
    num_tokens = sum(len(example.tokens) for example in examples)
    dtype = torch.promote_types(model.dtype, torch.float32)
    means_A = {name: _mean(blocks, num_tokens, dtype) for name, blocks in sums_A.items()}
    return {name: (_mean(sums_S[name], len(examples), dtype), means_A[leaders[name]]) for name in names}


def _add(sums: dict[str, list[torch.Tensor]], name: str, rows_NX: torch.Tensor) -> None:
    """Add the second moments of rows, their Gram matrix, to the sum of that name.

    The sum is stored as row blocks of the upper triangle: in float64 it takes as much memory as a full float32 matrix.
    """
    size = rows_NX.shape[1]
    starts = range(0, size, GRAM_BLOCK)
    if name not in sums:
        sums[name] = [
            rows_NX.new_zeros(min(GRAM_BLOCK, size - start), size - start, dtype=torch.float64) for start in starts
        ]
    for start, block in zip(starts, sums[name], strict=True):
        block += product(rows_NX[:, start : start + GRAM_BLOCK].T, rows_NX[:, start:])


def _mean(blocks: list[torch.Tensor], count: int, dtype: torch.dtype) -> torch.Tensor:
    """Return the symmetric matrix of a sum given as row blocks, divided by the count."""
    size = blocks[0].shape[1]
    mean_XX = blocks[0].new_empty(size, size, dtype=dtype)
    for block in blocks:
        start = size - block.shape[1]
        mean_XX[start : start + len(block), start:] = block / count
    return mean_XX.triu() + mean_XX.triu(1).T


def eigenbases(statistics: Mapping[str, tuple[torch.Tensor, torch.Tensor]]) -> dict[str, Eigenbasis]:
    """Decompose all factors; a shared factor is decomposed once."""
    known: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def decomposed(factor_XX: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if id(factor_XX) not in known:
            known[id(factor_XX)] = _eigh(factor_XX)
        return known[id(factor_XX)]

    return {name: Eigenbasis(*decomposed(s_OO), *decomposed(a_II)) for name, (s_OO, a_II) in statistics.items()}


def _eigh(factor_XX: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Decompose in float64; eigenvalues below zero are round-off and become zero."""
    values_X, vectors_XX = torch.linalg.eigh(factor_XX.double())
    return values_X.clamp_min(0).to(factor_XX.dtype), vectors_XX.to(factor_XX.dtype)


def without_curvature(bases: Mapping[str, Eigenbasis]) -> list[str]:
    """Return the names of the linears that add nothing to influence; a warning names them.

    Raises:
        ValueError: there is no other linear.
    """
    names = [name for name, basis in bases.items() if not basis.has_curvature()]
    if len(names) == len(bases):
        raise ValueError(
            f"no tracked linear has a gradient ({', '.join(names[:3])}, ...); track others by curvature.linears or "
            f"curvature.layer_step"
        )
    if names:
        logger.warning("no gradient reaches %s: they add nothing to influence", ", ".join(names))
    return names


def save_curvature(path: Path, bases: dict[str, Eigenbasis]) -> None:
    """Write eigenbases as one safetensors file, without metadata, whose key order is not stable."""
    tensors: dict[str, torch.Tensor] = {}
    for name, basis in bases.items():
        parts = {"s": basis.s_O, "q_s": basis.q_s_OO, "a": basis.a_I, "q_a": basis.q_a_II, "l": basis.corrected_OI}
        tensors |= {
            f"{name}/{part}": tensor.cpu().clone(memory_format=torch.contiguous_format)
            for part, tensor in parts.items()
            if tensor is not None
        }
    with atomic_file(path) as temporary:
        save_file(tensors, temporary)


def load_curvature(path: Path, device: torch.device) -> dict[str, Eigenbasis]:
    """Read eigenbases; keys are the full names of the linears."""
    tensors = load_file(path, device=str(device))
    names = sorted({key.rpartition("/")[0] for key in tensors})
    return {
        name: Eigenbasis(
            tensors[f"{name}/s"],
            tensors[f"{name}/q_s"],
            tensors[f"{name}/a"],
            tensors[f"{name}/q_a"],
            tensors.get(f"{name}/l"),
        )
        for name in names
    }
