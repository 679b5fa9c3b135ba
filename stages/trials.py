"""Finetune on the first pairs of every ranking at every budget, and on the whole pool, and score the translations.

The cells in short, by their recipe without choice of a checkpoint: all runs in one process, of each a row is kept and
nothing else. Labels of planted noise are read for measuring.
"""

from gdig.config import Params
from gdig.io.files import read_json, rounded, write_json, write_metrics
from gdig.io.ranking import RANKING, read_ranking
from gdig.io.records import read_pairs, read_rows, write_rows
from gdig.labels import clean_share, has_labels
from gdig.lm.load import load_tokenizer
from gdig.lm.passes.replicates import map_replicates
from gdig.lm.prompt import encode_instructions
from gdig.run.paths import Paths
from gdig.training.run_dir import run_dir
from gdig.trials.plan import FULL, plan
from gdig.trials.summary import mean_bleu, noise_and_detection
from gdig.trials.trial import Setting, trial

KEEP = 1
"""Finished runs are found again after a kill; those under way begin again."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    split = paths.test if params.translate.split == "test" else paths.valid
    tokenizer, pool = load_tokenizer(paths.base), read_pairs(paths.pool)
    rankings = {name: read_ranking(paths.subsets_of_all / name / RANKING) for name in [*params.selectors, FULL]}
    runs = plan(rankings, params.budgets, params.trials.seeds, pool)
    kinds = {row["id"]: row["noise"] for row in read_rows(paths.labels)}
    labelled = has_labels(kinds.values())
    setting = Setting(
        base=paths.base,
        tokenizer=tokenizer,
        prompt=params.prompt,
        training=params.finetune.training,
        translate=params.translate,
        target_language=params.languages.target,
        valid=encode_instructions(read_pairs(paths.valid), tokenizer, params.prompt),
        max_tokens=params.trials.max_tokens,
        segments=read_pairs(split),
    )
    inputs = setting.prompt, setting.training, setting.translate, setting.target_language, setting.max_tokens
    files = paths.base, paths.pool, paths.subsets_of_all, paths.valid, split, paths.labels
    with run_dir(paths.trials, KEEP, inputs, files) as work:

        def measure(number: int) -> None:
            run = runs[number]
            if (work / run.file).is_file():
                return
            label = f"trial {number + 1} of {len(runs)}, {run.selector} {len(run.pairs)}, seed {run.seed}"
            found = trial(setting, run.pairs, run.seed, label, work)
            clean = clean_share([pair.id for pair in run.pairs], kinds) if labelled else None
            write_json(work / run.file, rounded(found | {"clean_share": clean}))

        map_replicates(measure, range(len(runs)))
        rows = [
            {"id": run.id, "selector": run.selector, "budget": len(run.pairs), "seed": run.seed}
            | read_json(work / run.file)
            for run in runs
        ]
        write_rows(paths.trials, rows)
    # The order of the whole pool says nothing of its pairs.
    chosen = {name: rankings[name] for name in params.selectors}
    known = noise_and_detection(read_rows(paths.quality), chosen, kinds) if labelled else {}
    summary = {
        "split": params.translate.split,
        "num_segments": len(setting.segments),
        "num_pool": len(pool),
        "noise": {"rate": params.noise.rate, "kinds": params.noise.kinds, "num_of_kind": known.get("num_of_kind")},
        "detection": known.get("detection"),
        "bleu": mean_bleu(rows),
    }
    write_metrics(paths.trials_metrics, paths.trials_metrics_copy, summary)
