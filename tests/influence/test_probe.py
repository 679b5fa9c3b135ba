import pytest
import torch

from gdig.influence.damping import Damping
from gdig.influence.kfac import eigenbases, factors
from gdig.influence.probe import agreement, check_agreement, other_routes, probe_sizes
from gdig.influence.score import influence, precondition_seeds
from gdig.lm.layers import tracked_linears
from tests.conftest import toy_examples, toy_model

EIGEN = Damping("relative", 0.1, "eigen", 1, 1.0)


@pytest.fixture
def probe(params):
    """Run the check on a toy model with changed settings."""
    model = toy_model(dtype=torch.float32)
    names = tracked_linears(model, 1, ["mlp.up_proj", "mlp.down_proj"])
    candidates, seeds = toy_examples(30, seed=2), toy_examples(12, seed=3)
    bases = eigenbases(factors(model, names, toy_examples(30, seed=4), 1000))

    def run(**changes):
        settings = params.influence.model_copy(update={"route": "dense", "probe": 100} | changes)
        routes = dict.fromkeys(names, settings.route)
        prepared = precondition_seeds(model, seeds, bases, EIGEN, routes, settings)
        if changes.get("broken"):
            prepared[names[0]].gradients_MXY.neg_()

        def estimate(few, few_seeds):
            return influence(model, few, prepared, 100)[:, [seeds.index(seed) for seed in few_seeds]]

        trials = other_routes(model, bases, EIGEN, routes, settings)
        return check_agreement(model, candidates, seeds, bases, EIGEN, settings, estimate, trials)

    return run


def test_an_exact_route_agrees(probe):
    found = probe()
    assert found.num_pairs == 100
    assert found.sign_agreement == 1
    assert found.spearman > 0.99999


def test_a_bfloat16_model_agrees_with_float32_and_float32_is_what_it_is_held_against(params):
    """Rounding a toy's weights moves its influence; the probe sees that, and that it is small."""
    exact_model, model = toy_model(dtype=torch.float32), toy_model(dtype=torch.bfloat16)
    names = tracked_linears(model, 1, ["mlp.up_proj", "mlp.down_proj"])
    candidates, seeds = toy_examples(30, seed=2), toy_examples(12, seed=3)
    bases = eigenbases(factors(model, names, toy_examples(30, seed=4), 1000))
    assert all(basis.s_O.dtype == torch.float32 for basis in bases.values())
    settings = params.influence.model_copy(update={"probe": 100, "min_agreement": 0.9})
    prepared = precondition_seeds(model, seeds, bases, EIGEN, dict.fromkeys(names, "dense"), settings)

    def estimate(few, few_seeds):
        return influence(model, few, prepared, 100)[:, [seeds.index(seed) for seed in few_seeds]]

    found = check_agreement(exact_model, candidates, seeds, bases, EIGEN, settings, estimate, [])
    assert 0.98 < found.spearman < 1


def test_too_low_a_rank_is_refused_with_what_would_do(probe):
    with pytest.raises(ValueError, match=r"of the signs") as error:
        probe(route="low_rank", rank=1, min_agreement=0.99)
    assert "influence.route = dense" in str(error.value)
    message = str(error.value)
    enough = int(message.split("influence.rank = ")[1].split()[0])
    assert probe(route="low_rank", rank=enough, min_agreement=0.99).sign_agreement >= 0.99


def test_a_broken_engine_does_not_pass(probe):
    with pytest.raises(ValueError, match=r"fewer than influence.min_agreement = 98.0%"):
        probe(broken=True)


def test_agreement_of_signs_and_ranks():
    exact = torch.tensor([[-1.0, 2.0], [3.0, -4.0]])
    assert agreement(exact * 5, exact).spearman == pytest.approx(1)
    found = agreement(torch.tensor([[-1.0, 2.0], [3.0, 4.0]]), exact)
    assert found.sign_agreement == 0.75


@pytest.mark.parametrize(
    ("pairs", "sizes"), [(256, (16, 16)), (256, (64, 4)), (1, (1, 1)), (10_000, (30, 12)), (9, (9, 1))]
)
def test_the_probe_is_square_where_it_can_be(pairs, sizes):
    available = {(64, 4): (100, 4), (30, 12): (30, 12), (9, 1): (100, 1)}.get(sizes, (1000, 1000))
    assert probe_sizes(pairs, *available) == sizes
