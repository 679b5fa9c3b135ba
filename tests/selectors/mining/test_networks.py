import numpy as np
import pytest
import torch

from gdig.config import InstructionGpt4
from gdig.io.order import shuffle_key
from gdig.selectors.mining import networks
from gdig.selectors.mining.linear import fit_ridge as fit_linear
from gdig.selectors.mining.regressor import fit_regressor, leave_one_out_predictions, predict_pairs, predict_runs
from tests.selectors.mining.toy import IDS

VALUES_NF = np.random.default_rng(1).normal(size=(20, 6))
VALUES_SBF = np.random.default_rng(2).normal(size=(7, 5, 6))
LABELS_S = VALUES_SBF.mean(axis=1) @ [1.0, -0.5, 0.2, 0.0, 0.0, 0.3] + 3
KINDS = ("attention", "mlp", "ols")


def settings(kind="attention", **changes):
    values = {
        "regressor": kind, "num_components": 2, "num_heads": 2, "epochs": 60, "learning_rate": 0.01, "num_contexts": 3,
        "seed": 4,
    }  # fmt: skip
    return InstructionGpt4(**(values | changes))


def attention_by_hand(block, x_BF, num_heads):
    """softmax(Q K' / sqrt(d)) V of each head, projected and added, and the linear layer."""
    state = {name: value.numpy() for name, value in block.state_dict().items()}
    q, k, v = np.split(x_BF @ state["attention.in_proj_weight"].T + state["attention.in_proj_bias"], 3, axis=1)
    width = x_BF.shape[1] // num_heads
    heads = []
    for head in range(num_heads):
        part = slice(head * width, (head + 1) * width)
        scores = np.exp(q[:, part] @ k[:, part].T / np.sqrt(width))
        heads.append(scores / scores.sum(axis=1, keepdims=True) @ v[:, part])
    attended = np.hstack(heads) @ state["attention.out_proj.weight"].T + state["attention.out_proj.bias"]
    return (x_BF + attended) @ state["linear.weight"].T + state["linear.bias"]


def test_scores_of_20_pairs_are_those_of_attention_written_out():
    model = networks.network("attention", 6, 2, 4)
    networks.train(model, VALUES_SBF, LABELS_S, 10, 0.01)
    expected = np.zeros(20)
    for context in range(3):
        order = sorted(range(20), key=lambda row: shuffle_key(9, f"{context}/{IDS[row]}"))
        for rows in (order[:8], order[8:16], order[16:] + order[:4]):
            found = attention_by_hand(model[1], attention_by_hand(model[0], VALUES_NF[rows], 2), 2)[:, 0]
            own = 4 if rows[0] == order[16] else 8
            expected[rows[:own]] += found[:own] / 3
    np.testing.assert_allclose(networks.predict_pairs(model, IDS, VALUES_NF, 8, 3, 9), expected, atol=1e-6)


def test_attention_is_within_a_subset_and_never_across():
    model = networks.network("attention", 6, 2, 4)
    changed = VALUES_SBF.copy()
    changed[3] += 1.0
    before, after = networks.predict_runs(model, VALUES_SBF), networks.predict_runs(model, changed)
    np.testing.assert_allclose(np.delete(after, 3), np.delete(before, 3), atol=1e-12)
    assert abs(after[3] - before[3]) > 1e-3
    # A pair's number does depend on its own set.
    with torch.no_grad():
        alone = model(torch.from_numpy(VALUES_SBF[:1, :1]))[0, 0]
        among = model(torch.from_numpy(VALUES_SBF[:1]))[0, 0]
    assert abs(float(alone - among)) > 1e-4


def test_one_step_of_adam_goes_down_the_gradient_of_the_squared_error():
    model, twin = (networks.network("mlp", 6, 1, 4) for _ in range(2))
    networks.train(model, VALUES_SBF, LABELS_S, 1, 0.01)
    predicted_S = twin(torch.from_numpy(VALUES_SBF)).mean(dim=(1, 2))
    ((predicted_S - torch.from_numpy(LABELS_S)) ** 2).mean().backward()
    for after, before in zip(model.parameters(), twin.parameters(), strict=True):
        step = -0.01 * before.grad / (before.grad.abs() + 1e-8)  # Adam's first
        np.testing.assert_allclose(after.detach(), (before + step).detach(), atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_what_runs_depend_on_and_says_the_same_each_time(kind):
    how = settings(kind)
    fitted = fit_regressor(VALUES_SBF, LABELS_S, how, 1e-3)
    errors = LABELS_S - predict_runs(fitted, VALUES_SBF)
    assert (errors**2).mean() < LABELS_S.var() / 2
    pairs = predict_pairs(fitted, IDS, VALUES_NF, 5, how)
    again = predict_pairs(fit_regressor(VALUES_SBF, LABELS_S, how, 1e-3), IDS, VALUES_NF, 5, how)
    np.testing.assert_array_equal(again, pairs)
    # Higher where the labels would be.
    assert np.corrcoef(pairs, VALUES_NF @ [1.0, -0.5, 0.2, 0.0, 0.0, 0.3])[0, 1] > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_the_pool_does_not_matter(kind):
    how = settings(kind)
    fitted = fit_regressor(VALUES_SBF, LABELS_S, how, 1e-3)
    forwards = predict_pairs(fitted, IDS, VALUES_NF, 5, how)
    backwards = predict_pairs(fitted, IDS[::-1], VALUES_NF[::-1].copy(), 5, how)
    np.testing.assert_allclose(backwards[::-1], forwards, atol=1e-12)


def test_ols_is_the_rule_of_the_means():
    fitted = fit_regressor(VALUES_SBF, LABELS_S, settings("ols"), 0.1)
    rule = fit_linear(list("abcdef"), VALUES_SBF.mean(axis=1), LABELS_S, 0.1)
    np.testing.assert_allclose(predict_pairs(fitted, IDS, VALUES_NF, 5, settings("ols")), rule.predict(VALUES_NF))


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_is_left_out_is_not_seen(kind):
    changed = LABELS_S.copy()
    changed[2] += 50
    before, after = (
        leave_one_out_predictions(VALUES_SBF, labels, settings(kind), 1e-3) for labels in (LABELS_S, changed)
    )
    assert after[2] == before[2]
    assert np.abs(after - before).max() > 1


def test_the_state_of_the_global_generator_stays():
    torch.manual_seed(1)
    first = torch.rand(1)
    torch.manual_seed(1)
    networks.network("attention", 6, 2, 4)
    assert torch.rand(1) == first


def test_heads_that_do_not_divide_the_features_are_refused():
    with pytest.raises(ValueError, match=r"num_heads = 4 does not divide the 10 features .* one of 1, 2, 5, 10"):
        settings(num_components=6, num_heads=4)
