"""Inverse spectra of the damped curvature: what each eigenvalue L = s_i a_j of S (x) A turns into."""

from collections.abc import Callable

import torch

from gdig.config import Influence

InverseSpectrum = Callable[[torch.Tensor], torch.Tensor]


def inverse_spectrum(settings: Influence, num_steps: int, sum_of_rates: float) -> InverseSpectrum:
    """Return the function that maps eigenvalues (O x I, of one linear) to those of the damped inverse.

    relative: 1 / (L + value * mean L), free of units;
    fixed:    1 / (L + value);
    lemma:    (1 - (1 - eta L)^T) / L, Lemma 1 of Pan et al. 2024 without its approximation, with T the steps of the
              warm-up and eta its mean learning rate. It tends to eta T as L tends to 0, which is why the paper
              writes it as damping by lambda = 1 / (eta T).

    Raises:
        ValueError (when called): `lemma` with eta L >= 1, where gradient descent, and so the lemma, diverges.
    """
    value = settings.damping_value
    if settings.damping == "lemma":
        return lambda eigenvalues: _lemma(eigenvalues, sum_of_rates / num_steps, num_steps)
    assert value is not None
    if settings.damping == "relative":
        return lambda eigenvalues: 1 / (eigenvalues + value * eigenvalues.mean())
    return lambda eigenvalues: 1 / (eigenvalues + value)


def _lemma(eigenvalues: torch.Tensor, eta: float, num_steps: int) -> torch.Tensor:
    step = eta * eigenvalues.double()
    if step.max() >= 1:
        raise ValueError(
            f"influence.damping 'lemma': eta L reaches {step.max().item():.3g}, but must stay below 1 for gradient "
            f"descent to converge; use 'relative' damping or a lower warmup.training.learning_rate"
        )
    # expm1 and log1p keep the small eigenvalues exact; at 0 the limit is eta T.
    filtered = -torch.expm1(num_steps * torch.log1p(-step)) / step * eta
    return torch.where(step > 0, filtered, eta * num_steps).to(eigenvalues.dtype)
