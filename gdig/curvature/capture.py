"""Inputs and output gradients of tracked linears, without any weight gradient.

Shapes: B examples, T tokens, I inputs and O outputs of a linear.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from gdig.data.batches import Batch, pad
from gdig.data.prompt import Example
from gdig.model.loss import at_least_float32, check_finite, example_losses


@dataclass(frozen=True, slots=True)
class Tap:
    """What passed through one linear."""

    input_BTI: torch.Tensor
    """Zero on padding, so that sums over tokens need no mask."""
    gradient_BTO: torch.Tensor
    """dL(z)/d(output) of every token of every example; zero on padding, where no loss looks."""

    def weight_gradients(self) -> torch.Tensor:
        """Return the gradient of each example's loss with respect to the weight, grad_BOI."""
        return torch.einsum("bto,bti->boi", self.gradient_BTO, self.input_BTI)


@dataclass
class _Taps:
    inputs: dict[str, torch.Tensor] = field(default_factory=dict)
    outputs: dict[str, torch.Tensor] = field(default_factory=dict)


@contextmanager
def tapped(model: Any, names: Sequence[str]) -> Iterator[_Taps]:
    """Freeze all weights and record the named linears.

    The autograd graph starts at the output of the lowest tracked linear: everything below runs without one, so
    backward stops there and costs about one forward pass of the part above.
    """
    taps = _Taps()
    modules = dict(model.named_modules())
    frozen = [(parameter, parameter.requires_grad) for parameter in model.parameters()]

    def record(name: str) -> Any:
        def hook(module: nn.Module, args: tuple[torch.Tensor], output: torch.Tensor) -> torch.Tensor:
            if not output.requires_grad:
                output = output.detach().requires_grad_()
            taps.inputs[name] = args[0].detach()
            taps.outputs[name] = output
            return output

        return hook

    handles = [modules[name].register_forward_hook(record(name)) for name in names]
    for parameter, _ in frozen:
        parameter.requires_grad_(False)
    try:
        yield taps
    finally:
        for handle in handles:
            handle.remove()
        for parameter, required in frozen:
            parameter.requires_grad_(required)


def capture(model: Any, names: Sequence[str], examples: Sequence[Example]) -> dict[str, Tap]:
    """Run the examples as one batch and return what passed through each named linear.

    The gradient is that of each example's own mean response loss L(z); examples do not mix.

    Raises:
        ValueError: a loss or gradient that is no number; names the pair.
    """
    batch: Batch = pad(examples).to(model.device)
    with tapped(model, names) as taps, torch.enable_grad():
        losses_B = example_losses(model, batch)
        check_finite(losses_B, examples, "loss")
        gradients = torch.autograd.grad(losses_B.sum(), [taps.outputs[name] for name in names])
    mask_BT1 = batch.mask_BT.unsqueeze(-1)
    result = {}
    for name, gradient_BTO in zip(names, gradients, strict=True):
        check_finite(gradient_BTO.sum(dim=(1, 2)), examples, f"gradient at {name}")
        result[name] = Tap(at_least_float32(taps.inputs[name] * mask_BT1), at_least_float32(gradient_BTO))
    return result
