"""Float32 matrix products on a CPU through oneDNN, which torch itself uses only for half precision.

torch multiplies float32 matrices with MKL, which is slow on processors of other vendors than Intel: 112 against
253 GFLOP/s on one core of an AMD EPYC with AVX-512. Both have float32 rounding.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode


def product(left: torch.Tensor, right_KM: torch.Tensor) -> torch.Tensor:
    """Return left (..., K) @ right, through oneDNN for float32 on a CPU; without gradient."""
    if not _suits(left, right_KM):
        return left @ right_KM
    left_NK = left.flatten(0, -2)
    return _linear(_dense(left_NK), _dense(right_KM).T, None).view(*left.shape[:-1], -1)


class Onednn(TorchFunctionMode):
    """Context in which linear layers of float32 models on a CPU run through oneDNN, forward and backward."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Replace `torch.nn.functional.linear`; leave everything else."""
        if func is F.linear and not kwargs and _suits(*args[:2]):
            return _Linear.apply(*args, *[None] * (3 - len(args)))  # type: ignore[no-untyped-call]
        return func(*args, **(kwargs or {}))


class _Linear(torch.autograd.Function):
    """input W^T + bias, for frozen or trainable weights. Shapes: input (..., I), weight (O, I), bias (O) or None."""

    @staticmethod
    def forward(ctx: Any, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        ctx.save_for_backward(input, weight)
        return _linear(input.contiguous(), weight, bias)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (gradient,), (input, weight) = gradients, ctx.saved_tensors
        to_input, to_weight, to_bias = ctx.needs_input_grad
        gradient_NO, input_NI = gradient.flatten(0, -2), input.flatten(0, -2)
        return (
            product(gradient_NO, weight).view_as(input) if to_input else None,
            product(gradient_NO.T, input_NI) if to_weight else None,
            gradient_NO.sum(dim=0) if to_bias else None,
        )


def _linear(input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    # The operation that torch.compile substitutes for a linear layer.
    result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(input, weight, bias, "none", [], None)
    return result


def _dense(matrix: torch.Tensor) -> torch.Tensor:
    """Return a contiguous matrix: for slices oneDNN falls back to reference code, which is 100 times slower."""
    return matrix if matrix.is_contiguous() or matrix.T.is_contiguous() else matrix.contiguous()


def _suits(left: torch.Tensor, right: torch.Tensor) -> bool:
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    on_cpu = left.device.type == right.device.type == "cpu"
    return on_cpu and left.dtype == right.dtype == torch.float32 and left.numel() > 0 < right.numel()
