import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from gdig.influence.damping import Damping
from gdig.influence.ekfac import corrected
from gdig.influence.kfac import eigenbases, factors
from gdig.influence.plan import Workload, plan
from gdig.influence.score import influence, precondition_seeds
from gdig.influence.seed_gradients import DTYPES, precondition
from gdig.lm.batches import pad
from gdig.lm.layers import tracked_linears
from gdig.lm.loss import example_losses
from tests.conftest import toy_examples, toy_model

LINEARS = ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
EIGEN = Damping("relative", 0.1, "eigen", 1, 1.0)
FACTORED = Damping("relative", 0.1, "factored", 1, 1.0)
FIXED = Damping("fixed", 0.003, "factored", 1, 1.0)
FULL_RANK = 99


def damped_inverse(statistics, damping):
    """The damped inverse of one block by dense float64 algebra, from the definitions."""
    s_OO, a_II = statistics
    mean = s_OO.trace() / len(s_OO) * a_II.trace() / len(a_II)
    amount = damping.value * (mean if damping.kind == "relative" else torch.ones_like(mean))
    if damping.inverse == "eigen":
        size = len(s_OO) * len(a_II)
        return torch.linalg.inv(torch.kron(s_OO, a_II) + amount * torch.eye(size, dtype=torch.float64))
    pi = ((a_II.trace() / len(a_II)) / (s_OO.trace() / len(s_OO))).sqrt()
    left = s_OO + amount.sqrt() / pi * torch.eye(len(s_OO), dtype=torch.float64)
    right = a_II + amount.sqrt() * pi * torch.eye(len(a_II), dtype=torch.float64)
    return torch.linalg.inv(torch.kron(left, right))


def oracle(model, names, candidates, seeds, inverses):
    """-g_t^T (H + damping)^{-1} g_m by autograd weight gradients, one unpadded example at a time."""

    def gradients(example):
        weights = [model.get_submodule(name).weight for name in names]
        return torch.autograd.grad(example_losses(model, pad([example]))[0], weights)

    candidate_grads = [gradients(example) for example in candidates]
    seed_grads = [gradients(example) for example in seeds]
    total = torch.zeros(len(candidates), len(seeds), dtype=torch.float64)
    for index, name in enumerate(names):
        g_m = torch.stack([g[index].flatten() for g in candidate_grads])
        g_t = torch.stack([g[index].flatten() for g in seed_grads])
        total -= g_m @ inverses[name] @ g_t.T
    return total


@pytest.mark.parametrize("max_tokens", [1, 40, 1000])
@pytest.mark.parametrize(
    ("route", "damping"),
    [
        ("dense", EIGEN),
        ("low_rank", EIGEN),
        ("dense", FACTORED),
        ("hybrid", FACTORED),
        ("token_pairs", FACTORED),
        ("low_rank", FACTORED),
        ("token_pairs", FIXED),
    ],
)
def test_every_route_equals_the_dense_oracle(model, params, route, damping, max_tokens):
    names = tracked_linears(model, 1, LINEARS)
    candidates, seeds = toy_examples(9, seed=2), toy_examples(4, seed=3)
    statistics = factors(model, names, toy_examples(20, seed=4), 1000)
    settings = params.influence.model_copy(update={"max_tokens": max_tokens, "rank": FULL_RANK})
    prepared = precondition_seeds(model, seeds, eigenbases(statistics), damping, dict.fromkeys(names, route), settings)
    result = influence(model, candidates, prepared, max_tokens)
    inverses = {name: damped_inverse(statistics[name], damping) for name in names}
    expected = oracle(model, names, candidates, seeds, inverses)
    torch.testing.assert_close(result, expected, rtol=1e-7, atol=1e-9 * expected.abs().max().item())


