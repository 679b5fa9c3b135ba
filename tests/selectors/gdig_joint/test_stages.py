"""The stages on a pool of 60 pairs: controls, cleanliness, rank_gdig_joint."""

import shutil

import numpy as np
import pytest
import torch

from gdig.influence.damping import Damping
from gdig.influence.estimators import exact
from gdig.influence.kfac import eigenbases, factors, save_curvature
from gdig.io.files import digest, read_json, write_json
from gdig.io.matrix import read_matrix
from gdig.io.ranking import iterate_ranking, read_ranking, write_ranking
from gdig.io.records import CLEAN, Pair, read_rows, write_pairs, write_rows
from gdig.labels import auc
from gdig.lm.layers import tracked_linears
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.loss import dataset_losses
from gdig.lm.passes.shards import compute_shards
from gdig.lm.prompt import encode_base_format, encode_instructions
from gdig.run.paths import Paths
from gdig.selectors.gdig_joint.cleanliness import (
    NAMES,
    consistency,
    control_evidence,
    fit_logistic,
    held_out_scores,
    pool_evidence,
    relative_positions,
)
from gdig.selectors.gdig_joint.controls import make_controls
from gdig.tools.contract import load_stages
from stages import cleanliness, controls, rank_gdig_joint, rank_gdig_joint_filtered
from tests.conftest import ROOT, toy_pairs

POOL = toy_pairs(60)
IDS = [pair.id for pair in POOL]
SEEDS = [Pair(f"s-{pair.id}", pair.src, pair.trg) for pair in toy_pairs(80)[60:]]


@pytest.fixture(scope="module")
def paths():
    return Paths(profile="embedded", selector="gdig_joint")


@pytest.fixture(scope="module")
def micro(params):
    changes = {
        "budgets": [8, 16],
        "curvature": params.curvature.model_copy(update={"dtype": "float32"}),
        "cleanliness": params.cleanliness.model_copy(update={"num_samples": 50}),
    }
    return params.model_copy(update=changes)


