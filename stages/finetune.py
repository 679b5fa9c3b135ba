"""Finetune the base model on one subset, once per training seed; write checkpoints, their losses, and loss curves.

Of each run the weights of least validation loss are kept.
"""

from gdig.config import Params
from gdig.io.files import read_json, rounded, write_json
from gdig.io.records import read_pairs
from gdig.lm.passes import processes
from gdig.lm.passes.replicates import map_replicates
from gdig.run.paths import Paths
from gdig.training.finetune import BaseFinetuning, HeldOut
from gdig.training.run import RECORD, write_curves
from gdig.training.run_dir import publish, run_dir

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths, selector: str, budget: str) -> None:
    """Run the stage."""
    settings = params.finetune
    recipe = BaseFinetuning(
        base=paths.base,
        prompt=params.prompt,
        training=settings.training,
        memory=settings.memory,
        resume_steps=settings.resume_steps,
        held_out=HeldOut(
            every=settings.eval_steps,
            max_tokens=settings.max_tokens,
            valid=paths.valid,
            others={"seed_loss": paths.seeds},
        ),
    )
    examples = recipe.encode(read_pairs(paths.subset))
    inputs = recipe.inputs, selector, budget, settings.seeds
    with run_dir(paths.finetuned, settings.resume_steps, inputs, [*recipe.files, paths.subset]) as work:

        def replicate(seed: int) -> None:
            recipe.train(work / "done" / f"seed-{seed}", examples, seed, f"finetune {selector} {budget}, seed {seed}")

        map_replicates(replicate, settings.seeds)
        # Barrier: slow ranks must still see the finished runs.
        processes.wait_for_all()
        if processes.rank() == 0:
            records = {seed: read_json(work / "done" / f"seed-{seed}" / RECORD) for seed in settings.seeds}
            write_json(paths.losses, rounded([record["best_losses"] for record in records.values()]))
            write_curves(paths.curve, records)
            publish(work / "done", paths.finetuned)
