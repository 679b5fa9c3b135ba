"""MoDS: the base model finetuned on the coverage set, to see what it then still does badly."""

from pathlib import Path

from gdig.config import Params
from gdig.io.ranking import read_ranking
from gdig.io.records import read_pairs, select
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
    pairs = select(read_pairs(paths.pool), read_ranking(paths.mods_coverage))
    tokenizer = load_tokenizer(paths.base)
    examples = encode_instructions(pairs, tokenizer, params.prompt)
    evaluation = Evaluation(
        every=eval_steps,
        max_tokens=max_tokens,
        valid=encode_instructions(read_pairs(paths.valid), tokenizer, params.prompt),
        others={},
    )
    inputs = training, memory, eval_steps, params.mods.seed, params.prompt
    files = paths.base, paths.pool, paths.mods_coverage, paths.valid

    def train(out: Path) -> None:
        train_to(
            out,
            load_model(paths.base, onto="cpu"),
            tokenizer,
            examples,
            training,
            memory,
            params.mods.seed,
            "finetune on the coverage set",
            evaluation=evaluation,
            resume_steps=resume_steps,
        )

    one_run(paths.mods_model, resume_steps, inputs, files, train)
