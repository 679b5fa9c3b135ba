"""What damping changes, measured on a pool of 24 pairs."""

import shutil

import numpy as np
import pytest

from benchmarks.damping import compared, measure, overlaps
from gdig.influence.damping import Damping
from gdig.influence.estimators import exact
from gdig.influence.kfac import eigenbases, factors, save_curvature
from gdig.io.files import write_json
from gdig.io.records import Pair, write_pairs
from gdig.lm.layers import tracked_linears
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.passes.shards import compute_shards
from gdig.lm.prompt import encode_instructions
from gdig.run.paths import Paths
from tests.conftest import toy_pairs

POOL = toy_pairs(24)
SEEDS = [Pair(f"s-{pair.id}", pair.src, pair.trg) for pair in toy_pairs(30)[24:]]
IDS = [pair.id for pair in POOL]


def test_agreement_is_of_pairs_and_of_candidates():
    one = np.array([[-1.0, -2.0], [3.0, 4.0], [-5.0, 6.0]], dtype=np.float32)
    assert compared(one, one) == {
        "sign_agreement": 1, "spearman": 1, "spearman_share_helped": 1, "spearman_mean_influence": 1,
    }  # fmt: skip
    turned = compared(one, -one)
    assert turned["sign_agreement"] == 0
    assert turned["spearman"] == turned["spearman_share_helped"] == turned["spearman_mean_influence"] == -1
    other = one.copy()
    other[2, 1] = -6
    assert compared(other, one)["sign_agreement"] == pytest.approx(5 / 6)


def test_overlap_is_the_share_of_picks_in_common():
    assert overlaps({"a": {"x", "y"}}, {"a": {"y", "z", "w", "v"}}) == {"a": 0.25}


def test_equation_13_is_the_dot_product_where_eta_t_l_is_small(tmp_path, monkeypatch, base_folder, params):
    monkeypatch.chdir(tmp_path)
    paths = Paths(profile="embedded")
    shutil.copytree(base_folder, paths.warmup)
    write_json(paths.warmup / "record.json", {"num_steps": 40, "sum_of_rates": 1e-6})
    write_pairs(paths.pool, POOL)
    write_pairs(paths.seeds, SEEDS)
    changes = {
        "budgets": [3, 6],
        "curvature": params.curvature.model_copy(update={"dtype": "float32"}),
        "diversity": params.diversity.model_copy(update={"num_clusters": 4, "min_cluster_size": 1}),
    }
    micro = params.model_copy(update=changes)
    model, tokenizer = load_model(paths.warmup), load_tokenizer(paths.warmup)
    examples, seeds = (encode_instructions(pairs, tokenizer, micro.prompt) for pairs in (POOL, SEEDS))
    bases = eigenbases(factors(model, tracked_linears(model, 1, ["mlp.down_proj"]), examples, 1000))
    save_curvature(paths.curvature, bases)
    damping = Damping.of(micro.influence, 40, 1e-6)
    compute = exact(model, examples, seeds, bases, damping, micro.influence).passes[0]()
    compute_shards(paths.influence, tmp_path / "one", "influence", IDS, 24, compute)
    points = np.random.default_rng(1).normal(size=(24, 5)).astype(np.float32)
    compute_shards(paths.gradients, tmp_path / "two", "gradient", IDS, 24, lambda rows: points[rows.start : rows.stop])

    dot, lemma, both = measure(micro, paths)
    assert [row["damping"] for row in (dot, lemma, both)] == ["dot_product", "equation_13", "equation_13"]
    assert both["against"] == "dot_product"
    assert both["spearman"] > 0.999
    assert both["sign_agreement"] == both["survivors"] == both["gdig_quality_b0003"] == 1
    assert 0 < lemma["largest_eta_t_l"] < 1e-3
    assert "eigen, relative 0.1" in dot["against"]
    # Damping by a tenth of the mean eigenvalue is not.
    assert dot["spearman"] < 0.99
    assert set(dot) >= {"gdig_b0003", "gdig_b0006", "gdig_quality_b0006", "spearman_share_helped"}
