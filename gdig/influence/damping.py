"""The damped inverse of the curvature S (x) A, as a spectrum in its eigenbasis.

eigen:    every eigenvalue L of S (x) A (s_i a_j, or re-estimated by EK-FAC) is damped separately:
            relative: 1 / (L + value * mean L), free of units;
            fixed:    1 / (L + value);
            lemma:    (1 - (1 - eta L)^T) / L, the damping that solves equation 13 of Pan et al. 2024 (Lemma 1),
                          (1 - eta L)^T = lambda / (L + lambda),
                      at each L, with T the steps of the warm-up and eta its mean learning rate. No single lambda
                      solves it for all L; lambda = 1 / (eta T) is its limit as eta T L tends to 0.
factored: each factor is damped separately, (S + sqrt(lambda) / pi I)^-1 (x) (A + pi sqrt(lambda) I)^-1 with
          pi^2 = (tr A / I) / (tr S / O) (Martens & Grosse 2015, section 6.3): not the inverse of H + lambda I, but it
          applies to tokens before their outer product, which is cheaper. For `lemma` lambda is 1 / (eta T).

Lemma 1 assumes SGD with one step size on a quadratic loss. The warm-up runs AdamW, whose learning rate multiplies a
gradient that is rescaled for each weight, so eta here is not the lemma's eta. Where eta T L is far below 1, the filter
is nearly eta T at every L, and influence is nearly the plain dot product of gradients.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import torch

from gdig.config import Influence
from gdig.influence.kfac import Eigenbasis


@dataclass(frozen=True, slots=True)
class Damping:
    """Settings of the damped inverse."""

    kind: Literal["relative", "fixed", "lemma"]
    value: float | None
    inverse: Literal["eigen", "factored"]
    num_steps: int
    """T of Lemma 1."""
    sum_of_rates: float
    """eta T of Lemma 1: the sum of the learning rates of the warm-up's steps."""

    @classmethod
    def of(cls, settings: Influence, num_steps: int, sum_of_rates: float) -> "Damping":
        """Return the damping of the params, with the warm-up's steps and rates for Lemma 1."""
        return cls(settings.damping, settings.damping_value, settings.inverse, num_steps, sum_of_rates)

    def spectrum(self, basis: Eigenbasis) -> torch.Tensor:
        """Return the eigenvalues (O x I) of the damped inverse; zeros for a linear without curvature.

        Raises:
            ValueError: `lemma` with eta L >= 1, for which gradient descent diverges and the lemma does not hold.
        """
        if self.inverse == "factored":
            return torch.outer(*self.separable_spectrum(basis))
        eigenvalues_OI = basis.eigenvalues_OI()
        if not basis.has_curvature():
            return torch.zeros_like(eigenvalues_OI)
        if self.kind == "lemma":
            return self._lemma(eigenvalues_OI)
        assert self.value is not None
        scale = eigenvalues_OI.mean() if self.kind == "relative" else 1.0
        return 1 / (eigenvalues_OI + self.value * scale)

    def separable_spectrum(self, basis: Eigenbasis) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (s_O, a_I), whose outer product is the spectrum of the factored inverse."""
        assert self.inverse == "factored"
        if not basis.has_curvature():
            return torch.zeros_like(basis.s_O), torch.zeros_like(basis.a_I)
        mean_s, mean_a = basis.s_O.mean(), basis.a_I.mean()
        value = 1 / self.sum_of_rates if self.kind == "lemma" else self.value
        assert value is not None
        damping = value * (mean_s * mean_a if self.kind == "relative" else torch.ones_like(mean_s))
        pi = (mean_a / mean_s).sqrt()
        return 1 / (basis.s_O + damping.sqrt() / pi), 1 / (basis.a_I + damping.sqrt() * pi)

    def largest_product(self, bases: Iterable[Eigenbasis]) -> float:
        """Return the largest eta T L of all linears, without unit: how far `lemma` is from the plain dot product."""
        return self.sum_of_rates * max(basis.largest_eigenvalue() for basis in bases)

    def _lemma(self, eigenvalues_OI: torch.Tensor) -> torch.Tensor:
        eta = self.sum_of_rates / self.num_steps
        step_OI = eta * eigenvalues_OI.double()
        if step_OI.max() >= 1:
            raise ValueError(
                f"influence.damping 'lemma': eta L reaches {step_OI.max().item():.3g}, but must stay below 1 for "
                f"gradient descent to converge; use 'relative' damping or a lower warmup.training.learning_rate"
            )
        # expm1 and log1p keep the small eigenvalues exact; at 0 the limit is eta T.
        filtered_OI = -torch.expm1(self.num_steps * torch.log1p(-step_OI)) / step_OI * eta
        return torch.where(step_OI > 0, filtered_OI, eta * self.num_steps).to(eigenvalues_OI.dtype)
