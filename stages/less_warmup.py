"""LESS, warm-up: adapters trained on a share of the pool, kept after every epoch with the moments of Adam."""

from pathlib import Path

from gdig.config import Memory, Params
from gdig.io.order import shuffled
from gdig.io.records import read_pairs, select
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.prompt import encode_instructions
from gdig.run.paths import Paths
from gdig.selectors.less.warmup import train_epochs
from gdig.training.run_dir import single_run

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.less_warmup
    pool = read_pairs(paths.pool)
    count = max(1, round(len(pool) * settings.pool_share))
    sample = select(pool, shuffled((pair.id for pair in pool), settings.seed)[:count])
    examples = encode_instructions(sample, load_tokenizer(paths.base), params.prompt)
    inputs = settings, params.prompt

    def train(out: Path) -> None:
        train_epochs(
            out,
            load_model(paths.base, onto="cpu"),
            examples,
            settings.training,
            Memory(**settings.memory.model_dump(), lora=settings.lora),
            settings.seed,
            "less_warmup",
            resume_steps=settings.resume_steps,
        )

    single_run(paths.less_warmup, settings.resume_steps, inputs, [paths.base, paths.pool], train)
