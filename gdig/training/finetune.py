"""The base model finetuned by one recipe: for a stage that makes one run, and for one that makes many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gdig.config import Memory, Prompt, Training
from gdig.io.records import Pair, read_pairs
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.prompt import Example, encode_instructions
from gdig.training.run import train_to
from gdig.training.run_dir import single_run
from gdig.training.trainer import Evaluation


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Files of pairs on which checkpoints are compared."""

    every: int
    """Steps between two measurements."""
    max_tokens: int
    """Tokens per padded batch."""
    valid: Path
    """Pairs whose loss decides which checkpoint is kept."""
    others: Mapping[str, Path] = field(default_factory=dict)
    """Pairs whose loss is recorded for the kept checkpoint, by the name of the loss."""


class BaseFinetuning:
    """Finetunes the base model by one recipe."""

    def __init__(
        self,
        *,
        base: Path,
        prompt: Prompt,
        training: Training,
        memory: Memory,
        resume_steps: int | None,
        held_out: HeldOut | None = None,
    ) -> None:
        """Load the tokenizer and the held-out pairs; the model is loaded for each run.

        Args:
            base: model folder.
            prompt: how a source is shown to the model.
            training: of each run.
            memory: of each run.
            resume_steps: of the params.
            held_out: on which the best checkpoint is chosen; without it the last one is kept.
        """
        self.tokenizer = load_tokenizer(base)
        self.inputs = prompt, training, memory, held_out
        """Values that every run depends on."""
        self.files = [base]
        """Files and folders that every run depends on."""
        self._base, self._prompt, self._training, self._memory = base, prompt, training, memory
        self._resume_steps = resume_steps
        self._evaluation = None
        if held_out:
            self.files += [held_out.valid, *held_out.others.values()]
            self._evaluation = Evaluation(
                every=held_out.every,
                max_tokens=held_out.max_tokens,
                valid=self.encode(read_pairs(held_out.valid)),
                others={name: self.encode(read_pairs(path)) for name, path in held_out.others.items()},
            )

    def encode(self, pairs: Sequence[Pair]) -> list[Example]:
        """Return pairs as the model is trained on them."""
        return encode_instructions(pairs, self.tokenizer, self._prompt)

    def train(self, out: Path, examples: Sequence[Example], seed: int, label: str) -> None:
        """Make the folder `out` of weights, tokenizer and record, unless it is there.

        Args:
            out: folder within a run directory, see `gdig.training.run_dir`.
            examples: to train on.
            seed: of batches.
            label: for progress and messages.

        Raises:
            ValueError: as `train_to`.
        """
        if out.is_dir():
            return
        train_to(
            out,
            load_model(self._base, onto="cpu"),
            self.tokenizer,
            examples,
            self._training,
            self._memory,
            seed,
            label,
            evaluation=self._evaluation,
            resume_steps=self._resume_steps,
        )

    def single_run(
        self, out: Path, pairs: Sequence[Pair], seed: int, label: str, *, values: object, files: Sequence[Path]
    ) -> None:
        """Make one run the output of a stage.

        Args:
            out: output of the stage.
            pairs: to train on.
            seed: of batches.
            label: for progress and messages.
            values: values that the choice of pairs depends on.
            files: files and folders that it depends on.

        Raises:
            ValueError: as `train_to`, or another process makes the run.
        """
        examples = self.encode(pairs)
        single_run(
            out,
            self._resume_steps,
            (self.inputs, seed, values),
            [*self.files, *files],
            lambda made: self.train(made, examples, seed, label),
        )
