"""transformers' Trainer with our steps, losses, evaluations and checkpoints.

Shapes: B examples, T tokens, R response tokens of a part, D hidden, V vocabulary.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import AutocastKwargs
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from gdig.config import Memory, Training
from gdig.lm.batches import by_length, epochs, pad
from gdig.lm.head import losses_at
from gdig.lm.load import require_bfloat16
from gdig.lm.memory import enough_memory
from gdig.lm.packing import pack, packed_inputs
from gdig.lm.passes import processes
from gdig.lm.prompt import Example
from gdig.run.progress import track
from gdig.training.checkpointing import VALID_LOSS
from gdig.training.schedule import Division, rate_share

Inputs = dict[str, Any]


def inputs_of(examples: Sequence[Example]) -> Inputs:
    """Return a padded part, with what is to be predicted in it, made on the CPU so that no GPU has to wait.

    Returns:
        tokens_BT, mask_BT; rows_R, positions_R: where logits predict a response token; targets_R: those tokens; ids.
    """
    batch = pad(examples)
    rows_R, positions_R = batch.response_BT.nonzero(as_tuple=True)
    return {
        "tokens_BT": batch.tokens_BT,
        "mask_BT": batch.mask_BT,
        "rows_R": rows_R,
        "positions_R": positions_R - 1,
        "targets_R": batch.tokens_BT[rows_R, positions_R],
        "ids": [example.id for example in examples],
    }


class Steps:
    """What a process runs, step after step: a dataloader to the Trainer.

    Batches and their order depend on the seed alone, not on how they are divided. A process without examples left of a
    short batch runs two tokens of which none is a response, since all must run equally often.
    """

    def __init__(
        self, examples: Sequence[Example], seed: int, num_steps: int, division: Division, rank: int, label: str
    ) -> None:
        self.examples = examples
        self.seed = seed
        self.num_steps = num_steps
        self.division = division
        self.rank = rank
        self.label = label
        self.start: Callable[[], int] = lambda: 0
        """Steps that were done before: asked when the first step is about to be taken."""
        self.num_taken = 0
        """Examples of the steps that were taken since, over all processes."""

    def __len__(self) -> int:
        return self.num_steps * self.division.accumulation

    def __iter__(self) -> Iterator[Inputs]:
        size, start = self.division, self.start()
        batch_size = size.num_processes * size.per_device * size.accumulation
        batches = epochs(len(self.examples), batch_size, torch.Generator().manual_seed(self.seed))
        for _ in range(start):
            next(batches)
        steps = range(start, self.num_steps)
        for _ in track(steps, total=len(steps), label=self.label, unit="steps"):
            batch = [self.examples[position] for position in next(batches)]
            self.num_taken += len(batch)
            yield from self._parts(batch)

    def _parts(self, batch: Sequence[Example]) -> Iterator[Inputs]:
        size = self.division
        num_tokens = sum(example.num_response_tokens for example in batch)
        nothing = Example(batch[0].id, batch[0].tokens[:2], 2)
        for turn in range(size.accumulation):
            begin = (turn * size.num_processes + self.rank) * size.per_device
            yield inputs_of(batch[begin : begin + size.per_device] or [nothing]) | {"num_tokens": num_tokens}


def response_losses(call: Any, model: Any, inputs: Inputs, *, packed: bool = False) -> torch.Tensor:
    """Return the negative log-likelihood of every response token of a part, losses_R, float32 or better.

    Nothing is masked: no token sees what follows it, so that padding on the right changes nothing, and attention that
    is causal alone is fastest.

    Args:
        call: the model, wrapped or not.
        model: the model itself.
        inputs: see `inputs_of`.
        packed: whether the model is one that `gdig.lm.packing.pack` has set.
    """
    tokens_BT = inputs["tokens_BT"]
    if packed:
        row, starts_B = packed_inputs(tokens_BT, inputs["mask_BT"])
        places_R = starts_B[inputs["rows_R"]] + inputs["positions_R"]
        return losses_at(call, model, torch.zeros_like(places_R), places_R, inputs["targets_R"], **row, use_cache=False)
    # Without any mask transformers looks for several texts in a row, and builds one that takes as long as the model.
    mask_BT = torch.ones_like(tokens_BT)
    at = inputs["rows_R"], inputs["positions_R"], inputs["targets_R"]
    return losses_at(call, model, *at, input_ids=tokens_BT, attention_mask=mask_BT, use_cache=False)


@torch.no_grad()
def held_out_loss(
    call: Any,
    model: Any,
    examples: Sequence[Example],
    max_tokens: int,
    device: torch.device,
    *,
    packed: bool = False,
) -> float:
    """Return the mean loss over all response tokens of a set, however it is batched and divided over processes.

    Args:
        call: the model, wrapped or not.
        model: the model itself.
        examples: the set.
        max_tokens: of a padded batch.
        device: to compute on.
        packed: as in `response_losses`.

    Raises:
        ValueError: memory does not suffice.
    """
    call.eval()
    total = torch.zeros((), dtype=torch.float64)
    for group, own in processes.share(by_length(examples, max_tokens)):
        inputs = inputs_of([examples[position] for position in group])
        inputs = {key: value.to(device) if torch.is_tensor(value) else value for key, value in inputs.items()}
        with enough_memory("max_tokens", max_tokens):
            losses_R = response_losses(call, model, inputs, packed=packed)
        if own:
            total += losses_R.double().sum().cpu()
    total = total.to(device)
    processes.sum_over_all([total])
    call.train()
    return float(total) / sum(example.num_response_tokens for example in examples)


OPTIMIZER = "adamw_torch_fused"
MAX_GRADIENT_NORM = 1.0
NUM_LOGGED_LOSSES = 50


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Held-out sets on which checkpoints are compared."""

    every: int
    """Steps; and once more after the last."""
    max_tokens: int
    valid: Sequence[Example]
    """What decides."""
    others: Mapping[str, Sequence[Example]]
    """What is measured of the best only, by name."""


