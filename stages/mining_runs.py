"""Finetune the base model on each subset, and keep its validation loss: what instruction_mining and others fit to."""

import shutil

from gdig.config import Params
from gdig.io.files import read_json, write_json
from gdig.io.records import read_pairs, read_rows, select, write_rows
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.passes import processes
from gdig.lm.passes.replicates import map_replicates
from gdig.lm.prompt import encode_instructions
from gdig.run.paths import Paths
from gdig.training.checkpointing import VALID_LOSS
from gdig.training.run import RECORD, train_to
from gdig.training.run_dir import workplace
from gdig.training.trainer import Evaluation

KEEP = 1
"""Finished runs are found again after a kill whether or not those under way are (finetune.resume_steps)."""

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    training, memory, resume_steps = params.finetune.training, params.finetune.memory, params.finetune.resume_steps
    eval_steps, max_tokens, seed = params.finetune.eval_steps, params.finetune.max_tokens, params.regression.seed
    subsets = {row["id"]: row["pairs"] for row in read_rows(paths.mining_subsets)}
    names, pool, tokenizer = list(subsets), read_pairs(paths.pool), load_tokenizer(paths.base)
    evaluation = Evaluation(
        every=eval_steps,
        max_tokens=max_tokens,
        valid=encode_instructions(read_pairs(paths.valid), tokenizer, params.prompt),
        others={},
    )
    inputs = training, memory, eval_steps, seed, params.prompt
    files = paths.base, paths.pool, paths.mining_subsets, paths.valid
    with workplace(paths.mining_runs, resume_steps or KEEP, inputs, files) as work:

        def run(number: int) -> None:
            name = names[number]
            losses, trained = work / f"{name}.json", work / name
            if losses.is_file():
                return
            if not trained.is_dir():
                train_to(
                    trained,
                    load_model(paths.base, onto="cpu"),
                    tokenizer,
                    encode_instructions(select(pool, subsets[name]), tokenizer, params.prompt),
                    training,
                    memory,
                    seed,
                    f"run {number + 1} of {len(names)}, {name}",
                    evaluation=evaluation,
                    resume_steps=resume_steps,
                )
            # A process that comes late must still find the folder.
            processes.wait_for_all()
            if processes.rank() == 0:
                write_json(losses, read_json(trained / RECORD)["best_losses"])
                shutil.rmtree(trained)
            processes.wait_for_all()

        map_replicates(run, range(len(names)))
        if processes.rank() == 0:
            found = {name: read_json(work / f"{name}.json")[VALID_LOSS] for name in names}
            write_rows(paths.mining_runs, ({"id": name, VALID_LOSS: loss} for name, loss in found.items()))