@pytest.mark.parametrize("kept", [None, []])
def test_ekfac_equals_an_oracle_with_the_second_moments_of_rotated_gradients(model, params, kept):
    names = tracked_linears(model, 1, LINEARS)
    candidates, seeds, sample = toy_examples(9, seed=2), toy_examples(4, seed=3), toy_examples(20, seed=4)
    bases = corrected(model, eigenbases(factors(model, names, sample, 50, kept)), sample, 50, kept)
    assert kept is None or len(kept) > 1
    inverses = {}
    for name, basis in bases.items():
        weight = model.get_submodule(name).weight
        gradients = [torch.autograd.grad(example_losses(model, pad([e]))[0], weight)[0] for e in sample]
        rotation = torch.kron(basis.q_s_OO, basis.q_a_II)
        moments = torch.stack([(rotation.T @ g.flatten()).square() for g in gradients]).mean(dim=0)
        torch.testing.assert_close(basis.corrected_OI.flatten(), moments, rtol=1e-8, atol=1e-14)
        inverses[name] = rotation @ (1 / (moments + 0.1 * moments.mean())).diag() @ rotation.T
    settings = params.influence
    prepared = precondition_seeds(model, seeds, bases, EIGEN, dict.fromkeys(names, "dense"), settings)
    expected = oracle(model, names, candidates, seeds, inverses)
    torch.testing.assert_close(
        influence(model, candidates, prepared, 100), expected, rtol=1e-7, atol=1e-9 * expected.abs().max().item()
    )


def test_linears_may_take_different_routes(model, params):
    names = tracked_linears(model, 1, LINEARS)
    candidates, seeds = toy_examples(9, seed=2), toy_examples(4, seed=3)
    bases = eigenbases(factors(model, names, toy_examples(20, seed=4), 1000))
    mixed = {name: ("hybrid", "token_pairs")[number % 2] for number, name in enumerate(names)}
    results = [
        influence(model, candidates, precondition_seeds(model, seeds, bases, FACTORED, r, params.influence), 100)
        for r in (mixed, dict.fromkeys(names, "hybrid"))
    ]
    torch.testing.assert_close(*results)


@pytest.mark.parametrize(("precision", "signs", "rank"), [("float32", 0.999, 0.9999), ("bfloat16", 0.99, 0.999)])
@pytest.mark.parametrize(("route", "damping"), [("dense", EIGEN), ("hybrid", FACTORED), ("token_pairs", FACTORED)])
def test_lower_precision_agrees_with_float64_in_sign_and_rank(params, route, damping, precision, signs, rank):
    names = tracked_linears(toy_model(), 1, LINEARS)
    candidates, seeds = toy_examples(60, seed=2), toy_examples(16, seed=3)
    settings = params.influence.model_copy(update={"precision": precision})
    results = []
    for dtype, chosen in ((torch.float64, params.influence), (torch.float32, settings)):
        typed = toy_model(dtype=dtype)
        bases = eigenbases(factors(typed, names, toy_examples(40, seed=4), 1000))
        prepared = precondition_seeds(typed, seeds, bases, damping, dict.fromkeys(names, route), chosen)
        results.append(influence(typed, candidates, prepared, 500).double())
    exact, rounded = results
    assert ((exact < 0) == (rounded < 0)).double().mean() >= signs
    assert spearmanr(exact.flatten(), rounded.flatten()).statistic >= rank


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("route", "damping"), [("dense", EIGEN), ("low_rank", EIGEN), ("hybrid", FACTORED), ("token_pairs", FACTORED)]
)
def test_seeds_take_the_memory_that_the_plan_counts(params, route, damping, precision):
    model = toy_model(dtype=torch.float32)
    names = tracked_linears(model, 1, LINEARS)
    seeds = toy_examples(7, seed=3)
    bases = eigenbases(factors(model, names, toy_examples(40, seed=4), 1000))
    chosen = params.influence.model_copy(update={"precision": precision, "route": route, "rank": 1, "memory_gib": 1.0})
    workload = Workload.of(seeds, seeds, 1)
    steps = plan({name: basis.shape for name, basis in bases.items()}, workload, chosen)
    prepared = precondition_seeds(model, seeds, bases, damping, dict.fromkeys(names, route), chosen)
    for name, found in prepared.items():
        parts = [found.gradients_MXY] if route in ("dense", "hybrid") else [found.left_SO, found.right_SI]
        num_bytes = sum(part.nbytes for part in parts)
        if route == "token_pairs":  # tokens without gradient are counted but not kept
            assert {part.dtype for part in parts} == {DTYPES[precision]}
            assert num_bytes <= steps[name].num_bytes
            assert len(found.seed_S) > len(seeds)  # more rows than low_rank would keep
        else:
            assert num_bytes == steps[name].num_bytes


