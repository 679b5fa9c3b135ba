"""Finetune the base model on one subset, once per training seed; write checkpoints, their losses, and loss curves.

Of each run the weights of least validation loss are kept.
"""

from gdig.config import Params
from gdig.io.files import read_json, rounded, write_json
from gdig.io.records import read_pairs
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.passes import processes
from gdig.lm.passes.replicates import map_replicates
from gdig.lm.prompt import encode_instructions
from gdig.run.paths import Paths
from gdig.training.run import RECORD, train_to, write_curves
from gdig.training.run_dir import publish, workplace
from gdig.training.trainer import Evaluation

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths, selector: str, budget: str) -> None:
    """Run the stage."""
    settings = params.finetune
    tokenizer = load_tokenizer(paths.base)
    examples = encode_instructions(read_pairs(paths.subset), tokenizer, params.prompt)
    evaluation = Evaluation(
        every=settings.eval_steps,
        max_tokens=settings.max_tokens,
        valid=encode_instructions(read_pairs(paths.valid), tokenizer, params.prompt),
        others={"seed_loss": encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt)},
    )
    files = paths.base, paths.subset, paths.valid, paths.seeds
    inputs = selector, budget, settings, params.prompt
    with workplace(paths.finetuned, settings.resume_steps, inputs, files) as work:

        def replicate(seed: int) -> None:
            trained = work / "done" / f"seed-{seed}"
            if not trained.is_dir():
                train_to(
                    trained,
                    load_model(paths.base, onto="cpu"),
                    tokenizer,
                    examples,
                    settings.training,
                    settings.memory,
                    seed,
                    f"finetune {selector} {budget}, seed {seed}",
                    evaluation=evaluation,
                    resume_steps=settings.resume_steps,
                )

        map_replicates(replicate, settings.seeds)
        # A process that comes late must still find what is done.
        processes.wait_for_all()
        if processes.rank() == 0:
            records = {seed: read_json(work / "done" / f"seed-{seed}" / RECORD) for seed in settings.seeds}
            write_json(paths.losses, rounded([record["best_losses"] for record in records.values()]))
            write_curves(paths.curve, records)
            publish(work / "done", paths.finetuned)
