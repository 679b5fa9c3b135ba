"""Finetune the base model on the seeds, by the recipe of the cells: what trusted pairs alone teach it."""

from gdig.config import Params
from gdig.io.records import read_pairs
from gdig.run.paths import Paths
from gdig.training.finetune import BaseFinetuning, HeldOut

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    seeds = read_pairs(paths.seeds)
    recipe = BaseFinetuning(
        base=paths.base,
        prompt=params.prompt,
        training=params.finetune.training,
        memory=params.finetune.memory,
        resume_steps=params.finetune.resume_steps,
        held_out=HeldOut(every=params.finetune.eval_steps, max_tokens=params.finetune.max_tokens, valid=paths.valid),
    )
    recipe.single_run(
        paths.seed_model, seeds, params.seed_model.seed, "finetune on the seeds", values=None, files=[paths.seeds]
    )
