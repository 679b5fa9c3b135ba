"""A small run on disk, as the stages before the report leave it; the stage turns it into a real report."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gdig.io.files import write_json, write_text
from gdig.io.ranking import NOISE_ESTIMATE, RANKING
from gdig.io.records import Pair, write_pairs, write_rows
from gdig.io.statistics import budget_key
from gdig.lm.passes.shards import compute_shards
from gdig.run.paths import Paths
from gdig.selection.quality import apply_rule, assess
from stages import report

NUM_CANDIDATES, NUM_SEEDS, NUM_SURVIVORS = 60, 12, 24
NOISE = ("clean", "clean", "shuffled", "truncated")
EVIL = '</script><script>alert("x")</script>'


@dataclass
class Run:
    """The folder of the run, and its inputs."""

    folder: Path
    params: Any
    paths: Paths
    influence: np.ndarray
    ids: list[str]

    def report(self, **changes: Any) -> str:
        """Run the stage with changed report params; return the page."""
        settings = self.params.report.model_copy(update=changes)
        report.main(self.params.model_copy(update={"report": settings}), self.paths)
        return (self.paths.report / "index.html").read_text(encoding="utf-8")


def make_run(params, *, budgets=(8, 16), labelled=True, num_seeds=3, num_clusters=5, selectors=("random", "gdig")):
    """Write the artifacts below the current folder."""
    paths = Paths(profile="toy")
    rng = np.random.default_rng(0)
    ids = [f"news-{n}" if n % 3 else f"web-{n}" for n in range(NUM_CANDIDATES)]
    influence = (rng.normal(size=(NUM_CANDIDATES, NUM_SEEDS)) + np.linspace(-2, 2, NUM_CANDIDATES)[:, None]).astype(
        "f4"
    )
    gradients = rng.normal(size=(NUM_CANDIDATES, 8)).astype("f4")
    for folder, column, matrix in ((paths.influence, "influence", influence), (paths.gradients, "gradient", gradients)):
        compute_shards(
            folder, Path("scratch") / column, column, ids, 25, lambda rows, m=matrix: m[rows.start : rows.stop]
        )
    candidates = assess(ids, influence)
    rule = apply_rule(candidates, NUM_SURVIVORS)
    write_rows(paths.quality, (vars(c) for c in candidates))
    write_rows(paths.clusters, ({"id": c.id, "cluster": n % num_clusters} for n, c in enumerate(rule.survivors)))
    kinds = {i: NOISE[n % 4] if labelled else "clean" for n, i in enumerate(ids)}
    write_rows(paths.labels, ({"id": i, "origin": i.split("-")[0], "noise": kinds[i]} for i in ids))
    write_pairs(paths.pool, [Pair(i, f"Satz {n} {EVIL if n < 3 else ''}", f"Sentence {n}") for n, i in enumerate(ids)])
    for number, name in enumerate(selectors):
        # The survivors are no ranking of the whole pool; the others are, each in another order.
        order = [c.id for c in rule.survivors] if name == "gdig" else ids[number:] + ids[:number]
        write_rows(paths.subsets_of_all / name / RANKING, ({"id": i, "rank": n} for n, i in enumerate(order, 1)))

    keys = [budget_key(budget) for budget in budgets]
    several = num_seeds > 1

    def entry(value, num_pairs):
        scores = {"bleu": value, "chrf": 2 * value, "seed_loss": 1.0, "valid_loss": 2.0, "empty_share": 0.0}
        found = {key: {"mean": score, "sd": 0.5 if several else None} for key, score in scores.items()}
        return found | {"num_pairs": num_pairs} | ({"clean_share": 0.75} if labelled else {})

    names = [*selectors, "full"]
    metrics = {
        n: {key: entry(10.0 * (r + 1) + c, NUM_CANDIDATES if n == "full" else budgets[c]) for c, key in enumerate(keys)}
        for r, n in enumerate(names)
    }
    for name, values in metrics.items():
        write_json(paths.selector_metrics_copies / f"{name}.json", values)
    noise = {"share": 0.48, "low": 0.4, "high": 0.55, "confidence": 0.95}
    bins = [{"predicted": 0.04, "sound": 0.06, "weight": 0.5}, {"predicted": 0.98, "sound": 0.93, "weight": 0.5}]
    write_json(
        paths.subsets_of_all / "gdig_joint" / NOISE_ESTIMATE,
        {"noise": noise, "controls": {"auc": 0.9}, "reliability": bins},
    )
    references = [Pair(f"test-{n}", f"Satz {n}", f"The {n} old houses stand under trees {n}") for n in range(4)]
    for path in (paths.test, paths.valid):
        write_pairs(path, references)
    for rank, name in enumerate(names):
        for column, cell in enumerate(["all"] if name == "full" else budgets):
            # The seeds scatter about the mean that is in the metrics.
            bleu = metrics[name][keys[column]]["bleu"]["mean"]
            rows = [{"seed": s, "bleu": bleu + s - 1, "chrf": 2 * bleu, "valid_loss": 2.0} for s in range(num_seeds)]
            write_json(paths.scores_of_all / name / f"{cell}.json", {"replicates": rows})
            for seed in range(num_seeds):
                texts = ({"id": r.id, "hypothesis": r.trg[: 9 + 4 * rank + seed]} for r in references)
                write_rows(paths.hypotheses_of_all / name / str(cell) / f"seed-{seed}.jsonl", texts)
    ends = {"low": 9.0, "high": 41.0} if several else {"low": None, "high": None}
    test = {"difference": 3.0, "seeds_won": 3, "low": 1.0, "high": 5.0, "p": 0.001, "p_holm": 0.002, "holds": True}
    over = {"budgets_won": 2, "num_budgets": len(keys), "t": 9.0, "p": 0.01, "p_holm": 0.02, "holds": True}
    significance = {
        "baseline": "random", "confidence": 0.95, "num_samples": 1000, "signatures": {"bleu": "x"},
        "replicates": {n: {k: {"bleu": {"n": num_seeds, "mean": 1.0} | ends} for k in keys} for n in names},
        "against_baseline": {k: {n: {"bleu": test} for n in names if n != "random"} for k in keys},
        "over_budgets": {"gdig": {"bleu": over}},
    }  # fmt: skip
    write_json(paths.significance_metrics_copy, significance)
    write_json(paths.systems_metrics_copy, {"systems": {}, "signatures": {}})
    pool = {"num_candidates": NUM_CANDIDATES, "num_seeds": NUM_SEEDS}
    quality = {"num_survivors": len(rule.survivors), "num_strict": rule.num_strict, "min_survivors": NUM_SURVIVORS,
               "share_reached": rule.share_reached}  # fmt: skip
    selection = {
        "quality": pool | quality,
        "clusters": {
            "num_clusters": num_clusters,
            "size_min": 1,
            "size_max": 9,
            "num_origins_covered": 2,
            "num_origins": 2,
        },
        "cluster_coverage": {n: dict.fromkeys(keys, 0.5) for n in selectors},
    }
    if labelled:
        rejected = {"shuffled": 0.9, "truncated": 1.0}
        selection["detection"] = {
            "precision": 0.9,
            "recall": 0.5,
            "auc": 0.99,
            "auc_mean_influence": 0.9,
            "rejected": rejected,
        }
    write_json(paths.selection_metrics_copy, selection)
    probe = {"num_pairs": 256, "sign_agreement": 0.996, "spearman": 0.9999}
    engine = {
        "num_candidates": NUM_CANDIDATES,
        "num_seeds": NUM_SEEDS,
        "estimator": "exact",
        "num_linears": {"dense": 6},
    }
    write_json(paths.influence_metrics_copy, engine | {"probe": probe})
    write_json(paths.provenance, {"source": "embedded grammar"})
    own = {"kind": "files", "files": [{"name": "trusted.tsv"}], "rows": {"seen": 9, "good": 9, "rejected": {}}}
    write_json(paths.seed_provenance, {"sources": {"trusted": own}})
    write_json(paths.rejects, {"pool": {"news": {"seen": 99, "kept": 60, "rejected": {"empty": 39}, "samples": {}}}})
    for name in names:
        for cell in ["all"] if name == "full" else budgets:
            rows = [
                "seed,step,train_loss,valid_loss",
                *(f"{s},{t},{3 / t},{2 / t if t > 2 else ''}" for s in (1, 2) for t in (1, 2, 3)),
            ]
            write_text(paths.curves_of_all / name / f"{cell}.csv", "\n".join(rows) + "\n")
    Path("dvc.lock").write_text(json.dumps(lock(selectors, budgets)))
    tests = [source.model_copy(update={"name": "test"}) for source in params.pool.tests]
    changed = params.model_copy(update={
        "profile": "toy", "selectors": list(selectors), "budgets": list(budgets),
        "pool": params.pool.model_copy(update={"tests": tests}),
    })  # fmt: skip
    return Run(Path.cwd(), changed, paths, influence, ids)


def lock(selectors, budgets):
    """Return the lock of the run, with cells that params no longer name and a stage of another profile."""

    def stage(command, deps, outs, params=None):
        files = [{"path": f"data/toy/{path}", "md5": "ab12", "size": 1000} for path in outs]
        inputs = [{"path": f"data/toy/{path}", "md5": "0", "size": 5} for path in deps]
        return {
            "cmd": f"python -m stages {command}",
            "deps": [{"path": "gdig/io/files.py", "md5": "0"}, *inputs],
            "params": {"params.yaml": params or {}},
            "outs": files,
        }  # fmt: skip

    stages = {
        "pool@toy": stage("pool", [], ["raw/pool.jsonl"], {"pool": {"num_pool": 60}}),
        "base@toy": stage("base", ["raw/pool.jsonl"], ["base"]),
        "warmup@toy": stage("warmup", ["base"], ["warmup"], {"gradients.dim": 8}),
        "rank_gdig@toy": stage("rank_gdig", ["warmup"], ["rankings/gdig/ranking.jsonl"], {"gradients.seed": 3}),
        "rank_random@toy": stage("rank_random", ["raw/pool.jsonl"], ["rankings/random/ranking.jsonl"]),
        "other@toy-long": {
            "cmd": "python -m stages pool",
            "outs": [{"path": "data/toy-long/raw", "md5": "9", "size": 7}],
        },
        "report@toy": stage("report", ["metrics"], ["report"]),
    }
    for name in selectors:
        for budget in (*budgets, 999):
            cell = f"--selector {name} --budget {budget}"
            stages[f"finetune@toy-{name}-{budget}"] = stage(
                f"finetune {cell}", ["base", f"rankings/{name}/ranking.jsonl"], [f"scores/{name}/{budget}"]
            )
        stages[f"collect@toy-{name}"] = stage(
            f"collect --selector {name}", [f"scores/{name}"], [f"metrics/{name}.json"]
        )
    return {"schema": "2.0", "stages": stages}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder without costs of this machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GDIG_SCRATCH", str(tmp_path / "kept"))
    return tmp_path


@pytest.fixture
def run(folder, params):
    return make_run(params)
