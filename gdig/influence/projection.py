"""Random projection of the final MLP layer's gradient, used to cluster candidates.

Shapes: B examples, T tokens, I inputs and O outputs of the linear, K projected dimensions = F * G.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch

from gdig.influence.capture import Tap, per_example
from gdig.lm.prompt import Example

Project = Callable[[Tap], torch.Tensor]
BYTES_FLOAT32 = 4


def projection(
    num_outputs: int,
    num_inputs: int,
    *,
    dim: int,
    kind: Literal["auto", "dense", "kronecker"],
    memory_gib: float,
    seed: int,
    device: torch.device,
) -> Project:
    """Return the seeded projection of a weight gradient (O x I) to `dim` numbers, scaled by 1/sqrt(dim).

    dense:      one Gaussian matrix of O*I*K numbers;
    kronecker:  P_S (x) P_A of O*F + I*G numbers with F*G = K, applied to the tokens before their outer product, so
                that the gradient itself, 45M numbers at 7B, is never formed;
    auto:       dense if the matrix fits `memory_gib`.

    Raises:
        ValueError: `dense` does not fit.
    """
    generator = torch.Generator().manual_seed(seed)
    dense_gib = num_outputs * num_inputs * dim * BYTES_FLOAT32 / 2**30
    if kind == "dense" and dense_gib > memory_gib:
        raise ValueError(
            f"gradients.projection 'dense' needs {dense_gib:.1f} GiB, but gradients.memory_gib = "
            f"{memory_gib}; use 'kronecker'"
        )
    if kind == "kronecker" or dense_gib > memory_gib:
        return _kronecker(num_outputs, num_inputs, dim, generator, device)
    return _dense(num_outputs, num_inputs, dim, generator, device)


def _dense(num_outputs: int, num_inputs: int, dim: int, generator: torch.Generator, device: torch.device) -> Project:
    matrix_DK = (torch.randn(num_outputs * num_inputs, dim, generator=generator) / math.sqrt(dim)).to(device)
    return lambda tap: tap.weight_gradients().flatten(1) @ matrix_DK


def _kronecker(
    num_outputs: int, num_inputs: int, dim: int, generator: torch.Generator, device: torch.device
) -> Project:
    # The most nearly square split of dim: 400 = 20 x 20.
    left = max(factor for factor in range(1, math.isqrt(dim) + 1) if dim % factor == 0)
    matrix_OF = (torch.randn(num_outputs, left, generator=generator) / math.sqrt(left)).to(device)
    matrix_IG = (torch.randn(num_inputs, dim // left, generator=generator) / math.sqrt(dim // left)).to(device)

    def project(tap: Tap) -> torch.Tensor:
        return torch.einsum("btf,btg->bfg", tap.gradient_BTO @ matrix_OF, tap.input_BTI @ matrix_IG).flatten(1)

    return project


def project_gradients(
    model: Any, name: str, examples: Sequence[Example], project: Project, max_tokens: int
) -> torch.Tensor:
    """Return the projected gradient of L(z) at the named linear: projected_NK, float32 on the CPU."""
    return per_example(model, [name], examples, max_tokens, lambda taps: project(taps[name]))
