"""Train adapters and save them with the optimiser moments after every epoch: the checkpoints of LESS."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import TrainerCallback

from gdig.config import Memory, Training
from gdig.io.files import atomic_folder, write_json
from gdig.lm.memory import explain_oom
from gdig.lm.passes import processes
from gdig.lm.prompt import Example
from gdig.training.adapters import with_adapters
from gdig.training.checkpointing import clear, folder_of, last_checkpoint
from gdig.training.run import RECORD, make_trainer
from gdig.training.schedule import learning_rate

ADAPTER, FIRST_MOMENT, SECOND_MOMENT = "adapter.safetensors", "first_moment.safetensors", "second_moment.safetensors"
_DIVIDED = "ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED"


class KeepAt(TrainerCallback):  # type: ignore[misc]
    """Calls `save` with number, model and optimiser after given steps."""

    def __init__(self, ends: Sequence[int], save: Callable[[int, Any, Any], None]) -> None:
        self.number_of = {step: number for number, step in enumerate(ends, start=1)}
        self.save = save

    def on_step_end(
        self, args: Any, state: Any, control: Any, model: Any = None, optimizer: Any = None, **_: Any
    ) -> None:
        """Save if this step ends an epoch."""
        if number := self.number_of.get(state.global_step):
            self.save(number, model, optimizer)


def ends_of_epochs(num_steps: int, epochs: int) -> list[int]:
    """Return the last step of each epoch, for steps divided evenly."""
    return sorted({max(1, round(num_steps * number / epochs)) for number in range(1, epochs + 1)})


def train_epochs(
    out: Path,
    model: Any,
    examples: Sequence[Example],
    settings: Training,
    memory: Memory,
    seed: int,
    label: str,
    *,
    resume_steps: int | None = None,
) -> None:
    """Train adapters, in all processes, to a folder with one folder per epoch and `record.json`.

    A folder `epoch-<n>` has the adapters and both moments of Adam after the epoch's last step, each a safetensors file
    keyed by the parameter's name in the model. The record has the steps, the mean rate over the steps of each epoch,
    the constants of Adam, and the adapter settings.

    Raises:
        ValueError: the loss is not a number; the batch cannot be divided as requested; memory runs out; the processes
            shard the model and its moments.
    """
    if any(os.environ.get(name) == "true" for name in _DIVIDED):
        raise ValueError(
            f"{label}: FSDP and DeepSpeed divide the moments of Adam between processes, where each is needed whole; "
            f"use one process, or several that hold the whole model (profiles/accelerate/)"
        )
    assert memory.lora is not None
    work = folder_of(out)
    kept = work / "model"
    if processes.rank() == 0:
        kept.mkdir(parents=True, exist_ok=True)
    clear(work)
    # As in train_to: a resumed run and every process need the same random numbers.
    torch.manual_seed(seed)
    model = with_adapters(model, memory.lora)
    trainer = make_trainer(work, model, examples, settings, memory, seed, label, None, resume_steps)
    num_steps = trainer.steps.num_steps
    ends = ends_of_epochs(num_steps, round(settings.epochs))
    trainer.add_callback(KeepAt(ends, lambda number, model, optimizer: _save(kept, number, model, optimizer)))
    checkpoint = last_checkpoint(work)
    with explain_oom(label, trainer.steps.division.per_device, memory):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if processes.rank() == 0:
        group = trainer.optimizer.param_groups[0]
        rates = [learning_rate(step, num_steps, settings) for step in range(num_steps)]
        log = trainer.state.log_history
        record = {
            "betas": list(group["betas"]),
            "epsilon": group["eps"],
            "checkpoints": [
                {"step": end, "mean_rate": sum(rates[start:end]) / (end - start)}
                for start, end in zip([0, *ends], ends, strict=False)
            ],
            "lora": memory.lora.model_dump(),
            "losses": [[entry["step"], entry["loss"], entry["learning_rate"]] for entry in log if "loss" in entry],
            "num_examples": len(examples),
            "num_steps": num_steps,
        }
        write_json(kept / RECORD, record)
        kept.replace(out)
        shutil.rmtree(work)
    processes.wait_for_all()


def _save(kept: Path, number: int, model: Any, optimizer: Any) -> None:
    """Write adapters and moments; every process has all of them, and the first one writes."""
    if processes.rank() == 0:
        found = {
            name: parameter for name, parameter in model.get_base_model().named_parameters() if parameter.requires_grad
        }
        with atomic_folder(kept / f"epoch-{number}") as folder:
            _write(folder / ADAPTER, found)
            for file, moment in ((FIRST_MOMENT, "exp_avg"), (SECOND_MOMENT, "exp_avg_sq")):
                _write(folder / file, {name: optimizer.state[parameter][moment] for name, parameter in found.items()})
    processes.wait_for_all()


def _write(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    # Without metadata, whose key order differs between processes.
    save_file({name: tensor.detach().float().cpu().contiguous() for name, tensor in tensors.items()}, path)
