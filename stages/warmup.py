"""Finetune the base model on the noisy pool: theta_T, at which gradients and curvature are taken.

Records steps and rates, from which Lemma 1 takes T and eta. Finetuned systems start from the base model again.
"""

from pathlib import Path

from gdig.config import Params
from gdig.io.files import read_json
from gdig.io.order import shuffled
from gdig.io.records import read_pairs, select
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.passes import processes
from gdig.lm.prompt import encode_instructions
from gdig.run.paths import Paths
from gdig.training.run import RECORD, train_to, write_curves
from gdig.training.run_dir import one_run

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.warmup
    pool = read_pairs(paths.pool)
    count = max(1, round(len(pool) * settings.pool_share))
    sample = select(pool, shuffled((pair.id for pair in pool), settings.seed)[:count])
    tokenizer = load_tokenizer(paths.base)
    examples = encode_instructions(sample, tokenizer, params.prompt)
    inputs = settings, params.prompt

    def train(out: Path) -> None:
        train_to(
            out,
            load_model(paths.base, onto="cpu"),
            tokenizer,
            examples,
            settings.training,
            settings.memory,
            settings.seed,
            "warm-up",
            resume_steps=settings.resume_steps,
        )

    one_run(paths.warmup, settings.resume_steps, inputs, [paths.base, paths.pool], train)
    if processes.rank() == 0:
        write_curves(paths.warmup_curve, {settings.seed: read_json(paths.warmup / RECORD)})
