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


def test_lemma_solves_equation_13_at_every_eigenvalue():
    """(1 - eta L)^T = lambda / (L + lambda), with lambda read off the filter, 1 / (L + lambda)."""
    eta, steps = 0.01, 137
    known = EIGENVALUES[EIGENVALUES > 1e-6]
    damping = 1 / spectrum("lemma", None, steps, eta * steps)[EIGENVALUES > 1e-6] - known
    torch.testing.assert_close(damping / (known + damping), (1 - eta * known) ** steps, rtol=1e-6, atol=1e-12)


def test_lemma_of_the_factored_inverse_damps_by_its_limit():
    """By fixed damping of 1 / (eta T), which differs from equation 13 by what the approximation leaves out."""
    basis = Eigenbasis(torch.tensor([0.1, 4.0]), torch.eye(2), torch.tensor([1e-3, 2.0, 9.0]), torch.eye(3))
    found = Damping("lemma", None, "factored", 50, 0.02).spectrum(basis)
    torch.testing.assert_close(found, Damping("fixed", 50.0, "factored", 1, 1.0).spectrum(basis))


def test_the_largest_product_is_of_all_linears_and_of_either_curvature():
    kfac = Eigenbasis(torch.tensor([0.0, 4.0]), torch.eye(2), torch.tensor([1.0, 9.0]), torch.eye(2))
    ekfac = Eigenbasis(*(getattr(kfac, field) for field in ("s_O", "q_s_OO", "a_I", "q_a_II")), EIGENVALUES[:, :2])
    damping = Damping("lemma", None, "eigen", 10, 0.5)
    assert damping.largest_product([kfac]) == pytest.approx(0.5 * 36)
    assert damping.largest_product([ekfac]) == pytest.approx(0.5 * 2)
    assert damping.largest_product([ekfac, kfac, ekfac]) == pytest.approx(0.5 * 36)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"damping": "lemma", "damping_value": 0.1}, "damping_value"),
        ({"damping_value": None}, "damping_value"),
        ({"damping": "fixed", "damping_value": -1.0}, "damping_value"),
        ({"route": "hybrid"}, "needs inverse 'factored'"),
        ({"route": "token_pairs"}, "needs inverse 'factored'"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(params, changes, message):
    with pytest.raises(ValueError, match=message):
        Influence(**(params.influence.model_dump() | changes))