@pytest.fixture(scope="module")
def site(tmp_path_factory, base_folder, paths, micro):
    """What comes before: a warm-up model, its curvature, influence, gradients and losses of the pool."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        paths.base.parent.mkdir(parents=True)
        paths.base.symlink_to(base_folder)
        shutil.copytree(base_folder, paths.warmup)
        write_json(paths.warmup / "record.json", {"num_steps": 40, "sum_of_rates": 0.02})
        write_pairs(paths.pool, POOL)
        write_pairs(paths.seeds, SEEDS)
        model, tokenizer = load_model(paths.warmup), load_tokenizer(paths.warmup)
        examples, seeds = (encode_instructions(pairs, tokenizer, micro.prompt) for pairs in (POOL, SEEDS))
        names = tracked_linears(model, 1, ["mlp.down_proj"])
        bases = eigenbases(factors(model, names, examples, 1000))
        save_curvature(paths.curvature, bases)
        damping = Damping.of(micro.influence, 40, 0.02)
        influence = exact(model, examples, seeds, bases, damping, micro.influence).passes[0]()
        points = np.random.default_rng(1).normal(size=(60, 5)).astype(np.float32)
        losses = dataset_losses(model, examples, 512, "loss")
        base_losses = dataset_losses(load_model(paths.base), encode_base_format(POOL, tokenizer, micro.prompt), 512, "")
        compute_shards(paths.influence, folder / "one", "influence", IDS, 60, influence)
        compute_shards(
            paths.gradients, folder / "two", "gradient", IDS, 60, lambda rows: points[rows.start : rows.stop]
        )
        write_ranking(paths.loss_ranking, IDS, losses)
        write_ranking(paths.base_loss_ranking, IDS[::-1], base_losses)
        yield folder


def test_the_rankings_that_it_reads_are_made_whatever_selectors_are_named():
    stages = load_stages(ROOT)
    for name in ("loss", "base_loss"):
        assert stages[f"rank_{name}"]["matrix"] == {"profile": ["${profile}"]}
        assert f"data/${{item.profile}}/rankings/{name}/ranking.jsonl" in stages["cleanliness"]["deps"]


@pytest.fixture(scope="module")
def made(site, paths, micro):
    controls.main(micro, paths)
    cleanliness.main(micro, paths)
    rank_gdig_joint.main(micro, paths, "gdig_joint")


def test_controls_are_measured_as_the_pool_is_and_judged_by_other_seeds_alone(made, paths, micro):
    rows = {row["id"]: row for row in read_rows(paths.controls)}
    expected = make_controls(SEEDS, POOL, micro.controls)
    assert [(r["id"], r["seed"], r["kind"], r["src"], r["trg"]) for r in rows.values()] == [
        (c.pair.id, c.seed, c.kind, c.pair.src, c.pair.trg) for c in expected
    ]
    pairs = [control.pair for control in expected]
    model, tokenizer = load_model(paths.warmup), load_tokenizer(paths.warmup)
    examples = encode_instructions(pairs, tokenizer, micro.prompt)
    seeds = encode_instructions(SEEDS, tokenizer, micro.prompt)
    bases = eigenbases(factors(model, tracked_linears(model, 1, ["mlp.down_proj"]),
                               encode_instructions(POOL, tokenizer, micro.prompt), 1000))  # fmt: skip
    damping = Damping.of(micro.influence, 40, 0.02)
    influence = exact(model, examples, seeds, bases, damping, micro.influence).passes[0]()(range(len(pairs)))
    losses = dataset_losses(model, examples, 512, "by hand")
    base = dataset_losses(model, encode_base_format(pairs, tokenizer, micro.prompt), 512, "by hand")
    for number, (control, row) in enumerate(zip(expected, rows.values(), strict=True)):
        apart = np.array([seed.id != control.seed for seed in SEEDS])
        assert apart.sum() == len(SEEDS) - 1
        assert row["consistency"] == pytest.approx(consistency(influence[number, apart][None])[0], rel=1e-3, abs=1e-4)
        assert row["loss"] == pytest.approx(losses[control.pair.id], abs=1e-5)
        assert row["base_loss"] == pytest.approx(base[control.pair.id], abs=1e-5)


def test_losses_are_in_float32_whatever_influence_is_computed_in(made, paths, micro):
    before = {row["id"]: row for row in read_rows(paths.controls)}
    kept = paths.controls.read_bytes()
    try:
        half = micro.curvature.model_copy(update={"dtype": "bfloat16"})
        controls.main(micro.model_copy(update={"curvature": half}), paths)
        after = {row["id"]: row for row in read_rows(paths.controls)}
    finally:
        paths.controls.write_bytes(kept)
    assert [row["loss"] for row in after.values()] == [row["loss"] for row in before.values()]
    assert any(row["consistency"] != before[i]["consistency"] for i, row in after.items())


def test_of_every_candidate_a_probability(made, paths):
    rows = read_rows(paths.cleanliness)
    assert [row["id"] for row in rows] == IDS
    assert all(row.keys() == {"id", "probability"} and 0 <= row["probability"] <= 1 for row in rows)
    found = read_json(paths.cleanliness_metrics)
    assert paths.cleanliness_metrics.read_bytes() == paths.cleanliness_metrics_copy.read_bytes()
    kinds = [row["kind"] for row in read_rows(paths.controls)]
    assert found["controls"]["num_sound"] == kinds.count("clean") == len(SEEDS)
    assert found["controls"]["num_corrupted"] == len(kinds) - len(SEEDS)
    assert set(found["controls"]["auc_of_kind"]) == set(kinds) - {"clean"}
    assert sum(row["weight"] for row in found["reliability"]) == pytest.approx(1, abs=1e-5)
    assert set(found["seeds"]["most_doubtful"]) <= {seed.id for seed in SEEDS}
    assert found["seeds"]["num_doubtful"] <= len(SEEDS)
    assert found["noise"]["low"] <= found["noise"]["share"] <= found["noise"]["high"]
    assert found["num_likely_sound"] == sum(row["probability"] >= 0.5 for row in rows)


def test_what_the_selector_asks_for_changes_nothing_before_it(made, paths, micro):
    before = digest(paths.cleanliness), digest(paths.cleanliness_metrics)
    stricter = micro.rank_gdig_joint.model_copy(update={"min_probability": 0.9})
    cleanliness.main(micro.model_copy(update={"rank_gdig_joint": stricter}), paths)
    assert (digest(paths.cleanliness), digest(paths.cleanliness_metrics)) == before


def test_the_ranking_is_as_long_as_the_largest_budget_and_tells_when_it_is_filled_up(made, paths, micro, caplog):
    rows = {row["id"]: row for row in read_rows(paths.cleanliness)}
    scores = dict(iterate_ranking(paths.ranking))
    assert len(scores) == 16
    assert scores == pytest.approx({i: rows[i]["probability"] for i in scores}, rel=1e-5)
    kept = paths.ranking.read_bytes()
    strict = micro.rank_gdig_joint.model_copy(update={"min_probability": 1.0})
    try:
        rank_gdig_joint.main(micro.model_copy(update={"rank_gdig_joint": strict}), paths, "gdig_joint")
        found = read_ranking(paths.ranking)
    finally:
        paths.ranking.write_bytes(kept)
    probabilities = [rows[i]["probability"] for i in found]
    assert probabilities == sorted(probabilities, reverse=True)
    assert "0 pairs are sound with probability 1.0 or more, fewer than the largest budget 16" in caplog.text


def test_controls_that_are_not_told_apart_are_warned_of(made, paths, micro, caplog):
    kept = {path: path.read_bytes() for path in (paths.controls, paths.cleanliness, paths.cleanliness_metrics)}
    try:
        write_rows(paths.controls, [row | {"consistency": 0.1, "loss": 2.0, "base_loss": 2.0}
                                    for row in read_rows(paths.controls)])  # fmt: skip
        cleanliness.main(micro, paths)
        found = read_json(paths.cleanliness_metrics)
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
        cleanliness.main(micro, paths)
    assert "corrupted seeds are hardly told from sound ones (AUC 0.50)" in caplog.text
    assert found["noise"] == {"share": 0.5, "low": 0.0, "high": 1.0, "confidence": 0.95}


def test_the_noise_share_rests_on_controls_that_their_fit_has_not_seen(made, paths, micro):
    """Controls score better by a fit that has seen them, which would make the pool look noisier or cleaner than it is.

    Evidence is drawn at random here, so that only a fit that has seen the controls separates them.
    """
    kept = {path: path.read_bytes() for path in (paths.controls, paths.cleanliness, paths.cleanliness_metrics)}
    ids, influence = read_matrix(paths.influence, "influence")
    losses, base = (dict(iterate_ranking(path)) for path in (paths.loss_ranking, paths.base_loss_ranking))
    pool = pool_evidence(ids, influence, base, losses)
    rng = np.random.default_rng(5)
    drawn = {name: rng.permutation(pool.values_NF[:, column]) for column, name in enumerate(NAMES)}
    rows = [
        row | {name: float(drawn[name][number]) * (1 if name == "consistency" else -1) for name in NAMES}
        for number, row in enumerate(read_rows(paths.controls))
    ]
    try:
        write_rows(paths.controls, rows)
        cleanliness.main(micro, paths)
        found = read_json(paths.cleanliness_metrics)
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    positions_CF = relative_positions(pool, control_evidence(rows))
    sound_C = np.array([row["kind"] == CLEAN for row in rows])
    groups_C = np.unique([row["seed"] for row in rows], return_inverse=True)[1]
    ridge = micro.cleanliness.ridge
    held_out = held_out_scores(positions_CF, sound_C, groups_C, ridge)
    in_sample = fit_logistic(positions_CF, sound_C, ridge).decision_function(positions_CF)
    assert auc(held_out, sound_C) < 0.5 < 0.6 < auc(in_sample, sound_C)
    assert found["controls"]["auc"] == pytest.approx(auc(held_out, sound_C), abs=1e-5)
    # By a fit that has seen them some of the pool would certainly be noise, and some not.
    assert found["noise"]["high"] - found["noise"]["low"] > 0.9


def test_stages_run_again_give_the_same_bytes(made, paths, micro):
    outs = (paths.controls, paths.cleanliness, paths.cleanliness_metrics, paths.ranking)
    before = [digest(out) for out in outs]
    torch.manual_seed(99)
    controls.main(micro, paths)
    cleanliness.main(micro, paths)
    rank_gdig_joint.main(micro, paths, "gdig_joint")
    assert [digest(out) for out in outs] == before


def test_behind_a_filter_it_chooses_anew(made, paths, micro):
    first = read_ranking(paths.ranking)
    kept = [i for i in IDS if i not in first[:8]]
    write_rows(paths.filter_kept, ({"id": i} for i in kept))
    write_json(paths.filter_summary, {"num_kept": len(kept)})
    rank_gdig_joint_filtered.main(micro, paths, "gdig_joint")
    found = read_ranking(paths.filtered_ranking)
    assert len(found) == 16  # more than are left of the plain ranking
    assert set(found) <= set(kept)
    assert read_json(paths.filtered_summary) == {"num_kept": len(kept)}
    write_rows(paths.filter_kept, ({"id": i} for i in IDS))
    rank_gdig_joint_filtered.main(micro, paths, "gdig_joint")
    assert paths.filtered_ranking.read_bytes() == paths.ranking.read_bytes()