class Rhythm(TrainerCallback):  # type: ignore[misc]
    """Says after which steps losses are logged, checkpoints compared, and what is needed to resume written."""

    def __init__(self, evaluate_every: int | None, resume_every: int | None) -> None:
        self.evaluate_every = evaluate_every
        self.resume_every = resume_every

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Set the Trainer's flags."""
        step, total = state.global_step, state.max_steps
        last = step == total
        control.should_evaluate = bool(self.evaluate_every) and (last or step % self.evaluate_every == 0)
        control.should_save = bool(self.resume_every) and step % self.resume_every == 0 and not last
        # A resumed run begins a mean of losses anew, so that one must end at each of its checkpoints.
        control.should_log = (
            control.should_evaluate
            or control.should_save
            or step * NUM_LOGGED_LOSSES // total > (step - 1) * NUM_LOGGED_LOSSES // total
        )


class Arguments(TrainingArguments):  # type: ignore[misc]
    """What the Trainer must know, on one device a process."""

    @property
    def n_gpu(self) -> int:
        """One at most: with several GPUs and one process the Trainer would copy the model to all of them."""
        return min(int(super().n_gpu), 1)

    @property
    def device(self) -> torch.device:
        """That of the process; among several Accelerate calls the CPU "cpu:0", onto which torch reads no checkpoint."""
        found: torch.device = super().device
        return torch.device("cpu") if found.type == "cpu" else found


def arguments(folder: Path, settings: Training, memory: Memory, steps: Steps, seed: int) -> TrainingArguments:
    """Return what the Trainer must know; everything that writes, prints or reports of itself is off.

    Raises:
        ValueError: the device has no bfloat16.
    """
    half = memory.dtype == "bfloat16"
    if half and torch.cuda.is_available():
        require_bfloat16("memory.dtype")
    # Else an Accelerate configuration could change what DVC would not know of. Accelerate itself divides losses by the
    # number of parts, which ours are already; DeepSpeed only wants to know it.
    parts = steps.division.accumulation if os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true" else 1
    os.environ["ACCELERATE_MIXED_PRECISION"] = "bf16" if half else "no"
    os.environ["ACCELERATE_GRADIENT_ACCUMULATION_STEPS"] = str(parts)
    os.environ["ACCELERATE_GRADIENT_CLIPPING"] = str(MAX_GRADIENT_NORM)
    return Arguments(
        output_dir=str(folder),
        max_steps=steps.num_steps,
        per_device_train_batch_size=steps.division.per_device,
        gradient_accumulation_steps=steps.division.accumulation,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        max_grad_norm=MAX_GRADIENT_NORM,
        optim=OPTIMIZER,
        bf16=half,
        activation_checkpointing=memory.gradient_checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False},
        seed=seed,
        use_cpu=not torch.cuda.is_available(),
        # Ours: see Rhythm and KeepBest.
        eval_strategy="no",
        save_strategy="no",
        logging_strategy="no",
        # Steps begins where the checkpoint ends.
        ignore_data_skip=True,
        logging_nan_inf_filter=False,
        report_to=[],
        disable_tqdm=True,
        skip_memory_metrics=True,
    )


