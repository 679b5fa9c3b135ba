import pytest
import torch

from gdig.config import Influence
from gdig.curvature.damping import inverse_spectrum


def settings(damping, value):
    return Influence(damping=damping, damping_value=value, memory_gib=1.0, shard_size=8, max_tokens=64)


EIGENVALUES = torch.tensor([[0.0, 1e-12, 1e-3], [0.5, 2.0, 30.0]], dtype=torch.float64)


def test_relative_is_a_share_of_the_mean():
    expected = 1 / (EIGENVALUES + 0.1 * EIGENVALUES.mean())
    torch.testing.assert_close(inverse_spectrum(settings("relative", 0.1), 1, 1.0)(EIGENVALUES), expected)


def test_relative_has_no_unit():
    inverse = inverse_spectrum(settings("relative", 0.1), 1, 1.0)
    torch.testing.assert_close(inverse(EIGENVALUES * 7) * 7, inverse(EIGENVALUES))


def test_fixed():
    torch.testing.assert_close(inverse_spectrum(settings("fixed", 0.5), 1, 1.0)(EIGENVALUES), 1 / (EIGENVALUES + 0.5))


def test_lemma_is_gradient_descent_on_a_quadratic():
    """T steps of rate eta on x^T H x / 2 - b^T x from 0 reach (1 - (1 - eta L)^T) / L times b in the eigenbasis."""
    eta, steps = 0.01, 137
    x = torch.zeros_like(EIGENVALUES)
    for _ in range(steps):
        x = x - eta * (EIGENVALUES * x - 1)
    torch.testing.assert_close(inverse_spectrum(settings("lemma", None), steps, eta * steps)(EIGENVALUES), x)


def test_lemma_tends_to_damping_by_one_over_eta_t():
    eta, steps = 1e-3, 50
    small = torch.tensor([1e-6, 1e-5], dtype=torch.float64)
    lemma = inverse_spectrum(settings("lemma", None), steps, eta * steps)(small)
    torch.testing.assert_close(lemma, 1 / (small + 1 / (eta * steps)), rtol=1e-6, atol=0)


def test_lemma_refuses_a_diverging_rate():
    with pytest.raises(ValueError, match=r"eta L reaches 3.*use 'relative'"):
        inverse_spectrum(settings("lemma", None), 10, 1.0)(EIGENVALUES)


@pytest.mark.parametrize(("damping", "value"), [("lemma", 0.1), ("relative", None), ("fixed", None), ("fixed", -1.0)])
def test_value_must_fit_the_kind(damping, value):
    with pytest.raises(ValueError, match="damping_value"):
        settings(damping, value)
