"""K-FAC statistics of tracked linears ("expand" setting) and their eigenbases.

For a linear with inputs a_t and output gradients g_t of every token t (L the mean response loss of an example):

    A = mean over tokens   of  a_t a_t^T                         (I x I)
    S = mean over examples of  sum over its tokens of g_t g_t^T  (O x O)

and the block of the empirical Fisher is approximated by S (x) A; its trace is that of the true block where tokens are
independent (Martens & Grosse 2015; Eschenhagen et al. 2023, "K-FAC expand"). Prompt positions count, since attention
carries gradient to them; padding never does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from gdig.curvature.capture import capture
from gdig.data.batches import by_length
from gdig.data.prompt import Example
from gdig.files import atomic_file
from gdig.progress import track


@dataclass(frozen=True, slots=True)
class Eigenbasis:
    """S = Q_S diag(s) Q_S^T and A = Q_A diag(a) Q_A^T of one linear, eigenvalues ascending and not negative."""

    s_O: torch.Tensor
    q_s_OO: torch.Tensor
    a_I: torch.Tensor
    q_a_II: torch.Tensor

    def eigenvalues_OI(self) -> torch.Tensor:
        """Return the eigenvalues s_i a_j of S (x) A."""
        return torch.outer(self.s_O, self.a_I)


def factors(
    model: Any, names: Sequence[str], examples: Sequence[Example], max_tokens: int
) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Return (S_OO, A_II) of every named linear over the examples."""
    sums: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
    groups = by_length(examples, max_tokens)
    for group in track(groups, total=len(groups), label="curvature", unit="batches"):
        for name, tap in capture(model, names, [examples[position] for position in group]).items():
            gradient_NO = tap.gradient_BTO.flatten(0, 1)
            input_NI = tap.input_BTI.flatten(0, 1)
            new = gradient_NO.T @ gradient_NO, input_NI.T @ input_NI
            sums[name] = (sums[name][0] + new[0], sums[name][1] + new[1]) if name in sums else new
    num_tokens = sum(len(example.tokens) for example in examples)
    return {name: (s_OO / len(examples), a_II / num_tokens) for name, (s_OO, a_II) in sums.items()}


def eigenbasis(s_OO: torch.Tensor, a_II: torch.Tensor) -> Eigenbasis:
    """Decompose both factors in float64; eigenvalues below zero are round-off and become zero."""
    s_O, q_s_OO = torch.linalg.eigh(s_OO.double())
    a_I, q_a_II = torch.linalg.eigh(a_II.double())
    parts = (s_O.clamp_min(0), q_s_OO, a_I.clamp_min(0), q_a_II)
    return Eigenbasis(*(part.to(s_OO.dtype) for part in parts))


def save_curvature(path: Path, bases: dict[str, Eigenbasis]) -> None:
    """Write eigenbases as one safetensors file, without metadata: its order of keys is not stable."""
    tensors: dict[str, torch.Tensor] = {}
    for name, basis in bases.items():
        parts = {"s": basis.s_O, "q_s": basis.q_s_OO, "a": basis.a_I, "q_a": basis.q_a_II}
        tensors |= {f"{name}/{part}": tensor.cpu().contiguous() for part, tensor in parts.items()}
    with atomic_file(path) as temporary:
        save_file(tensors, temporary)


def load_curvature(path: Path, device: torch.device) -> dict[str, Eigenbasis]:
    """Read eigenbases; keys are the full names of the linears."""
    tensors = load_file(path, device=str(device))
    names = sorted({key.rpartition("/")[0] for key in tensors})
    return {name: Eigenbasis(*(tensors[f"{name}/{part}"] for part in ("s", "q_s", "a", "q_a"))) for name in names}
