"""Finetune on the first pairs of every ranking at every budget, and on the whole pool, and translate with each model.

The cells in short, by their recipe without choice of a checkpoint: all runs in one process, of each a row is kept and
nothing else. Stage `trials` scores them.
"""

from gdig.config import Params
from gdig.io.files import read_json, rounded, write_json
from gdig.io.ranking import RANKING, read_ranking
from gdig.io.records import read_pairs, write_rows
from gdig.lm.load import load_tokenizer
from gdig.lm.passes.replicates import map_replicates
from gdig.lm.prompt import encode_instructions
from gdig.run.paths import Paths
from gdig.training.checkpointing import VALID_LOSS
from gdig.training.run_dir import run_dir
from gdig.trials.plan import FULL, plan
from gdig.trials.trial import Setting, trial

KEEP = 1
"""Finished runs are found again after a kill; those under way begin again."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    split = paths.test if params.translate.split == "test" else paths.valid
    tokenizer = load_tokenizer(paths.base)
    rankings = {name: read_ranking(paths.subsets_of_all / name / RANKING) for name in [*params.selectors, FULL]}
    runs = plan(rankings, params.budgets, params.trials.seeds, read_pairs(paths.pool))
    setting = Setting(
        base=paths.base,
        tokenizer=tokenizer,
        prompt=params.prompt,
        training=params.finetune.training,
        translate=params.translate,
        held_out={
            VALID_LOSS: encode_instructions(read_pairs(paths.valid), tokenizer, params.prompt),
            "seed_loss": encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt),
        },
        max_tokens=params.trials.max_tokens,
        segments=read_pairs(split),
    )
    inputs = setting.prompt, setting.training, setting.translate, setting.max_tokens
    files = paths.base, paths.pool, paths.subsets_of_all, paths.valid, paths.seeds, split
    with run_dir(paths.trial_runs, KEEP, inputs, files) as work:

        def measure(number: int) -> None:
            run = runs[number]
            if (work / run.file).is_file():
                return
            label = f"trial {number + 1} of {len(runs)}, {run.selector} {len(run.pairs)}, seed {run.seed}"
            write_json(work / run.file, rounded(trial(setting, run.pairs, run.seed, label, work)))

        map_replicates(measure, range(len(runs)))
        rows = (
            {"id": run.id, "selector": run.selector, "budget": len(run.pairs), "seed": run.seed}
            | read_json(work / run.file)
            for run in runs
        )
        write_rows(paths.trial_runs, rows)
