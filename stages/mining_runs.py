"""Finetune the base model on each subset, and keep its validation loss: what instruction_mining and others fit to."""

import shutil

from gdig.config import Params
from gdig.io.files import read_json, write_json
from gdig.io.records import read_pairs, read_rows, select, write_rows
from gdig.lm.passes import processes
from gdig.lm.passes.replicates import map_replicates
from gdig.run.paths import Paths
from gdig.training.checkpointing import VALID_LOSS
from gdig.training.finetune import BaseFinetuning, HeldOut
from gdig.training.run import RECORD
from gdig.training.run_dir import run_dir

KEEP = 1
"""Finished runs are kept for the next start after a kill, also where runs themselves do not resume."""

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    resume_steps, seed = params.finetune.resume_steps, params.regression.seed
    subsets = {row["id"]: row["pairs"] for row in read_rows(paths.mining_subsets)}
    names, pool = list(subsets), read_pairs(paths.pool)
    recipe = BaseFinetuning(
        base=paths.base,
        prompt=params.prompt,
        training=params.finetune.training,
        memory=params.finetune.memory,
        resume_steps=resume_steps,
        held_out=HeldOut(every=params.finetune.eval_steps, max_tokens=params.finetune.max_tokens, valid=paths.valid),
    )
    files = [*recipe.files, paths.pool, paths.mining_subsets]
    with run_dir(paths.mining_runs, resume_steps or KEEP, (recipe.inputs, seed), files) as work:

        def run(number: int) -> None:
            name = names[number]
            losses, trained = work / f"{name}.json", work / name
            if losses.is_file():
                return
            examples = recipe.encode(select(pool, subsets[name]))
            recipe.train(trained, examples, seed, f"run {number + 1} of {len(names)}, {name}")
            # Barrier: slow ranks must still see the folder.
            processes.wait_for_all()
            if processes.rank() == 0:
                write_json(losses, read_json(trained / RECORD)["best_losses"])
                shutil.rmtree(trained)
            processes.wait_for_all()

        map_replicates(run, range(len(names)))
        if processes.rank() == 0:
            found = {name: read_json(work / f"{name}.json")[VALID_LOSS] for name in names}
            write_rows(paths.mining_runs, ({"id": name, VALID_LOSS: loss} for name, loss in found.items()))
