"""Memory and time of finetuning steps on this device, with random weights: `python -m benchmarks.memory`.

    python -m benchmarks.memory                                  # Llama-2-7B's proportions, `finetune` of params.yaml
    python -m benchmarks.memory --model ../models/own --tokens 512

Whether a model fits can be seen before anything is downloaded: only its config.json is read.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig, TrainerCallback

from gdig.config import load_params
from gdig.lm.load import device
from gdig.lm.prompt import Example
from gdig.run.command import command
from gdig.training.run import make_trainer

GIB = 2**30
NUM_STEPS = 3
"""The moments of AdamW appear in the first; the last is timed."""


class Clock(TrainerCallback):  # type: ignore[misc]
    """Notes the time after every step."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note it."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.times.append(time.monotonic())


def measure(config: Any, num_tokens: int, batch_size: int | None = None) -> dict[str, Any]:
    """Return peak memory in GiB and seconds a step of the params' finetuning on examples of `num_tokens` tokens."""
    settings = load_params().finetune
    training = settings.training.model_copy(
        update={"batch_size": batch_size or settings.training.batch_size, "epochs": 1e-9, "min_steps": NUM_STEPS}
    )
    torch.manual_seed(0)
    with device():
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(config.vocab_size, (training.batch_size, num_tokens), generator=generator).tolist()
    # As many prompt tokens as response tokens: the instruction takes some twenty.
    examples = [Example(f"pair-{number}", ids, num_tokens // 2) for number, ids in enumerate(tokens)]
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(Path(folder), model, examples, training, settings.memory, 1, "memory")
        trainer.add_callback(clock)
        trainer.train()
    cuda = torch.cuda.is_available()
    peak = torch.cuda.max_memory_reserved() if cuda else 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "device": torch.cuda.get_device_name() if cuda else "cpu",
        "parameters": model.num_parameters(),
        "batch_size": training.batch_size,
        "tokens": num_tokens,
        **settings.memory.model_dump(),
        "peak_gib": round(peak / GIB, 2),
        "seconds_a_step": round([after - before for before, after in pairwise(clock.times)][-1], 3),
    }


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.memory", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="with a config.json; default: Llama-2-7B")
    parser.add_argument("--tokens", type=int, default=256, help="of an example, half of them response; default: 256")
    parser.add_argument("--batch-size", type=int, help="default: finetune.training.batch_size")
    options = parser.parse_args(arguments)
    # LlamaConfig is that of Llama 2 with 7 billion parameters unless told otherwise.
    config = AutoConfig.from_pretrained(options.model, local_files_only=True) if options.model else LlamaConfig()
    print(json.dumps(measure(config, options.tokens, options.batch_size)))


if __name__ == "__main__":
    main()
