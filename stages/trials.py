"""Score the translations of the trial runs; labels of planted noise are read for measuring."""

from gdig.config import Params
from gdig.io.files import rounded, write_metrics
from gdig.io.ranking import PROBABILITIES, RANKING, read_ranking
from gdig.io.records import read_pairs, read_rows, write_rows
from gdig.labels import clean_share, has_labels
from gdig.run.paths import Paths
from gdig.scoring.surface import score_sets
from gdig.trials.plan import FULL, plan
from gdig.trials.summary import mean_bleu, noise_and_detection, reliability_of


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    pool = read_pairs(paths.pool)
    on_test = params.translate.split == "test"
    segments = read_pairs(paths.test if on_test else paths.valid)
    references = {pair.id: pair.trg for pair in segments}
    rankings = {name: read_ranking(paths.subsets_of_all / name / RANKING) for name in [*params.selectors, FULL]}
    kinds = {row["id"]: row["noise"] for row in read_rows(paths.labels)}
    labelled = has_labels(kinds.values())
    found = {row["id"]: row for row in read_rows(paths.trial_runs)}
    rows = []
    for run in plan(rankings, params.budgets, params.trials.seeds, pool):
        row = found[run.id]
        scores = score_sets(row.pop("hypotheses"), references, params.languages.target, each=on_test)
        clean = clean_share([pair.id for pair in run.pairs], kinds) if labelled else None
        rows.append(rounded(row | scores | {"clean_share": clean}))
    write_rows(paths.trials, rows)
    # The order of the whole pool says nothing of its pairs.
    chosen = {name: rankings[name] for name in params.selectors}
    known = noise_and_detection(read_rows(paths.quality), chosen, kinds) if labelled else {}
    probabilities = paths.subsets_of_all / "gdig_joint" / PROBABILITIES
    if labelled and "gdig_joint" in params.selectors:
        known["reliability"] = reliability_of(read_rows(probabilities), kinds)
    summary = {
        "split": params.translate.split,
        "num_segments": len(segments),
        "num_pool": len(pool),
        "noise": {"rate": params.noise.rate, "kinds": params.noise.kinds, "num_of_kind": known.get("num_of_kind")},
        "detection": known.get("detection"),
        "reliability": known.get("reliability"),
        "bleu": mean_bleu(rows),
    }
    write_metrics(paths.trials_metrics, paths.trials_metrics_copy, summary)
