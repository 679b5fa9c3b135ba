"""MoDS: the base model finetuned on the coverage set, to see what it then still does badly."""

from gdig.config import Params
from gdig.io.ranking import read_ranking
from gdig.io.records import read_pairs, select
from gdig.run.paths import Paths
from gdig.training.finetune import BaseFinetuning, HeldOut

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    pairs = select(read_pairs(paths.pool), read_ranking(paths.mods_coverage))
    recipe = BaseFinetuning(
        base=paths.base,
        prompt=params.prompt,
        training=params.finetune.training,
        memory=params.finetune.memory,
        resume_steps=params.finetune.resume_steps,
        held_out=HeldOut(every=params.finetune.eval_steps, max_tokens=params.finetune.max_tokens, valid=paths.valid),
    )
    recipe.single_run(
        paths.mods_model,
        pairs,
        params.mods.seed,
        "finetune on the coverage set",
        values=None,
        files=[paths.pool, paths.mods_coverage],
    )
