"""EK-FAC (George et al. 2018): eigenvalues of the curvature re-estimated in K-FAC's eigenbasis.

    l_ij = mean over examples of (Q_S^T G_n Q_A)_ij^2,    G_n = grad L(z_n), O x I

The diagonal of the true empirical Fisher block in that basis: no other diagonal is nearer to the block.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from gdig import processes
from gdig.curvature.capture import Tap, captures
from gdig.curvature.kfac import Eigenbasis
from gdig.data.prompt import Example
from gdig.model.onednn import product

BLOCK_BYTES = 2**22
"""Rotated gradients formed at a time, few enough to stay in a processor's cache."""


def corrected(
    model: Any,
    bases: Mapping[str, Eigenbasis],
    examples: Sequence[Example],
    max_tokens: int,
    kept: Iterable[dict[str, Tap]] | None = None,
) -> dict[str, Eigenbasis]:
    """Return the eigenbases with EK-FAC's eigenvalues, estimated over the examples.

    What passed through the linears is taken from `kept`, or else from a second pass. Several processes divide the
    batches between them, and take the eigenbases of the first.
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
