"""What training under the Trainer costs over a bare PyTorch loop: `python -m benchmarks.finetune`.

Both see the same batches and run the same forward pass, AdamW, clipping and schedule, in turns in one process on one
thread. Times are of steps, by the process's CPU; what is done before the first step is left out.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM, TrainerCallback

from gdig.config import Training
from gdig.lm.batches import epochs
from gdig.lm.prompt import Example
from gdig.run.command import command
from gdig.run.stage import limit_threads
from gdig.training.run import PLAIN, make_trainer
from gdig.training.schedule import learning_rate
from gdig.training.trainer import MAX_GRADIENT_NORM, inputs_of, response_losses

SHAPES = {
    "embedded": {"vocab_size": 1000, "hidden_size": 64, "intermediate_size": 128},
    "hidden256": {"vocab_size": 4000, "hidden_size": 256, "intermediate_size": 512},
}
NUM_SKIPPED = 3
"""Steps at the start of a turn that are not counted."""


class Clock(TrainerCallback):  # type: ignore[misc]
    """Notes the CPU time after every step."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note it."""
        self.times.append(time.process_time())


def under_trainer(model: Any, examples: Sequence[Example], settings: Training) -> list[float]:
    """Return the time after each step under the Trainer."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(Path(folder), model, examples, settings, PLAIN, 1, "trainer")
        trainer.add_callback(clock)
        trainer.train()
    return clock.times


def bare(model: Any, examples: Sequence[Example], settings: Training) -> list[float]:
    """Return the time after each step of a loop with nothing in it that training does not need."""
    times = []
    batches = epochs(len(examples), settings.batch_size, torch.Generator().manual_seed(1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0, weight_decay=settings.weight_decay, fused=True)
    model.train()
    for step in range(settings.min_steps):
        inputs = inputs_of([examples[position] for position in next(batches)])
        torch.autograd.backward(response_losses(model, model, inputs).mean())
        torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, settings.min_steps, settings)
        optimizer.step()
        optimizer.zero_grad()
        times.append(time.process_time())
    return times


def measure(shape: str, num_steps: int, num_turns: int) -> dict[str, Any]:
    """Return median milliseconds a step of both, and their ratio."""
    torch.manual_seed(0)
    config = LlamaConfig(
        **SHAPES[shape],
        num_hidden_layers=6,
        num_attention_heads=4,
        tie_word_embeddings=True,
        max_position_embeddings=256,
    )
    examples = _examples(256, config.vocab_size)
    settings = Training(
        learning_rate=1e-3, batch_size=16, epochs=0.1, min_steps=num_steps, warmup_share=0.05, schedule="linear",
        weight_decay=0.0,
    )  # fmt: skip
    ways: dict[str, Callable[..., list[float]]] = {"trainer": under_trainer, "bare": bare}
    steps: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(num_turns):
        for name, way in ways.items():
            times = way(LlamaForCausalLM(config), examples, settings)[NUM_SKIPPED:]
            steps[name] += [after - before for before, after in pairwise(times)]
    medians = {name: statistics.median(values) for name, values in steps.items()}
    return {
        "shape": shape,
        "steps": len(steps["bare"]),
        **{f"{name}_ms": round(1000 * median, 2) for name, median in medians.items()},
        "ratio": round(medians["trainer"] / medians["bare"], 3),
    }


def _examples(count: int, vocab_size: int) -> list[Example]:
    """Return examples as long as the embedded default's: prompts of about 35 tokens, responses of about 15."""
    generator = torch.Generator().manual_seed(0)
    examples = []
    for number in range(count):
        prompt, response = (int(torch.randint(*span, (), generator=generator)) for span in ((25, 46), (8, 23)))
        tokens = torch.randint(vocab_size, (prompt + response,), generator=generator).tolist()
        examples.append(Example(f"pair-{number}", tokens, prompt))
    return examples


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.finetune", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--steps", type=int, default=40, help="steps a turn")
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    limit_threads(1)
    for shape in arguments.shapes:
        print(json.dumps(measure(shape, arguments.steps, arguments.turns)), flush=True)


if __name__ == "__main__":
    main()
