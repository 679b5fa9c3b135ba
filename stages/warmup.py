"""Finetune the base model on the noisy pool: theta_T, at which gradients and curvature are taken.

Records steps and rates, from which Lemma 1 takes T and eta. Finetuned systems start from the base model again.
"""

from gdig.config import Params
from gdig.io.files import read_json
from gdig.io.order import shuffled
from gdig.io.records import read_pairs, select
from gdig.lm.passes import processes
from gdig.run.paths import Paths
from gdig.training.finetune import BaseFinetuning
from gdig.training.run import RECORD, write_curves

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.warmup
    pool = read_pairs(paths.pool)
    count = max(1, round(len(pool) * settings.pool_share))
    sample = select(pool, shuffled((pair.id for pair in pool), settings.seed)[:count])
    recipe = BaseFinetuning(
        base=paths.base,
        prompt=params.prompt,
        training=settings.training,
        memory=settings.memory,
        resume_steps=settings.resume_steps,
    )
    recipe.single_run(paths.warmup, sample, settings.seed, "warm-up", values=settings.pool_share, files=[paths.pool])
    if processes.rank() == 0:
        write_curves(paths.warmup_curve, {settings.seed: read_json(paths.warmup / RECORD)})
