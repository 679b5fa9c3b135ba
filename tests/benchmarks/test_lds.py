import numpy as np
import pytest
import torch

from benchmarks.lds import __main__ as command
from benchmarks.lds.__main__ import agreement
from benchmarks.lds.states import ensemble, trajectory
from benchmarks.lds.variants import DEFAULT, VARIANTS, Variant, low_loss, predict
from gdig.lm.batches import pad
from gdig.lm.load import load_model, save
from gdig.lm.loss import example_losses
from gdig.run.paths import Paths
from gdig.training.run import train
from gdig.trials.lds_subsets import draw
from tests.conftest import default_values, toy_examples, toy_model, write_params
from tests.training.toy import settings, tokenizer

NAMES = ["model.layers.1.mlp.down_proj"]
HOW = {"layer_step": 2, "linears": ("mlp.down_proj",)}


@pytest.fixture
def base(tmp_path):
    save(tmp_path / "base", toy_model(dtype=torch.float32), tokenizer())
    return tmp_path / "base"


def gradients(model, examples, loss="mean"):
    """By plain autograd, one example at a time."""
    weight = model.get_submodule(NAMES[0]).weight
    found = []
    for example in examples:
        value = example_losses(model, pad([example])).sum()
        value = value * (example.num_response_tokens if loss == "sum" else 1)
        found.append(torch.autograd.grad(value, weight)[0].flatten())
    return torch.stack(found)


@pytest.mark.parametrize("loss", ["mean", "sum"])
@pytest.mark.parametrize("preconditioner", ["none", "adam"])
def test_dot_products_are_those_of_autograd(preconditioner, loss):
    model, candidates, seeds = toy_model(dtype=torch.float32), toy_examples(6, 1), toy_examples(4, 2)
    moments = {f"{NAMES[0]}.weight": torch.rand(model.get_submodule(NAMES[0]).weight.shape) + 0.1}
    variant = Variant(name="x", preconditioner=preconditioner, loss=loss, **HOW)
    scale = 1 / moments[f"{NAMES[0]}.weight"].sqrt().flatten() if preconditioner == "adam" else 1.0
    expected = -gradients(model, candidates, loss) @ (gradients(model, seeds) * scale).T
    found = predict(variant, model, moments, candidates, seeds, candidates)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))


def test_the_last_state_is_the_warm_up_and_moments_are_those_of_its_optimizer(base):
    examples, how = toy_examples(12), settings(epochs=4.0)
    states = trajectory(base, examples, how, seed=3, count=3)
    assert [state.step for state in states] == [4, 8, 12]
    model = load_model(base)
    train(model, examples, how, 3, "warm-up")
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(states[-1].weights[name], tensor, rtol=0, atol=0)
    assert states[0].weights[f"{NAMES[0]}.weight"].ne(states[-1].weights[f"{NAMES[0]}.weight"]).any()
    assert all((state.second_moments[f"{NAMES[0]}.weight"] >= 0).all() for state in states)
    assert states[-1].second_moments[f"{NAMES[0]}.weight"].max() > 0


def test_an_ensemble_is_runs_on_halves_that_the_seed_draws(base):
    examples, how = toy_examples(12), settings(epochs=4.0)
    states = ensemble(base, examples, 0.5, how, seed=5, num_runs=2, count=2)
    assert [state.step for state in states] == [3, 6, 3, 6]
    ids = [example.id for example in examples]
    assert not set(map(tuple, draw(ids, 12, 2, 0.5, seed=5))) & set(map(tuple, draw(ids, 12, 60, 0.5, seed=4)))
    half = draw(ids, 12, 2, 0.5, seed=5)[1]
    model = load_model(base)
    train(model, [examples[ids.index(i)] for i in half], how, 6, "second run")
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(states[-1].weights[name], tensor, rtol=0, atol=0)


def test_agreement_is_over_pairs_for_each_seed_and_of_means():
    default_NM = np.array([[0.0, 3.0], [1.0, 1.0], [4.0, 2.0]])
    assert agreement(default_NM, default_NM) == pytest.approx({"per_seed": 1.0, "of_mean": 1.0})
    turned_NM = default_NM * [1.0, -1.0]
    assert agreement(turned_NM, default_NM)["per_seed"] == pytest.approx(0.0)
    assert agreement(turned_NM, default_NM)["of_mean"] == pytest.approx(0.5)


def test_variants_have_names_of_their_own_and_low_loss_is_one_column_for_every_seed():
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)
    assert DEFAULT in VARIANTS
    model, candidates = toy_model(dtype=torch.float32), toy_examples(5, 1)
    found = low_loss(model, candidates, 3)
    assert found.shape == (5, 3)
    torch.testing.assert_close(found[:, 0], found[:, 2])


@pytest.mark.parametrize("skip", [-1, 58, 60])
def test_at_least_three_subsets_are_left(tmp_path, monkeypatch, capsys, params, skip):
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path, default_values())
    Paths(profile=params.profile).lds_losses.mkdir(parents=True)
    monkeypatch.setattr("sys.argv", ["lds", "--skip", str(skip)])
    with pytest.raises(SystemExit):
        command.main()
    assert f"--skip {skip}: of 60 subsets 3 at least must be left" in capsys.readouterr().err
