"""Capture inputs and output gradients of tracked linears, without weight gradients.

Shapes: B examples, T tokens, I inputs and O outputs of a linear.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.autograd.graph import GradientEdge, get_gradient_edge

from gdig.lm.batches import Batch, by_length, pad
from gdig.lm.loss import check_finite, example_losses
from gdig.lm.onednn import Onednn
from gdig.lm.passes import processes
from gdig.lm.prompt import Example
from gdig.run import costs
from gdig.run.progress import track


@dataclass(frozen=True, slots=True)
class Tap:
    """Inputs and output gradients of one linear."""

    input_BTI: torch.Tensor
    """Input of every token; arbitrary on padding."""
    gradient_BTO: torch.Tensor
    """dL(z)/d(output) of every token of every example; zero on padding, which has no loss."""
    mask_BT: torch.Tensor
    """True on tokens, False on padding."""

    def weight_gradients(self) -> torch.Tensor:
        """Return the gradient of each example's loss with respect to the weight, grad_BOI."""
        return self.gradient_BTO.mT @ self.input_BTI

    def carries_gradient(self) -> torch.Tensor:
        """Return where the gradient is nonzero, carries_BT: in the last block, only before a response token."""
        return (self.gradient_BTO != 0).any(dim=-1)

    def active(self) -> "Tap":
        """Return the tap without the tokens that carry no gradient, where dropping them saves a quarter or more.

        Sums over tokens are unchanged.
        """
        carries_BT = self.carries_gradient()
        width = int(carries_BT.sum(dim=1).max())
        if 4 * width > 3 * carries_BT.shape[1]:
            return self
        order_BT = carries_BT.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, : max(width, 1)]

        def take(tensor_BTX: torch.Tensor) -> torch.Tensor:
            return tensor_BTX.gather(1, order_BT.unsqueeze(-1).expand(-1, -1, tensor_BTX.shape[-1]))

        return Tap(take(self.input_BTI), take(self.gradient_BTO), self.mask_BT.gather(1, order_BT))

    def split(self, size: int) -> Iterator["Tap"]:
        """Yield the tap in parts of at most `size` examples."""
        for start in range(0, len(self.mask_BT), size):
            part = slice(start, start + size)
            yield Tap(self.input_BTI[part], self.gradient_BTO[part], self.mask_BT[part])

    def to(self, dtype: torch.dtype) -> "Tap":
        """Return the tap in another precision."""
        return Tap(self.input_BTI.to(dtype), self.gradient_BTO.to(dtype), self.mask_BT)


@dataclass
class _Taps:
    inputs: dict[str, torch.Tensor] = field(default_factory=dict)
    outputs: dict[str, tuple[GradientEdge | None, torch.Size]] = field(default_factory=dict)
    """Where the gradient of an output is taken, None where the model takes none, and its shape."""


@contextmanager
def tapped(model: Any, names: Sequence[str]) -> Iterator[_Taps]:
    """Freeze all weights and record the named linears.

    The autograd graph starts at the output of the lowest tracked linear, so backward stops there and costs about one
    forward pass of the part above.

    Raises:
        ValueError: a linear runs more than once in a pass, or gives more than its output.
    """
    taps = _Taps()
    modules = dict(model.named_modules())
    frozen = [(parameter, parameter.requires_grad) for parameter in model.parameters()]

    def record(name: str) -> Any:
        def hook(module: nn.Module, args: tuple[torch.Tensor], output: torch.Tensor) -> torch.Tensor:
            if name in taps.inputs:
                raise ValueError(f"{name} runs more than once in a pass, so that it cannot be tracked; track others")
            if not isinstance(output, torch.Tensor):
                raise ValueError(f"{name} gives more than its output, so that it cannot be tracked; track others")
            if torch.is_grad_enabled() and not output.requires_grad:
                # A copy, since Falcon adds to it in place, which autograd refuses for the start of a graph.
                output = output.detach().requires_grad_().clone()
            taps.inputs[name] = args[0].detach()
            # What is added in place afterwards is not part of the linear: its edge stays where it is now.
            taps.outputs[name] = get_gradient_edge(output) if output.requires_grad else None, output.shape
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
    """Run the examples as one batch and return the taps of the named linears.

    The gradient is that of each example's own mean response loss L(z); examples are independent.

    Raises:
        ValueError: a loss or gradient is not a number; names the pair. A linear does not run once on every token, as an
            expert that reads the tokens routed to it; names it.
    """
    batch: Batch = pad(examples).to(model.device)
    with tapped(model, names) as taps, torch.enable_grad(), Onednn():
        losses_B = example_losses(model, batch)
        check_finite(losses_B, examples, "loss")
        size = batch.tokens_BT.shape
        _check_once_a_token(taps, names, size)
        gradients = _gradients(losses_B, [taps.outputs[name] for name in names])
    gradients_BTO = {name: found.reshape(*size, found.shape[-1]) for name, found in zip(names, gradients, strict=True)}
    # Of a model in float64 too, some routers are in float32.
    dtype = torch.promote_types(model.dtype, torch.float32)
    _check_gradients(gradients_BTO, examples)
    # Linears with the same input, such as gate and up projections, share one tensor.
    inputs: dict[tuple[int, torch.Size], torch.Tensor] = {}
    result = {}
    for name, gradient_BTO in gradients_BTO.items():
        seen = taps.inputs[name]
        key = seen.data_ptr(), seen.shape
        input_BTI = inputs.setdefault(key, seen.reshape(*size, seen.shape[-1]).to(dtype))
        result[name] = Tap(input_BTI, gradient_BTO.to(dtype), batch.mask_BT.bool())
    return result


