"""A tracked linear that no gradient reaches adds nothing, whatever estimates influence, and nothing is NaN."""

import logging
from pathlib import Path

import numpy as np
import pytest
import torch

from gdig.influence.damping import Damping
from gdig.influence.ekfac import curvature
from gdig.influence.estimators import exact, from_sketches
from gdig.influence.kfac import Eigenbasis, without_curvature
from gdig.influence.probe import agreement, check_agreement
from gdig.influence.sketch import sketches
from gdig.lm.passes.shards import compute_shards
from tests.conftest import toy_examples, toy_model

CANDIDATES, SEEDS, SAMPLE = toy_examples(20, seed=2), toy_examples(6, seed=3), toy_examples(30, seed=4)
BLOCK = "model.layers.1.mlp"
NAMES = [f"{BLOCK}.{name}" for name in ("gate_proj", "up_proj", "down_proj")]


def without_gradient(model):
    """Nothing of the block reaches the residual stream: gate and up have no gradient, down has one."""
    model.get_submodule(NAMES[2]).weight.zero_()
    return NAMES[:2]


def without_input(model):
    """What down reads is 0; it has no gradient to hand to gate and up either, whose product is with 0."""
    model.get_submodule(NAMES[0]).weight.zero_()
    return [NAMES[1], NAMES[2]]


@pytest.mark.parametrize("make", [without_gradient, without_input])
@pytest.mark.parametrize("kind", ["kfac", "ekfac"])
@pytest.mark.parametrize(
    ("how", "value", "inverse", "route"),
    [
        ("relative", 0.1, "eigen", "dense"), ("relative", 0.1, "factored", "hybrid"), ("fixed", 0.1, "eigen", "dense"),
        ("relative", 0.1, "factored", "token_pairs"), ("fixed", 0.1, "factored", "dense"),
        ("lemma", None, "eigen", "dense"), ("relative", 0.1, "eigen", "low_rank"),
    ],
)  # fmt: skip
def test_it_adds_nothing_in_any_way_of_computing(params, make, kind, how, value, inverse, route):
    if kind == "ekfac" and inverse == "factored":
        pytest.skip("no factored inverse of EK-FAC")
    model = toy_model(dtype=torch.float32)
    with torch.no_grad():
        dead = make(model)
    bases = curvature(model, NAMES, SAMPLE, kind=kind, max_tokens=500, memory_gib=1.0)
    assert without_curvature(bases) == dead
    settings = params.influence.model_copy(update={"probe": 36, "route": route, "memory_gib": 1.0, "rank": 8})
    damping = Damping(how, value, inverse, 50, 0.01)

    def found(some):
        estimator = exact(model, CANDIDATES, SEEDS, some, damping, settings)
        agreed = check_agreement(
            model, CANDIDATES, SEEDS, some, damping, settings, estimator.estimate, estimator.trials
        )
        assert agreed.sign_agreement > 0.95
        return np.asarray(estimator.passes[0]()(range(len(CANDIDATES))))

    whole = found(bases)
    assert np.isfinite(whole).all()
    np.testing.assert_allclose(whole, found({name: bases[name] for name in NAMES if name not in dead}), rtol=1e-5)


def test_sketches_of_it_are_zero(params, tmp_path):
    model = toy_model(dtype=torch.float32)
    with torch.no_grad():
        without_gradient(model)
    bases = curvature(model, NAMES, SAMPLE, kind="kfac", max_tokens=500, memory_gib=1.0)

    def compute(rows):
        return sketches(model, [CANDIDATES[row] for row in rows], bases, 12, 500).numpy()

    ids = [candidate.id for candidate in CANDIDATES]
    compute_shards(tmp_path / "cache", tmp_path / "scratch", "sketch", ids, 7, compute)
    settings = params.influence.model_copy(update={"probe": 36})
    damping = Damping("relative", 0.1, "eigen", 1, 1.0)
    estimator = from_sketches(model, CANDIDATES, SEEDS, bases, damping, settings, cache=Path(tmp_path / "cache"))
    exact_NM = exact(model, CANDIDATES, SEEDS, bases, damping, settings).passes[0]()(range(len(CANDIDATES)))
    np.testing.assert_allclose(
        np.asarray(estimator.passes[0]()(range(len(CANDIDATES)))), exact_NM, atol=1e-4 * np.abs(exact_NM).max()
    )


def test_it_is_named_and_a_model_of_such_linears_alone_is_refused(caplog):
    model = toy_model(dtype=torch.float32)
    with torch.no_grad():
        dead = without_gradient(model)
    bases = curvature(model, NAMES, SAMPLE, kind="kfac", max_tokens=500, memory_gib=1.0)
    with caplog.at_level(logging.WARNING):
        without_curvature(bases)
    assert f"no gradient reaches {BLOCK}.gate_proj, {BLOCK}.up_proj: they add nothing to influence" in caplog.text
    with pytest.raises(ValueError, match=r"no tracked linear has a gradient .*; track others by curvature.linears"):
        without_curvature({name: bases[name] for name in dead})


@pytest.mark.parametrize(("estimate", "truth", "what"), [(np.nan, 1, "the estimate"), (1, -np.inf, "exact influence")])
def test_the_probe_stops_at_what_is_no_number(estimate, truth, what):
    one, other = torch.ones(2, 3), torch.ones(2, 3)
    one[1, 2], other[0, 1] = estimate, truth
    with pytest.raises(ValueError, match=f"probe: {what} is no number for 1 of 6 pairs; take curvature.dtype"):
        agreement(one, other)


def test_curvature_that_is_no_number_is_not_taken_for_none():
    """It must reach the probe, not vanish as a linear without gradient."""
    basis = Eigenbasis(torch.tensor([0.0, float("nan")]), torch.eye(2), torch.ones(3), torch.eye(3))
    assert without_curvature({"a": basis}) == []
    assert not torch.isfinite(Damping("relative", 0.1, "eigen", 1, 1.0).spectrum(basis)).all()