class ResponseTrainer(Trainer):  # type: ignore[misc]
    """Trains on response tokens: each counts equally within a step, however the step is divided."""

    control: Any
    lr_scheduler: Any

    def __init__(
        self,
        model: Any,
        args: TrainingArguments,
        steps: Steps,
        settings: Training,
        evaluation: Evaluation | None,
        resume_every: int | None,
    ) -> None:
        every = evaluation.every if evaluation else None
        super().__init__(model=model, args=args, callbacks=[Rhythm(every, resume_every)])
        self.remove_callback(PrinterCallback)
        self.steps = steps
        steps.start = lambda: self.state.global_step
        self.settings = settings
        self.evaluation = evaluation
        self.bare = model.get_base_model() if hasattr(model, "peft_config") else model
        # In float32 results keep their bytes; on GPUs and among processes nothing of it was measured.
        self.packed = args.bf16 and args.device.type == "cpu" and processes.count() == 1 and self._pack()
        # The loss of a part is its share of the step's: it is not to be divided by the number of parts.
        self.model_accepts_loss_kwargs = True
        # A weight is cast once a pass, so that keeping the copies of all of them would only take memory.
        self.accelerator.autocast_handler = AutocastKwargs(cache_enabled=False)
        if self.accelerator.is_fsdp2:
            # Else every device would keep whole gradients from the first part of a step to the last.
            self.accelerator.no_sync = lambda model: nullcontext()

    def _pack(self) -> bool:
        held_out = [self.evaluation.valid, *self.evaluation.others.values()] if self.evaluation else []
        return pack(
            self.bare, max(len(example.tokens) for part in (self.steps.examples, *held_out) for example in part)
        )

    def _wrap_model(self, *args: Any, **kwargs: Any) -> Any:
        wrapped = super()._wrap_model(*args, **kwargs)
        if self.accelerator.ddp_handler is not None:
            # Else DDP's buckets hold every gradient a second time.
            self.accelerator.ddp_handler.gradient_as_bucket_view = True
        return wrapped

    def get_train_dataloader(self) -> Any:
        """Return the steps."""
        return self.steps

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> tuple[list[Inputs], int]:
        """Return the parts of a step, and the response tokens in all parts of all processes."""
        parts = [next(epoch_iterator) for _ in range(num_batches)]
        return parts, parts[0]["num_tokens"]

    def compute_loss(
        self, model: Any, inputs: Inputs, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """Return a part's share of the step's mean loss a token.

        Raises:
            ValueError: it is no number; names step and pairs.
        """
        loss: torch.Tensor = response_losses(model, self.bare, inputs, packed=self.packed).sum() / num_items_in_batch
        if not torch.isfinite(loss):
            raise ValueError(
                f"{self.steps.label}: the loss is {loss.item()} at step {self.state.global_step} on pairs "
                f"{', '.join(inputs['ids'])}; lower learning_rate"
            )
        # Gradients are averaged over processes, where a sum is wanted.
        return loss * processes.count()

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """Make the schedule of the params."""
        if self.lr_scheduler is None:
            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(
                optimizer or self.optimizer, lambda step: rate_share(step, num_training_steps, self.settings)
            )
        return self.lr_scheduler

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Measure the validation loss, and let KeepBest see it."""
        assert self.evaluation is not None
        metrics = {VALID_LOSS: self.loss_on(self.evaluation.valid)}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def loss_on(self, examples: Sequence[Example]) -> float:
        """Return the mean loss over the response tokens of a held-out set."""
        assert self.evaluation is not None
        return held_out_loss(
            self.model_wrapped,
            self.bare,
            examples,
            self.evaluation.max_tokens,
            self.args.device,
            packed=self.packed,
        )

    def floating_point_ops(self, inputs: Inputs) -> int:
        """Return 0: nobody asks, and counting took time at every step."""
        return 0

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Write what is needed to resume; it appears whole, and only then the one before it goes."""
        folder = Path(self.args.output_dir)
        name = f"checkpoint-{self.state.global_step}"
        self.args.output_dir = str(folder / "writing")
        super()._save_checkpoint(model, trial)
        self.args.output_dir = str(folder)
        processes.wait_for_all()
        if processes.rank() == 0:
            older = list(folder.glob("checkpoint-*"))
            (folder / "writing" / name).replace(folder / name)
            for path in older:
                shutil.rmtree(path)
        processes.wait_for_all()
