import pytest
import torch

from gdig.config import Influence
from gdig.influence.damping import Damping
from gdig.influence.kfac import Eigenbasis

EIGENVALUES = torch.tensor([[0.0, 1e-12, 1e-3], [0.5, 2.0, 30.0]], dtype=torch.float64)


def spectrum(kind, value, num_steps=1, sum_of_rates=1.0, eigenvalues=EIGENVALUES):
    outputs, inputs = eigenvalues.shape
    ones = torch.ones(outputs), torch.eye(outputs), torch.ones(inputs), torch.eye(inputs)
    return Damping(kind, value, "eigen", num_steps, sum_of_rates).spectrum(Eigenbasis(*ones, eigenvalues))


def test_relative_is_a_share_of_the_mean():
    torch.testing.assert_close(spectrum("relative", 0.1), 1 / (EIGENVALUES + 0.1 * EIGENVALUES.mean()))


def test_relative_has_no_unit():
    torch.testing.assert_close(spectrum("relative", 0.1, eigenvalues=EIGENVALUES * 7) * 7, spectrum("relative", 0.1))


def test_fixed():
    torch.testing.assert_close(spectrum("fixed", 0.5), 1 / (EIGENVALUES + 0.5))


def test_factored_splits_the_damping_by_the_traces():
    """With equal eigenvalues inside each factor the two shares multiply to s a (1 + sqrt(value))^2."""
    basis = Eigenbasis(torch.full((2,), 4.0), torch.eye(2), torch.full((3,), 9.0), torch.eye(3))
    found = Damping("relative", 0.25, "factored", 1, 1.0).spectrum(basis)
    torch.testing.assert_close(found, torch.full((2, 3), 1 / (4 * 9 * 1.5**2)))


def test_lemma_is_gradient_descent_on_a_quadratic():
    """T steps of rate eta on x^T H x / 2 - b^T x from 0 reach (1 - (1 - eta L)^T) / L times b in the eigenbasis."""
    eta, steps = 0.01, 137
    x = torch.zeros_like(EIGENVALUES)
    for _ in range(steps):
        x = x - eta * (EIGENVALUES * x - 1)
    torch.testing.assert_close(spectrum("lemma", None, steps, eta * steps), x)


def test_lemma_tends_to_damping_by_one_over_eta_t():
    eta, steps = 1e-3, 50
    small = torch.tensor([[1e-6, 1e-5]], dtype=torch.float64)
    lemma = spectrum("lemma", None, steps, eta * steps, small)
    torch.testing.assert_close(lemma, 1 / (small + 1 / (eta * steps)), rtol=1e-6, atol=0)


def test_lemma_refuses_a_diverging_rate():
    with pytest.raises(ValueError, match=r"eta L reaches 3.*use 'relative'"):
        spectrum("lemma", None, 10, 1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"damping": "lemma", "damping_value": 0.1}, "damping_value"),
        ({"damping_value": None}, "damping_value"),
        ({"damping": "fixed", "damping_value": -1.0}, "damping_value"),
        ({"damping": "lemma", "damping_value": None, "inverse": "factored"}, "use inverse 'eigen'"),
        ({"route": "hybrid"}, "needs inverse 'factored'"),
        ({"route": "token_pairs"}, "needs inverse 'factored'"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(params, changes, message):
    with pytest.raises(ValueError, match=message):
        Influence(**(params.influence.model_dump() | changes))
