"""(E)K-FAC over the examples of a sample.

EK-FAC (George et al. 2018) re-estimates the eigenvalues of the curvature in K-FAC's eigenbasis:

    l_ij = mean over examples of (Q_S^T G_n Q_A)_ij^2,    G_n = grad L(z_n), O x I

This is the diagonal of the true empirical Fisher block in that basis: the optimal diagonal in Frobenius norm.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import torch

from gdig.influence.capture import Tap, captures
from gdig.influence.kfac import Eigenbasis, eigenbases, factors
from gdig.lm.layers import linear_shape
from gdig.lm.onednn import product
from gdig.lm.passes import processes
from gdig.lm.prompt import Example

BLOCK_BYTES = 2**22
"""Rotated gradients formed at a time; small enough for the CPU cache."""


def corrected(
    model: Any,
    bases: Mapping[str, Eigenbasis],
    examples: Sequence[Example],
    max_tokens: int,
    kept: Iterable[dict[str, Tap]] | None = None,
) -> dict[str, Eigenbasis]:
    """Return the eigenbases with EK-FAC's eigenvalues, estimated over the examples.

    Taps come from `kept`, or else from a second pass. Several processes divide the batches, and use the eigenbases of
    the first process.
    """
    for basis in bases.values():
        processes.copy_from_first([basis.s_O, basis.q_s_OO, basis.a_I, basis.q_a_II])
    sums = {name: torch.zeros_like(basis.eigenvalues_OI(), dtype=torch.float64) for name, basis in bases.items()}
    second = captures(model, list(bases), examples, max_tokens, "EK-FAC eigenvalues") if kept is None else kept
    for taps in second:
        for name, basis in bases.items():
            tap = taps[name].active()
            rotated_BTO, rotated_BTI = product(tap.gradient_BTO, basis.q_s_OO), product(tap.input_BTI, basis.q_a_II)
            _add_squares(sums[name], rotated_BTO, rotated_BTI)
    processes.sum_over_all(sums.values())
    means = {name: (sum_OI / len(examples)).to(bases[name].s_O.dtype) for name, sum_OI in sums.items()}
    return {name: replace(basis, corrected_OI=means[name]) for name, basis in bases.items()}


def _add_squares(sum_OI: torch.Tensor, gradient_BTO: torch.Tensor, input_BTI: torch.Tensor) -> None:
    """Add the squared weight gradients of the examples, formed a few rows at a time."""
    rows = max(1, BLOCK_BYTES // (len(input_BTI) * input_BTI.shape[-1] * input_BTI.element_size()))
    for start in range(0, len(sum_OI), rows):
        part_BRI = gradient_BTO[..., start : start + rows].mT @ input_BTI
        sum_OI[start : start + rows] += part_BRI.square_().sum(dim=0)


BYTES_FLOAT32 = 4


def curvature(
    model: Any,
    names: Sequence[str],
    examples: Sequence[Example],
    *,
    kind: Literal["kfac", "ekfac"],
    max_tokens: int,
    memory_gib: float,
) -> dict[str, Eigenbasis]:
    """Return the curvature of the named linears over the examples.

    EK-FAC uses every example twice; taps of the first pass are kept if they fit `memory_gib`.
    """
    if kind == "kfac":
        return eigenbases(factors(model, names, examples, max_tokens))
    numbers_a_token = sum(sum(linear_shape(model, name)) for name in names)
    num_bytes = BYTES_FLOAT32 * numbers_a_token * sum(len(example.tokens) for example in examples)
    kept: list[dict[str, Tap]] | None = [] if num_bytes <= memory_gib * 2**30 else None
    bases = eigenbases(factors(model, names, examples, max_tokens, kept))
    return corrected(model, bases, examples, max_tokens, kept)
