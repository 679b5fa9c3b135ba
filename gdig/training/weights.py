"""Weights from whichever processes hold them to a plain model folder."""

from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig

from gdig import processes
from gdig.files import atomic_folder
from gdig.training.adapters import merged

_SPECIAL = "bos_token_id", "eos_token_id", "pad_token_id"


def save_weights(folder: Path, accelerator: Any, wrapped: Any, tokenizer: Any, dtype: str) -> None:
    """Gather the weights in `dtype` on the first process and save them whole, with tokenizer; all processes call it.

    Args:
        folder: appears when everything is in it.
        accelerator: that of the Trainer.
        wrapped: the model as it is trained, inside DDP, FSDP, DeepSpeed or adapters.
        tokenizer: as loaded.
        dtype: `float32` or `bfloat16`.
    """
    state = accelerator.get_state_dict(wrapped)
    if processes.rank() == 0:
        model = accelerator.unwrap_model(wrapped, keep_torch_compile=False)
        if hasattr(model, "peft_config"):
            state = merged(state, model)
            model = model.get_base_model()
        tied = (model._tied_weights_keys or ()) if model.config.tie_word_embeddings else ()
        state = {name: _cast(tensor, dtype) for name, tensor in state.items() if name not in tied}
        model.generation_config = _plain(model.generation_config)
        with atomic_folder(folder) as out:
            model.save_pretrained(out, state_dict=state, safe_serialization=True)
            # What save_pretrained wrote is the precision of training.
            model.config.dtype = getattr(torch, dtype)
            model.config.save_pretrained(out)
            tokenizer.save_pretrained(out)
    processes.wait_for_all()


def _plain(generation: GenerationConfig) -> GenerationConfig:
    """Return the special tokens alone: translation uses nothing else, and older bases say what cannot be saved."""
    plain = GenerationConfig(**{name: getattr(generation, name) for name in _SPECIAL})
    plain._from_model_config = generation._from_model_config
    return plain


def _cast(tensor: torch.Tensor, dtype: str) -> torch.Tensor:
    return tensor.to(getattr(torch, dtype)) if tensor.is_floating_point() else tensor
