import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from gdig.config import Influence
from gdig.curvature.damping import inverse_spectrum
from gdig.curvature.kfac import Eigenbasis, eigenbasis, factors
from gdig.data.batches import pad
from gdig.influence import influence, precondition, precondition_seeds
from gdig.model.layers import tracked_linears
from gdig.model.loss import example_losses
from tests.conftest import toy_examples, toy_model

LINEARS = ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]


def inverse(eigenvalues):
    return 1 / (eigenvalues + 0.1 * eigenvalues.mean())


def oracle(model, names, candidates, seeds, statistics):
    """-g_t^T (S (x) A + lambda I)^{-1} g_m by autograd weight gradients and a dense float64 solve."""

    def gradients(example):
        weights = [model.get_submodule(name).weight for name in names]
        return torch.autograd.grad(example_losses(model, pad([example]))[0], weights)

    candidate_grads = [gradients(example) for example in candidates]
    seed_grads = [gradients(example) for example in seeds]
    total = torch.zeros(len(candidates), len(seeds), dtype=torch.float64)
    for index, name in enumerate(names):
        curvature = torch.kron(*statistics[name])
        damping = 0.1 * curvature.diagonal().sum() / len(curvature)  # the mean eigenvalue is trace / size
        damped = curvature + damping * torch.eye(len(curvature), dtype=torch.float64)
        g_m = torch.stack([g[index].flatten() for g in candidate_grads])
        g_t = torch.stack([g[index].flatten() for g in seed_grads])
        total -= g_m @ torch.linalg.solve(damped, g_t.T)
    return total


@pytest.mark.parametrize("max_tokens", [1, 40, 1000])
def test_influence_equals_the_dense_oracle(model, max_tokens):
    names = tracked_linears(model, 1, LINEARS)
    candidates, seeds = toy_examples(9, seed=2), toy_examples(4, seed=3)
    statistics = factors(model, names, toy_examples(20, seed=4), 1000)
    bases = {name: eigenbasis(*pair) for name, pair in statistics.items()}
    seed_gradients = precondition_seeds(model, seeds, bases, inverse, max_tokens=max_tokens, memory_gib=1)
    result = influence(model, candidates, seed_gradients, max_tokens)
    expected = oracle(model, names, candidates, seeds, statistics)
    torch.testing.assert_close(result, expected, rtol=1e-7, atol=1e-9 * expected.abs().max().item())


def test_float32_agrees_with_float64_in_sign_and_rank(model):
    names = tracked_linears(model, 1, LINEARS)
    candidates, seeds = toy_examples(60, seed=2), toy_examples(16, seed=3)
    results = []
    for dtype in (torch.float64, torch.float32):
        typed = toy_model(dtype=dtype)
        bases = {
            name: eigenbasis(*pair) for name, pair in factors(typed, names, toy_examples(40, seed=4), 1000).items()
        }
        seed_gradients = precondition_seeds(typed, seeds, bases, inverse, max_tokens=500, memory_gib=1)
        results.append(influence(typed, candidates, seed_gradients, 500).double())
    exact, single = results
    assert ((exact < 0) == (single < 0)).double().mean() >= 0.999
    assert spearmanr(exact.flatten(), single.flatten()).statistic >= 0.9999


@settings(max_examples=25, deadline=None)
@given(outputs=st.integers(1, 6), inputs=st.integers(1, 6), seed=st.integers(0, 1000))
def test_preconditioning_is_a_solve_for_any_shape(outputs, inputs, seed):
    generator = torch.Generator().manual_seed(seed)

    def factor(size):
        rows = torch.randn(size + 2, size, dtype=torch.float64, generator=generator)
        return rows.T @ rows

    s_OO, a_II = factor(outputs), factor(inputs)
    grad_BOI = torch.randn(3, outputs, inputs, dtype=torch.float64, generator=generator)
    damped = torch.kron(s_OO, a_II) + 0.7 * torch.eye(outputs * inputs, dtype=torch.float64)
    expected = torch.linalg.solve(damped, grad_BOI.flatten(1).T).T.unflatten(1, (outputs, inputs))
    result = precondition(grad_BOI, eigenbasis(s_OO, a_II), lambda eigenvalues: 1 / (eigenvalues + 0.7))
    torch.testing.assert_close(result, expected, rtol=1e-6, atol=1e-9)


def test_seed_gradients_that_do_not_fit_are_refused_with_the_number_that_would(model):
    bases = {"model.layers.0.mlp.up_proj": Eigenbasis(torch.ones(12), torch.eye(12), torch.ones(8), torch.eye(8))}
    with pytest.raises(ValueError, match=r"4 seeds take 0.00 GiB.*at most 2 seeds"):
        precondition_seeds(model, toy_examples(4), bases, inverse, max_tokens=100, memory_gib=2.5 * 12 * 8 * 4 / 2**30)


STEPS, RATE = 40, 0.2


def _retrain(examples, weights, names):
    """Full-batch gradient descent on the tracked linears from one start, examples weighted."""
    model = toy_model(num_layers=2)
    parameters = [model.get_submodule(name).weight for name in names]
    batch = pad(examples)
    for _ in range(STEPS):
        loss = (example_losses(model, batch) * weights).sum() / len(examples)
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.data -= RATE * gradient
    return model


@pytest.mark.slow
def test_sign_and_rank_agree_with_leave_one_out_retraining():
    """Leaving out a candidate of negative influence raises a seed's loss; of positive influence lowers it.

    The prediction is Lemma 1's: the influence at theta_T, damped by what T steps of rate eta can reach.
    """
    names = tracked_linears(toy_model(num_layers=2), 2, LINEARS)
    pool, seeds = toy_examples(24, seed=5, least=5, most=8), toy_examples(12, seed=6, least=5, most=8)
    everyone = torch.ones(len(pool), dtype=torch.float64)
    trained = _retrain(pool, everyone, names)
    bases = {name: eigenbasis(*pair) for name, pair in factors(trained, names, pool, 1000).items()}
    lemma = Influence(damping="lemma", damping_value=None, memory_gib=1.0, shard_size=8, max_tokens=64)
    filtered = inverse_spectrum(lemma, STEPS, STEPS * RATE)
    seed_gradients = precondition_seeds(trained, seeds, bases, filtered, max_tokens=1000, memory_gib=1)
    predicted_NM = influence(trained, pool, seed_gradients, 1000)

    with torch.no_grad():
        before_M = example_losses(trained, pad(seeds))
    left_out_NM = []
    for left_out in range(len(pool)):
        weights = everyone.clone()
        weights[left_out] = 0
        retrained = _retrain(pool, weights, names)
        with torch.no_grad():
            left_out_NM.append(example_losses(retrained, pad(seeds)) - before_M)
    change_NM = torch.stack(left_out_NM)

    strong_NM = predicted_NM.abs() > predicted_NM.abs().median()
    agreement = ((predicted_NM < 0) == (change_NM > 0))[strong_NM].double().mean()
    rank = spearmanr(predicted_NM.flatten(), -change_NM.flatten()).statistic
    assert agreement > 0.8, f"signs {agreement:.3f}, Spearman {rank:.3f}"
    assert rank > 0.6, f"signs {agreement:.3f}, Spearman {rank:.3f}"
