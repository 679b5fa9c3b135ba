"""Influence of candidates on seeds (Pan et al. 2024, equation 3), exact for K-FAC.

    I(z_m, z_t) = - grad L(z_t)^T (H + damping)^{-1} grad L(z_m)        negative = z_m helps z_t

Shapes: N candidates, M seeds, I inputs and O outputs of a linear.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from gdig.curvature.capture import capture
from gdig.curvature.damping import InverseSpectrum
from gdig.curvature.kfac import Eigenbasis
from gdig.data.batches import by_length
from gdig.data.prompt import Example
from gdig.progress import track

BYTES_FLOAT32 = 4


def precondition(grad_BOI: torch.Tensor, basis: Eigenbasis, inverse: InverseSpectrum) -> torch.Tensor:
    """Return (H + damping)^{-1} applied to each gradient, exactly, in the eigenbasis of S (x) A."""
    rotated_BOI = basis.q_s_OO.T @ grad_BOI @ basis.q_a_II
    return basis.q_s_OO @ (rotated_BOI * inverse(basis.eigenvalues_OI())) @ basis.q_a_II.T


def seed_bytes(bases: Mapping[str, Eigenbasis], num_seeds: int) -> int:
    """Return the memory that the preconditioned gradients of the seeds take."""
    return sum(len(b.s_O) * len(b.a_I) for b in bases.values()) * num_seeds * BYTES_FLOAT32


def precondition_seeds(
    model: Any,
    seeds: Sequence[Example],
    bases: Mapping[str, Eigenbasis],
    inverse: InverseSpectrum,
    *,
    max_tokens: int,
    memory_gib: float,
) -> dict[str, torch.Tensor]:
    """Return the preconditioned gradient of every seed at every tracked linear, flat: name -> (M, O*I).

    Raises:
        ValueError: they would not fit `memory_gib`; says how many seeds would.
    """
    wanted = seed_bytes(bases, len(seeds))
    if wanted > memory_gib * 2**30:
        fitting = int(memory_gib * 2**30 / seed_bytes(bases, 1))
        raise ValueError(
            f"influence.memory_gib = {memory_gib}, but the gradients of {len(seeds)} seeds take "
            f"{wanted / 2**30:.2f} GiB; raise it, use at most {fitting} seeds, or track fewer layers "
            f"(curvature.layer_step)"
        )
    result = {name: b.s_O.new_empty(len(seeds), len(b.s_O) * len(b.a_I)) for name, b in bases.items()}
    groups = by_length(seeds, max_tokens)
    for group in track(groups, total=len(groups), label="seed gradients", unit="batches"):
        for name, tap in capture(model, list(bases), [seeds[position] for position in group]).items():
            grad_BOI = precondition(tap.weight_gradients(), bases[name], inverse)
            result[name][group] = grad_BOI.flatten(1)
    return result


def influence(
    model: Any, candidates: Sequence[Example], seed_gradients: Mapping[str, torch.Tensor], max_tokens: int
) -> torch.Tensor:
    """Return the influence of every candidate on every seed, summed over the tracked linears.

    Returns:
        influence_NM on the CPU, rows in the order of `candidates`.
    """
    any_gradient = next(iter(seed_gradients.values()))
    influence_NM = any_gradient.new_empty(len(candidates), len(any_gradient))
    for group in by_length(candidates, max_tokens):
        taps = capture(model, list(seed_gradients), [candidates[position] for position in group])
        total_BM = sum(-(tap.weight_gradients().flatten(1) @ seed_gradients[name].T) for name, tap in taps.items())
        assert isinstance(total_BM, torch.Tensor)
        influence_NM[group] = total_BM
    return influence_NM.cpu()
