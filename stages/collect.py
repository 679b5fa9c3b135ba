"""Gather the scores of one selector into its metrics file, nested by budget."""

from typing import Any

from gdig.config import Params
from gdig.io.files import read_json, write_metrics
from gdig.io.records import read_pairs, read_rows
from gdig.io.statistics import budget_key, summarise
from gdig.labels import clean_share, has_labels
from gdig.run.paths import Paths


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    kinds = {row["id"]: row["noise"] for row in read_rows(paths.labels)}
    metrics = {}
    for budget in params.budgets:
        # The whole pool is one run, shown beside every budget, so that all metric files have equal keys.
        cell = "all" if selector == "full" else str(budget)
        scores = read_json(paths.all_scores / f"{cell}.json")
        ids = [pair.id for pair in read_pairs(paths.subsets / f"{cell}.jsonl")]
        replicates = [{key: value for key, value in row.items() if key != "seed"} for row in scores["replicates"]]
        entry: dict[str, Any] = summarise(replicates) | {"num_pairs": len(ids)}
        if has_labels(kinds.values()):
            entry["clean_share"] = clean_share(ids, kinds)
        metrics[budget_key(budget)] = entry
    write_metrics(paths.selector_metrics, paths.selector_metrics_copy, metrics)
