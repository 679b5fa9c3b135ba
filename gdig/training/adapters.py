"""Low-rank adapters (LoRA, Hu et al. 2021), merged into plain weights before anything is saved."""

from typing import Any

import torch

from gdig.config import Lora
from gdig.lm.layers import LINEAR

_A, _B, _BASE = ".lora_A.default.weight", ".lora_B.default.weight", ".base_layer."
_PREFIX = "base_model.model."


def with_adapters(model: Any, lora: Lora) -> Any:
    """Return the model with adapters to train and all else frozen.

    Raises:
        ValueError: no linear has one of the target names.
    """
    from peft import LoraConfig, TaskType, get_peft_model

    names = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    if unknown := [target for target in lora.targets if target not in names]:
        linears = sorted({name.rpartition(".")[2] for name, module in model.named_modules() if _is_linear(module)})
        raise ValueError(
            f"memory.lora.targets: {unknown[0]!r} is no linear of the model, which has {', '.join(linears)}"
        )
    return get_peft_model(
        model,
        LoraConfig(
            r=lora.rank,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            target_modules=lora.targets,
            task_type=TaskType.CAUSAL_LM,
        ),
    )


def merged(state: dict[str, torch.Tensor], model: Any) -> dict[str, torch.Tensor]:
    """Return whole weights under their plain names, W + alpha / r B A, from the gathered state of an adapted model.

    Merging in place and undoing it again would round the weights that are still being trained.
    """
    plain = {}
    for name, weight in state.items():
        if ".lora_" in name:
            continue
        linear, found, kind = name.rpartition(_BASE)
        if found and kind == "weight":
            module = model.get_submodule(linear)
            delta = (state[linear + _B].float() @ state[linear + _A].float()) * module.scaling["default"]
            weight = (weight.float() + (delta.T if module.fan_in_fan_out else delta)).to(weight.dtype)
        plain[name.removeprefix(_PREFIX).replace(_BASE, ".")] = weight
    return plain


def _is_linear(module: Any) -> bool:
    return isinstance(module, LINEAR)