def captures(
    model: Any, names: Sequence[str], examples: Sequence[Example], max_tokens: int, label: str
) -> Iterator[dict[str, Tap]]:
    """Yield the taps of the named linears batch by batch; several processes divide the batches.

    Raises:
        ValueError: fewer batches than processes.
    """
    groups = by_length(examples, max_tokens)
    if len(groups) < processes.count() > 1:
        raise ValueError(
            f"{processes.count()} processes cannot share {len(groups)} batches of curvature.max_tokens = {max_tokens}; "
            f"lower it or use fewer processes"
        )
    turns = processes.share(groups)
    with costs.working() as count:
        for group, own in track(turns, total=len(turns), label=label, unit="batches"):
            taps = capture(model, names, [examples[position] for position in group])
            if own:
                count(len(group))
                yield taps


def per_example(
    model: Any,
    names: Sequence[str],
    examples: Sequence[Example],
    max_tokens: int,
    compute: Callable[[dict[str, Tap]], torch.Tensor],
) -> torch.Tensor:
    """Apply `compute` to the taps of each batch and return one row per example, on the CPU, in input order."""
    rows: dict[int, torch.Tensor] = {}
    groups = by_length(examples, max_tokens)
    # A shard of a large model takes minutes.
    for group, own in track(processes.in_step(groups), total=len(groups), label="backward passes", unit="batches"):
        taps = capture(model, names, [examples[position] for position in group])
        if own:
            rows |= zip(group, compute(taps).cpu(), strict=True)
    return torch.stack([rows[position] for position in range(len(examples))])


def _gradients(losses_B: torch.Tensor, outputs: Sequence[tuple[GradientEdge | None, torch.Size]]) -> list[torch.Tensor]:
    """Return the gradients of outputs; zeros where the loss does not depend on one, such as scores that only choose."""
    edges = [edge for edge, _ in outputs if edge is not None] if losses_B.requires_grad else []
    found = (
        dict(zip(edges, torch.autograd.grad(losses_B.sum(), edges, allow_unused=True), strict=True)) if edges else {}
    )
    gradients = [None if edge is None else found.get(edge) for edge, _ in outputs]
    return [
        losses_B.new_zeros(shape) if gradient is None else gradient
        for gradient, (_, shape) in zip(gradients, outputs, strict=True)
    ]


def _check_once_a_token(taps: _Taps, names: Sequence[str], size: torch.Size) -> None:
    for name in names:
        if name not in taps.inputs:
            raise ValueError(f"{name} does not run in a pass, so that it cannot be tracked; track others")
        seen = taps.inputs[name].shape
        # Tokens may be flattened, examples first; anything else is another order, or other tokens.
        if [length for length in seen[:-1] if length > 1] not in (
            [length for length in size if length > 1],
            [size.numel()],
        ):
            raise ValueError(
                f"{name} reads inputs of shape {tuple(seen)} where there are {size[0]} texts of {size[1]} tokens: it "
                f"does not read every token once, as an expert does not, so that it cannot be tracked; track others"
            )


def _check_gradients(gradients_BTO: dict[str, torch.Tensor], examples: Sequence[Example]) -> None:
    """Raise a ValueError that names pair and linear if a gradient is not a number; one sync for a finite batch."""
    sums = {name: gradient.sum(dim=(1, 2), dtype=torch.float64) for name, gradient in gradients_BTO.items()}
    if torch.isfinite(torch.stack(list(sums.values())).sum()):
        return
    for name, sum_B in sums.items():
        check_finite(sum_B, examples, f"gradient at {name}")
