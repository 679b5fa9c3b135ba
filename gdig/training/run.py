"""Training runs: a model in place, or from a model to a folder of weights that is resumed after a kill."""

import math
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers.integrations import unset_hf_deepspeed_config

from gdig.config import Memory, Training
from gdig.io.files import write_json, write_text
from gdig.lm.memory import enough_memory, explain_oom
from gdig.lm.passes import processes
from gdig.lm.prompt import Example
from gdig.run import costs
from gdig.training.adapters import with_adapters
from gdig.training.checkpointing import VALID_LOSS, KeepBest, best_of, clear, folder_of, last_checkpoint, save_weights
from gdig.training.need import free_bytes, memory_needed, report_need
from gdig.training.schedule import divide, learning_rate, num_steps
from gdig.training.trainer import OPTIMIZER, Evaluation, ResponseTrainer, Steps, arguments

CURVE_COLUMNS = "seed", "step", "train_loss", "valid_loss", "learning_rate"


@dataclass(frozen=True, kw_only=True)
class TrainRecord:
    """A run in numbers; no timings, so that equal runs have equal records."""

    num_examples: int
    num_steps: int
    sum_of_rates: float
    """Sum of the learning rate over steps: eta T of Lemma 1 for a rate that changes."""
    losses: list[list[float]]
    """[step, mean training loss in nats a token over the steps since the last entry, learning rate]."""
    valid_losses: list[list[float | None]]
    """[step, validation loss in nats a token; null where it was no number]."""
    best_step: int
    """The step whose weights were kept: the one of least validation loss, or the last."""
    best_losses: dict[str, float | None]
    """Losses of those weights on held-out sets; null where it was no number."""
    optimizer: str
    schedule: str
    dtype: str
    world_size: int
    per_device_batch_size: int
    accumulation: int

    def as_json(self) -> dict[str, Any]:
        """Return the record for JSON."""
        return asdict(self)


def write_curves(path: Path, records: Mapping[int, Mapping[str, Any]]) -> None:
    """Write loss curves as CSV, a row a seed and logged step; `valid_loss` is empty where it was not measured.

    Args:
        path: the file.
        records: the JSON of each seed's record.
    """
    rows: list[Sequence[Any]] = [CURVE_COLUMNS]
    for seed, record in records.items():
        valid = dict(record["valid_losses"])
        for step, loss, rate in record["losses"]:
            measured = valid.get(step)
            rows.append([seed, step, f"{loss:.4f}", "" if measured is None else f"{measured:.4f}", f"{rate:.6g}"])
    write_text(path, "".join(",".join(map(str, row)) + "\n" for row in rows))


RECORD = "record.json"

PLAIN = Memory(dtype="float32", per_device_batch_size=None, gradient_checkpointing=False, lora=None)
"""A model that fits as it is."""


def train(model: Any, examples: Sequence[Example], settings: Training, seed: int, label: str) -> TrainRecord:
    """Train `model` in place, in one process and float32; equal seeds see equal batches in equal order.

    The loss of a step is the mean over the response tokens of its batch.

    Args:
        model: on the device.
        examples: to train on.
        settings: of the run.
        seed: of batches.
        label: name of the section of the params, for messages.

    Raises:
        ValueError: the loss is no longer a number, names step and batch; or memory is short.
    """
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(Path(folder), model, examples, settings, PLAIN, seed, label)
        with costs.working() as count, enough_memory(f"{label}.training.batch_size", settings.batch_size):
            trainer.train()
            count(trainer.steps.num_taken)
    trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    model.eval()
    return _record(trainer, PLAIN)


