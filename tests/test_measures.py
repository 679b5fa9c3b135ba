import re

import pytest

from gdig.data.noise import clean_share, has_labels
from gdig.detection import detection
from gdig.report.figures import budget_curve
from gdig.report.focus import focus
from gdig.report.page import page
from gdig.report.paper import NOTHING
from gdig.statistics import budget_key, summarise
from stages.selection import cluster_coverage

KINDS = {"a": "clean", "b": "clean", "c": "shuffled", "d": "truncated", "e": "truncated"}


def test_summary_of_replicates():
    assert summarise([{"x": 1.0}, {"x": 3.0}]) == {"x": {"mean": 2.0, "sd": pytest.approx(2**0.5)}}
    assert summarise([{"x": 1.0}])["x"]["sd"] is None


def test_a_budget_has_one_key_whatever_the_others_are():
    assert [budget_key(budget) for budget in (64, 9999, 64000)] == ["b0064", "b9999", "b64000"]


def test_detection():
    scores = {"a": 0.9, "b": 0.2, "c": 0.1, "d": 0.5, "e": 0.0}
    result = detection(["a", "d"], scores, KINDS)
    assert result["precision"] == 0.5
    assert result["recall"] == 0.5
    assert result["rejected"] == {"shuffled": 1.0, "truncated": 0.5}
    assert result["auc"] == pytest.approx(5 / 6)  # of six clean-noisy pairs, only (b, d) is the wrong way round
    assert clean_share(["a", "c"], KINDS) == 0.5


def test_without_planted_noise_nothing_is_known():
    assert has_labels(KINDS.values())
    assert not has_labels(["clean"])


def test_cluster_coverage():
    clusters = {"a": 0, "b": 0, "c": 1, "d": 2}
    assert cluster_coverage(["a", "b", "x", "c"], clusters, [2, 4]) == {"b0002": 1 / 3, "b0004": 2 / 3}


def metrics(bleu, labelled=True):
    entry = {key: {"mean": value, "sd": 0.5} for key, value in (("bleu", bleu), ("chrf", 2 * bleu))}
    entry |= {key: {"mean": 1.0, "sd": 0.1} for key in ("seed_loss", "valid_loss")} | {"num_pairs": 64}
    return {"b0064": entry | ({"clean_share": 0.75} if labelled else {})}


ALL = {"random": metrics(10.0), "<gdig>": metrics(30.0), "full": metrics(40.0)}


def test_focus_holds_the_selector_and_its_gain():
    result = focus(ALL, "<gdig>", "random")
    assert result["b0064"]["bleu"]["mean"] == 30
    assert result["b0064"]["gain"] == {"bleu": 20, "chrf": 40, "seed_loss": 0, "valid_loss": 0}
    assert focus(ALL, "random", "random")["b0064"].keys() == result["b0064"].keys()


def test_figure_bytes_depend_on_the_data_alone():
    assert budget_curve(ALL, {"b0064": 64}) == budget_curve(ALL, {"b0064": 64})
    assert "full pool" in budget_curve(ALL, {"b0064": 64})


QUALITY = {
    "num_candidates": 5000, "num_seeds": 256, "num_survivors": 2050, "num_strict": 3, "min_survivors": 2048,
    "share_reached": 0.8,
}  # fmt: skip
CLUSTERS = {"num_clusters": 9, "size_min": 2, "size_max": 40, "num_origins_covered": 3, "num_origins": 4}
ENGINE = {
    "num_candidates": 5935,
    "num_seeds": 256,
    "estimator": "exact",
    "num_linears": {"dense": 6},
    "probe": {"num_pairs": 256, "sign_agreement": 0.996, "spearman": 0.9999},
}
REJECTS = {"pool": {"news": {"seen": 10, "kept": 9, "rejected": {"empty": 1}, "samples": {}}}}
GRAMMAR = {"source": "embedded grammar"}
SIGNIFICANCE = {
    "baseline": "random", "confidence": 0.95, "num_samples": 1000,
    "replicates": {"random": {"b0064": {"bleu": {"n": 3}}}},
    "against_baseline": {"b0064": {"<gdig>": {"valid_loss": {"difference": -0.5, "seeds_won": 3}}}},
    "over_budgets": {"<gdig>": {}},
}  # fmt: skip


def page_of(params, metrics=ALL, **changes):
    parts = {
        "systems": {"systems": {}}, "reported": NOTHING, "significance": SIGNIFICANCE, "engine": ENGINE,
        "selection": {"quality": QUALITY, "clusters": CLUSTERS, "cluster_coverage": {}}, "provenance": GRAMMAR,
        "rejects": REJECTS, "figure": "<svg></svg>", "curves": "",
    }  # fmt: skip
    return page("toy", params.report, metrics, {"b0064": 64}, **parts | changes)


@pytest.mark.parametrize("labelled", [True, False])
def test_page_shows_every_selector_escaped_and_tells_of_the_relaxation(params, labelled):
    selection = {"quality": QUALITY, "clusters": CLUSTERS, "cluster_coverage": {"<gdig>": {"b0064": 0.5}}}
    if labelled:
        found = {"precision": 0.9, "recall": 0.5, "auc": 0.99, "auc_mean_influence": 0.9, "rejected": {"shuffled": 1.0}}
        selection["detection"] = found
    shown = {name: metrics(10.0, labelled) for name in ALL}
    html = page_of(params, shown, selection=selection, figure=budget_curve(ALL, {"b0064": 64}))
    assert "&lt;gdig&gt;" in html
    assert "<gdig>" not in html.replace("&lt;gdig&gt;", "")
    assert "Quality rule relaxed" in html
    assert "80.0% of the 256 seeds" in html
    assert "-0.50 (3)" in html
    assert ("Planted noise" in html) == labelled
    assert not re.search(r"""(src|href|url)\s*[=(]\s*["']?(?!#)""", html.replace('xlink:href="#', ""))


def test_page_shows_every_test_set(params):
    shown = {name: {"b0064": metrics(10.0, False)["b0064"] | {"bleu_news": {"mean": 12.3, "sd": 0.4}}} for name in ALL}
    html = page_of(params, shown)
    assert "BLEU news" in html
    assert html.count("12.3 ± 0.4") == len(ALL)


def test_of_one_training_seed_no_spread_is_shown(params):
    def alone(bleu):
        entry = metrics(bleu)["b0064"]
        return {"b0064": {k: {"mean": v["mean"], "sd": None} if isinstance(v, dict) else v for k, v in entry.items()}}

    shown = {name: alone(bleu) for name, bleu in (("random", 10.0), ("full", 40.0))}
    html = page_of(params, shown, figure=budget_curve(shown, {"b0064": 64}))
    assert "One training seed" in html
    assert "±" not in html


def test_page_says_when_equation_4_held(params):
    strict = {"quality": QUALITY | {"share_reached": 1.0}, "clusters": CLUSTERS, "cluster_coverage": {}}
    html = page_of(params, selection=strict)
    assert "each helps all 256 seeds (equation 4)" in html


@pytest.mark.parametrize(
    ("changes", "told"),
    [({}, "dense at 6 linears"), ({"estimator": "sketch", "sketch_rank": 32}, "estimated from sketches of rank 32")],
)
def test_page_says_how_influence_was_computed(params, changes, told):
    assert told in page_of(params, engine=ENGINE | changes)
