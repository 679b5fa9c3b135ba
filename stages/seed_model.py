"""Finetune the base model on the seeds, by the recipe of the cells: what trusted pairs alone teach it."""

from pathlib import Path

from gdig.config import Params
from gdig.io.records import read_pairs
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.prompt import encode_instructions
from gdig.run.paths import Paths
from gdig.training.run import train_to
from gdig.training.run_dir import one_run
from gdig.training.trainer import Evaluation

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    training, memory, resume_steps = params.finetune.training, params.finetune.memory, params.finetune.resume_steps
    eval_steps, max_tokens = params.finetune.eval_steps, params.finetune.max_tokens
    tokenizer = load_tokenizer(paths.base)
    evaluation = Evaluation(
        every=eval_steps,
        max_tokens=max_tokens,
        valid=encode_instructions(read_pairs(paths.valid), tokenizer, params.prompt),
        others={},
    )
    inputs = training, memory, eval_steps, params.seed_model.seed, params.prompt

    def train(out: Path) -> None:
        train_to(
            out,
            load_model(paths.base, onto="cpu"),
            tokenizer,
            encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt),
            training,
            memory,
            params.seed_model.seed,
            "finetune on the seeds",
            evaluation=evaluation,
            resume_steps=resume_steps,
        )

    one_run(paths.seed_model, resume_steps, inputs, [paths.base, paths.seeds, paths.valid], train)
