"""Exact influence in one or several passes, and from sketches, against each other and the exact figures."""

import numpy as np
import pytest
import torch

from gdig.influence.damping import Damping
from gdig.influence.ekfac import corrected
from gdig.influence.estimators import exact, from_sketches
from gdig.influence.kfac import eigenbases, factors
from gdig.influence.probe import agreement, check_agreement, exact_influence
from gdig.influence.sketch import estimate, rank_of, sketches, width
from gdig.io.matrix import read_matrix
from gdig.lm.layers import tracked_linears
from gdig.lm.passes.shards import compute_columns, compute_shards
from tests.conftest import toy_examples, toy_model

CANDIDATES, SEEDS, SAMPLE = toy_examples(30, seed=2), toy_examples(12, seed=3), toy_examples(40, seed=4)
IDS = [candidate.id for candidate in CANDIDATES]
WHOLE = 12
"""The largest side of a linear of the toy model."""


@pytest.fixture
def setting(params):
    """Model, bases and damping, in float32 as shards hold it."""
    model = toy_model(dtype=torch.float32)
    names = tracked_linears(model, 1, ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"])
    settings = params.influence.model_copy(update={"probe": 100, "shard_size": 7})
    return model, eigenbases(factors(model, names, SAMPLE, 1000)), Damping("relative", 0.1, "eigen", 1, 1.0), settings


def run(estimator, folder):
    compute_columns(folder / "out", folder / "scratch", "influence", IDS, 7, estimator.passes)
    assert not [path for path in folder.iterdir() if path.is_dir() and path.name != "out"]
    return read_matrix(folder / "out", "influence")[1]


def save_sketches(model, bases, rank, folder):
    def compute(rows):
        return sketches(model, [CANDIDATES[row] for row in rows], bases, rank, 100).numpy()

    compute_shards(folder, folder.with_name("scratch-of-sketches"), "sketch", IDS, 11, compute)


def test_several_passes_give_what_one_gives(setting, tmp_path):
    model, bases, damping, settings = setting
    one = exact(model, CANDIDATES, SEEDS, bases, damping, settings)
    assert len(one.passes) == 1
    expected = run(one, tmp_path / "one")
    mib = one.record["seed_gradients_mib"]
    several = exact(
        model, CANDIDATES, SEEDS, bases, damping, settings.model_copy(update={"memory_gib": 0.3 * mib / 1024})
    )
    assert several.record["num_passes"] == 4
    check_agreement(model, CANDIDATES, several.seeds, bases, damping, settings, several.estimate, several.trials)
    np.testing.assert_allclose(run(several, tmp_path / "several"), expected, rtol=1e-4, atol=1e-6)


def test_a_finished_pass_is_not_made_again(tmp_path):
    made = []

    def one(number, fails):
        made.append(number)
        if fails:
            raise RuntimeError("power cut")
        return lambda rows: np.full((len(rows), 2), number, dtype=np.float32)

    arguments = tmp_path / "out", tmp_path / "scratch", "influence", IDS, 7
    with pytest.raises(RuntimeError):
        compute_columns(*arguments, [lambda: one(0, False), lambda: one(1, True)])
    compute_columns(*arguments, [lambda: one(0, False), lambda: one(1, False)])
    assert made == [0, 1, 1]
    assert read_matrix(tmp_path / "out", "influence")[1].tolist() == [[0, 0, 1, 1]] * len(IDS)


@pytest.mark.parametrize(
    ("kind", "damping"),
    [
        ("kfac", Damping("relative", 0.1, "eigen", 1, 1.0)),
        ("kfac", Damping("fixed", 0.01, "factored", 1, 1.0)),
        ("kfac", Damping("lemma", None, "eigen", 20, 1.0)),
        ("ekfac", Damping("relative", 0.1, "eigen", 1, 1.0)),
        ("ekfac", Damping("lemma", None, "eigen", 20, 1.0)),
    ],
)
def test_sketches_of_full_rank_are_exact_for_any_damping(setting, tmp_path, kind, damping):
    model, bases, _, settings = setting
    if kind == "ekfac":
        bases = corrected(model, bases, SAMPLE, 1000)
    save_sketches(model, bases, WHOLE, tmp_path / "sketch")
    found = run(
        from_sketches(model, CANDIDATES, SEEDS, bases, damping, settings, tmp_path / "sketch"), tmp_path / "run"
    )
    expected = exact_influence(model, CANDIDATES, SEEDS, bases, damping).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).mean())


def test_agreement_rises_with_the_rank(setting):
    model, bases, damping, _ = setting
    expected = exact_influence(model, CANDIDATES, SEEDS, bases, damping)
    found = [agreement(estimate(model, bases, damping, r, 100)(CANDIDATES, SEEDS), expected) for r in (1, 4, 8, 12)]
    assert found[0].spearman < found[1].spearman < found[2].spearman < found[3].spearman
    assert found[3].spearman > 0.9999


def test_a_rank_too_low_is_refused_with_one_that_would_do(setting, tmp_path):
    model, bases, damping, settings = setting
    save_sketches(model, bases, 1, tmp_path / "sketch")
    low = from_sketches(model, CANDIDATES, SEEDS, bases, damping, settings, tmp_path / "sketch")
    with pytest.raises(ValueError, match=r"enough here: gradients.sketch_rank = (8|16)$"):
        check_agreement(model, CANDIDATES, low.seeds, bases, damping, settings, low.estimate, low.trials)


def test_the_rank_is_read_off_the_width(setting):
    _, bases, _, _ = setting
    assert [rank_of(bases, width([b.shape for b in bases.values()], rank)) for rank in (1, 5, 8, 12)] == [1, 5, 8, 12]
