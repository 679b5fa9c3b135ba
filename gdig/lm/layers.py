"""Which linears are tracked: MLP linears of every n-th decoder block, by exact module name."""

from typing import Any

from torch import nn
from transformers.pytorch_utils import Conv1D

LINEAR = nn.Linear, Conv1D
"""Modules that multiply their input by one weight. GPT-2's Conv1D stores it transposed, which does not affect taps."""


def decoder_blocks(model: Any) -> tuple[str, nn.ModuleList]:
    """Return name and list of the decoder blocks: the longest module list of the model.

    Raises:
        ValueError: the model has no module list.
    """
    lists = [(name, module) for name, module in model.named_modules() if isinstance(module, nn.ModuleList)]
    if not lists:
        raise ValueError(f"{type(model).__name__} has no list of decoder blocks, so no layer can be tracked")
    return max(lists, key=lambda item: len(item[1]))


def tracked_linears(model: Any, layer_step: int, linears: list[str]) -> list[str]:
    """Return the full names of the tracked linears, lowest block first.

    Blocks count from 1 and every `layer_step`-th is tracked: {3, 6, ..., 30} of 32 for a step of 3 (Pan et al.
    2024, section 4.1). `linears` are paths inside a block, such as `mlp.down_proj`.

    Raises:
        ValueError: the rule matches nothing; lists the linears of a block.
    """
    prefix, blocks = decoder_blocks(model)
    numbers = range(layer_step, len(blocks) + 1, layer_step)
    if not numbers:
        raise ValueError(
            f"curvature.layer_step = {layer_step}, but the model has {len(blocks)} blocks, so no layer is tracked; "
            f"lower it"
        )
    names = [f"{prefix}.{number - 1}.{linear}" for number in numbers for linear in linears]
    for name in names:
        _require_linear(model, name, blocks[0])
    return names


def final_linear(model: Any, linear: str) -> str:
    """Return the full name of a linear of the last block.

    Raises:
        ValueError: no linear has that name; lists the linears of a block.
    """
    prefix, blocks = decoder_blocks(model)
    name = f"{prefix}.{len(blocks) - 1}.{linear}"
    _require_linear(model, name, blocks[-1])
    return name


def linear_shape(model: Any, name: str) -> tuple[int, int]:
    """Return (outputs, inputs) of a linear."""
    module = model.get_submodule(name)
    outputs, inputs = module.weight.shape[::-1] if isinstance(module, Conv1D) else module.weight.shape
    return int(outputs), int(inputs)


def _require_linear(model: Any, name: str, block: nn.Module) -> None:
    modules = dict(model.named_modules())
    if not isinstance(modules.get(name), LINEAR):
        known = [inner for inner, module in block.named_modules() if isinstance(module, LINEAR)]
        raise ValueError(f"no linear is named {name}; the linears of a block are {', '.join(known)}")