def train_to(
    out: Path,
    model: Any,
    tokenizer: Any,
    examples: Sequence[Example],
    settings: Training,
    memory: Memory,
    seed: int,
    label: str,
    *,
    evaluation: Evaluation | None = None,
    resume_steps: int | None = None,
) -> None:
    """Train, in all processes there are, to a folder of weights, tokenizer and `record.json`.

    Kept are the weights of least validation loss, or without evaluation the last. Until the folder is whole, best
    weights so far and the checkpoint to resume from stand in a hidden one beside it.

    Raises:
        ValueError: the loss is no longer a number, in training or at every evaluation; the batch cannot be divided as
            asked; memory is short.
    """
    work = folder_of(out)
    if processes.rank() == 0:
        work.mkdir(parents=True, exist_ok=True)
    clear(work)
    if memory.lora:
        # The Trainer seeds later than adapters are drawn; a resumed run, and every process, must draw the same.
        torch.manual_seed(seed)
        model = with_adapters(model, memory.lora)
    trainer = make_trainer(work, model, examples, settings, memory, seed, label, evaluation, resume_steps)

    def keep(step: int) -> None:
        save_weights(best_of(work, step), trainer.accelerator, trainer.model_wrapped, tokenizer, memory.dtype)
        if evaluation:
            trainer.log({name: trainer.loss_on(part) for name, part in evaluation.others.items()})
        clear(work, step)

    if evaluation:
        trainer.add_callback(KeepBest(keep))
    checkpoint = last_checkpoint(work)
    if processes.count() == 1:
        per_device = trainer.steps.division.per_device
        needed = memory_needed(model, examples, memory, per_device, packed=trainer.packed)
        report_need(label, needed, memory, per_device, free_bytes(trainer.args.device))
    with costs.working() as count, explain_oom(label, trainer.steps.division.per_device, memory):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        count(trainer.steps.num_taken)
    if not evaluation:
        keep(trainer.state.max_steps)
    elif trainer.state.best_global_step is None:
        raise ValueError(f"{label}: the validation loss was no number at any evaluation; lower learning_rate")
    record = _record(trainer, memory)
    # DeepSpeed's configuration would outlive the run, and the model of the next seed be divided while it is loaded.
    unset_hf_deepspeed_config()
    if processes.rank() == 0:
        best = best_of(work, record.best_step)
        write_json(best / RECORD, record.as_json())
        best.replace(out)
        shutil.rmtree(work)
    processes.wait_for_all()


def make_trainer(
    folder: Path,
    model: Any,
    examples: Sequence[Example],
    settings: Training,
    memory: Memory,
    seed: int,
    label: str,
    evaluation: Evaluation | None = None,
    resume_steps: int | None = None,
) -> ResponseTrainer:
    """Return the Trainer of a run; `folder` is where it may write.

    Raises:
        ValueError: the batch cannot be divided as asked.
    """
    division = divide(settings.batch_size, memory.per_device_batch_size, processes.count())
    steps = Steps(examples, seed, num_steps(len(examples), settings), division, processes.rank(), label)
    made = arguments(folder, settings, memory, steps, seed)
    return ResponseTrainer(model, made, steps, settings, evaluation, resume_steps)


def _record(trainer: ResponseTrainer, memory: Memory) -> TrainRecord:
    state, steps, settings = trainer.state, trainer.steps, trainer.settings
    log = state.log_history
    best_step = state.best_global_step or state.max_steps
    names = {VALID_LOSS, *(trainer.evaluation.others if trainer.evaluation else ())}
    at_best = [entry for entry in log if entry["step"] == best_step]
    return TrainRecord(
        num_examples=len(steps.examples),
        num_steps=steps.num_steps,
        sum_of_rates=sum(learning_rate(step, steps.num_steps, settings) for step in range(steps.num_steps)),
        losses=[[entry["step"], entry["loss"], entry["learning_rate"]] for entry in log if "loss" in entry],
        valid_losses=[[entry["step"], _finite(entry[VALID_LOSS])] for entry in log if VALID_LOSS in entry],
        best_step=best_step,
        best_losses={name: _finite(entry[name]) for entry in at_best for name in sorted(names & entry.keys())},
        optimizer=OPTIMIZER,
        schedule=settings.schedule,
        dtype=memory.dtype,
        world_size=steps.division.num_processes,
        per_device_batch_size=steps.division.per_device,
        accumulation=steps.division.accumulation,
    )


def _finite(loss: float) -> float | None:
    return loss if math.isfinite(loss) else None