@settings(max_examples=25, deadline=None)
@given(
    outputs=st.integers(1, 6), inputs=st.integers(1, 6), seed=st.integers(0, 1000),
    damping=st.sampled_from([EIGEN, FACTORED, FIXED, Damping("fixed", 0.7, "eigen", 1, 1.0)]),
)  # fmt: skip
def test_preconditioning_is_a_solve_for_any_shape(outputs, inputs, seed, damping):
    generator = torch.Generator().manual_seed(seed)

    def factor(size):
        rows = torch.randn(size + 2, size, dtype=torch.float64, generator=generator)
        return rows.T @ rows

    statistics = factor(outputs), factor(inputs)
    grad_BOI = torch.randn(3, outputs, inputs, dtype=torch.float64, generator=generator)
    inverse = damped_inverse(statistics, damping)
    basis = eigenbases({"linear": statistics})["linear"]
    result = precondition(grad_BOI, basis, damping.spectrum(basis))
    expected = (grad_BOI.flatten(1) @ inverse).unflatten(1, (outputs, inputs))
    torch.testing.assert_close(result, expected, rtol=1e-6, atol=1e-9 * expected.abs().max().item())


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


def _groups(size):
    """Leave out every candidate once, or 24 random groups."""
    generator = torch.Generator().manual_seed(7)
    return [[n] if size == 1 else torch.randperm(24, generator=generator)[:size].tolist() for n in range(24)]


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 4])
def test_sign_and_rank_agree_with_retraining_without_candidates(params, size):
    """Leaving out candidates of negative influence raises a seed's loss; of positive influence lowers it.

    The prediction is Lemma 1's: the influence at theta_T, damped by what T steps of rate eta can reach. That of a group
    is the sum over its members.
    """
    names = tracked_linears(toy_model(num_layers=2), 2, LINEARS)
    pool, seeds = toy_examples(24, seed=5, least=5, most=8), toy_examples(12, seed=6, least=5, most=8)
    everyone = torch.ones(len(pool), dtype=torch.float64)
    trained = _retrain(pool, everyone, names)
    bases = eigenbases(factors(trained, names, pool, 1000))
    lemma = Damping("lemma", None, "eigen", STEPS, STEPS * RATE)
    prepared = precondition_seeds(trained, seeds, bases, lemma, dict.fromkeys(names, "dense"), params.influence)
    influence_NM = influence(trained, pool, prepared, 1000)

    with torch.no_grad():
        before_M = example_losses(trained, pad(seeds))
    predicted, changes = [], []
    for group in _groups(size):
        weights = everyone.clone()
        weights[group] = 0
        retrained = _retrain(pool, weights, names)
        predicted.append(influence_NM[group].sum(dim=0))
        with torch.no_grad():
            changes.append(example_losses(retrained, pad(seeds)) - before_M)
    predicted_GM, change_GM = torch.stack(predicted), torch.stack(changes)

    strong_GM = predicted_GM.abs() > predicted_GM.abs().median()
    agreement = ((predicted_GM < 0) == (change_GM > 0))[strong_GM].double().mean()
    rank = spearmanr(predicted_GM.flatten(), -change_GM.flatten()).statistic
    assert agreement > 0.8, f"signs {agreement:.3f}, Spearman {rank:.3f}"
    assert rank > 0.6, f"signs {agreement:.3f}, Spearman {rank:.3f}"
