"""MoDS: the base model finetuned on the coverage set, to see what it then still does badly."""

from gdig.config import Params
from gdig.io.ranking import read_ranking
from gdig.io.records import read_pairs, select
from gdig.run import stage
from gdig.run.paths import Paths
from gdig.training.finetune import BaseFinetuning, HeldOut


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


if __name__ == "__main__":
    stage.run(main, several=True)
