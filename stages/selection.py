"""Measure the selection itself: how strict it could be, what it caught of planted noise, what its clusters cover."""

from collections import Counter

from gdig.config import Params
from gdig.io.files import read_json, write_metrics
from gdig.io.ranking import RANKING, read_ranking
from gdig.io.records import read_rows
from gdig.io.statistics import budget_key
from gdig.labels import detection, has_labels
from gdig.run.paths import Paths


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    labels = {row["id"]: row for row in read_rows(paths.labels)}
    candidates = {row["id"]: row for row in read_rows(paths.quality)}
    clusters = {row["id"]: row["cluster"] for row in read_rows(paths.clusters)}
    sizes = Counter(clusters.values())
    metrics = {
        "quality": read_json(paths.quality_summary),
        "clusters": {
            "num_clusters": len(sizes),
            "size_min": min(sizes.values()),
            "size_max": max(sizes.values()),
            "num_origins_covered": len({labels[i]["origin"] for i in clusters}),
            "num_origins": len({labels[i]["origin"] for i in candidates}),
        },
    }
    metrics["cluster_coverage"] = {
        selector: cluster_coverage(read_ranking(paths.subsets_of_all / selector / RANKING), clusters, params.budgets)
        for selector in params.selectors
    }
    kinds = {i: labels[i]["noise"] for i in candidates}
    if has_labels(kinds.values()):
        shares = {i: row["share_helped"] for i, row in candidates.items()}
        means = {i: -row["mean_influence"] for i, row in candidates.items()}
        metrics["detection"] = detection(list(clusters), shares, kinds)
        metrics["detection"]["auc_mean_influence"] = detection(list(clusters), means, kinds)["auc"]
    write_metrics(paths.selection_metrics, paths.selection_metrics_copy, metrics)


def cluster_coverage(ranking: list[str], clusters: dict[str, int], budgets: list[int]) -> dict[str, float]:
    """Return, for each budget, the share of clusters that the subset draws at least one pair from."""
    total = len(set(clusters.values()))
    return {
        budget_key(budget): len({clusters[i] for i in ranking[:budget] if i in clusters}) / total for budget in budgets
    }
