"""The folder of a run under way: best weights so far, and the checkpoint to resume from."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, TrainerCallback

from gdig.io.files import atomic_folder, read_json
from gdig.lm.passes import processes
from gdig.training.adapters import merged

VALID_LOSS = "valid_loss"


class KeepBest(TrainerCallback):  # type: ignore[misc]
    """Calls `save` after every evaluation that lowers the validation loss: not at a tie, nor where it is no number.

    What is best so far stands in the Trainer's state, and so in its checkpoints.
    """

    def __init__(self, save: Callable[[int], None]) -> None:
        self.save = save

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float], **_: Any) -> None:
        """Compare with the best."""
        least = math.inf if state.best_metric is None else state.best_metric
        if metrics[VALID_LOSS] < least:
            state.best_metric, state.best_global_step = metrics[VALID_LOSS], state.global_step
            self.save(state.global_step)


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
        state = {name: _cast(part, dtype) for name, part in state.items() if name not in model.all_tied_weights_keys}
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
    return GenerationConfig(**{name: getattr(generation, name) for name in _SPECIAL})


def _cast(tensor: torch.Tensor, dtype: str) -> torch.Tensor:
    return tensor.to(getattr(torch, dtype)) if tensor.is_floating_point() else tensor


def folder_of(out: Path) -> Path:
    """Return the folder of a run that will end in `out`."""
    return out.with_name(f".{out.name}.unfinished")


def best_of(work: Path, step: int) -> Path:
    """Return the folder of the weights of a step."""
    return work / f"best-{step}"


def last_checkpoint(work: Path) -> Path | None:
    """Return the checkpoint to resume from, if there is one: whole, since each is put there by one rename."""
    return max(work.glob("checkpoint-*"), key=lambda path: int(path.name.partition("-")[2]), default=None)


def clear(work: Path, current: int | None = None) -> None:
    """Remove what was half-written, and all weights but those of `current` and of the checkpoint's best step.

    A run that is resumed has its best step again as its checkpoint has it, and may then not repeat a better one.
    """
    if processes.rank() == 0:
        checkpoint = last_checkpoint(work)
        resumed = read_json(checkpoint / "trainer_state.json")["best_global_step"] if checkpoint else None
        kept = {best_of(work, step) for step in (current, resumed) if step is not None}
        for path in [*work.glob("best-*"), *work.glob(".best-*.part"), work / "writing"]:
            if path not in kept:
                shutil.rmtree(path, ignore_errors=True)
    processes.wait_for_all()
