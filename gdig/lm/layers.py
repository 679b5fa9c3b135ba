"""Which linears are tracked: MLP linears of every n-th decoder block, by exact module name."""

from collections.abc import Sequence
from typing import Any

from torch import nn
from transformers.pytorch_utils import Conv1D

LINEAR = nn.Linear, Conv1D
"""Modules that multiply their input by one weight. GPT-2's Conv1D stores it transposed, which does not affect taps."""


def decoder_blocks(model: Any) -> tuple[str, nn.ModuleList]:
    """Return name and list of the decoder blocks: the decoder's module list of as many modules as it has layers.

    A multimodal model has blocks of towers too, and a block may have a list of experts that is longer than that of
    blocks. Of several lists it is the outermost, and there the one with the most parameters.

    Raises:
        ValueError: the model has no module list.
    """
    lists = [item for item in model.named_modules() if isinstance(item[1], nn.ModuleList) and len(item[1])]
    # Some call their head so.
    decoder = set(model.get_decoder().modules())
    lists = [item for item in lists if item[1] in decoder] or lists
    if not lists:
        raise ValueError(f"{type(model).__name__} has no list of decoder blocks, so no layer can be tracked")
    number = getattr(model.config.get_text_config(decoder=True), "num_hidden_layers", None)
    lists = [item for item in lists if len(item[1]) == number] or lists

    def rank(item: tuple[str, nn.ModuleList]) -> tuple[int, int]:
        return -item[0].count("."), sum(parameter.numel() for parameter in item[1].parameters())

    blocks: tuple[str, nn.ModuleList] = max(lists, key=rank)
    return blocks


def tracked_linears(model: Any, layer_step: int, linears: list[str]) -> list[str]:
    """Return the full names of the tracked linears, lowest block first.

    Blocks count from 1 and every `layer_step`-th is tracked: {3, 6, ..., 30} of 32 for a step of 3 (Pan et al.
    2024, section 4.1). `linears` are paths inside a block, such as `mlp.down_proj`. Where blocks are of several kinds
    (dense and mixture of experts, attention and recurrent), those that a block has are tracked in it.

    Raises:
        ValueError: a path is in no tracked block, or a tracked block has none of the paths; lists the linears of that
            block. A linear shares its weight with another module, so that its gradient is only a part.
    """
    prefix, blocks = decoder_blocks(model)
    numbers = range(layer_step, len(blocks) + 1, layer_step)
    if not numbers:
        raise ValueError(
            f"curvature.layer_step = {layer_step}, but the model has {len(blocks)} blocks, so no layer is tracked; "
            f"lower it"
        )
    found = {number - 1: [path for path in linears if _has_linear(blocks[number - 1], path)] for number in numbers}
    for path in linears:
        if not any(path in paths for paths in found.values()):
            raise _no_linear(f"{prefix}.{layer_step - 1}", path, blocks[layer_step - 1])
    for index, paths in found.items():
        if not paths:
            raise _no_linear(f"{prefix}.{index}", linears[0], blocks[index])
    names = [f"{prefix}.{index}.{path}" for index, paths in found.items() for path in paths]
    require_own_weights(model, names)
    return names


def final_linear(model: Any, linear: str) -> str:
    """Return the full name of a linear of the last block.

    Raises:
        ValueError: no linear has that name, or it shares its weight; lists the linears of a block.
    """
    prefix, blocks = decoder_blocks(model)
    last = f"{prefix}.{len(blocks) - 1}"
    if not _has_linear(blocks[-1], linear):
        raise _no_linear(last, linear, blocks[-1])
    require_own_weights(model, [f"{last}.{linear}"])
    return f"{last}.{linear}"


def linear_shape(model: Any, name: str) -> tuple[int, int]:
    """Return (outputs, inputs) of a linear."""
    module = model.get_submodule(name)
    outputs, inputs = module.weight.shape[::-1] if isinstance(module, Conv1D) else module.weight.shape
    return int(outputs), int(inputs)


def _has_linear(block: nn.Module, path: str) -> bool:
    return isinstance(dict(block.named_modules()).get(path), LINEAR)


def _no_linear(block_name: str, path: str, block: nn.Module) -> ValueError:
    known = [inner for inner, module in block.named_modules() if isinstance(module, LINEAR)]
    fused = [inner for inner, parameter in block.named_parameters() if parameter.dim() == 3 and "expert" in inner]
    experts = f"; {' and '.join(fused)} hold all experts in one parameter, which is not tracked" if fused else ""
    return ValueError(
        f"no linear is named {block_name}.{path}; the linears of a block are {', '.join(known) or 'none'}{experts}"
    )


def require_own_weights(model: Any, names: Sequence[str]) -> None:
    """Hold that no other module shares the weights of the named linears.

    Raises:
        ValueError: one does; names both.
    """
    owners: dict[int, list[str]] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        owners.setdefault(id(parameter), []).append(name.rpartition(".")[0])
    for name in names:
        others = [other for other in owners[id(model.get_submodule(name).weight)] if other != name]
        if others:
            raise ValueError(
                f"{name} shares its weight with {others[0]}, so that its gradient is only a part of the weight's; "
                f"track other linears"
            )
