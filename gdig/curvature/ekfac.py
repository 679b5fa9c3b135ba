"""EK-FAC (George et al. 2018): eigenvalues of the curvature re-estimated in K-FAC's eigenbasis.

    l_ij = mean over examples of (Q_S^T G_n Q_A)_ij^2,    G_n = grad L(z_n), O x I

The diagonal of the true empirical Fisher block in that basis: no other diagonal is nearer to the block.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from gdig import processes
from gdig.curvature.capture import Tap, capture
from gdig.curvature.kfac import Eigenbasis
from gdig.data.batches import by_length
from gdig.data.prompt import Example
from gdig.progress import track

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
    examples between them, and take the eigenbases of the first.
    """
    for basis in bases.values():
        processes.copy_from_first([basis.s_O, basis.q_s_OO, basis.a_I, basis.q_a_II])
    sums = {name: torch.zeros_like(basis.eigenvalues_OI()) for name, basis in bases.items()}
    for taps in _second_pass(model, list(bases), examples, max_tokens) if kept is None else kept:
        rotated: dict[int | None, torch.Tensor] = {}
        for name, whole in taps.items():
            tap, basis = whole.active(), bases[name]
            # Linears that share their input share its rotation too.
            shared = id(whole.input_BTI) if tap is whole else None
            input_BTI = rotated[shared] if shared in rotated else tap.input_BTI @ basis.q_a_II
            if shared:
                rotated[shared] = input_BTI
            _add_squares(sums[name], tap.gradient_BTO @ basis.q_s_OO, input_BTI)
    processes.sum_over_all(sums.values())
    return {name: replace(basis, corrected_OI=sums[name] / len(examples)) for name, basis in bases.items()}


def _second_pass(
    model: Any, names: list[str], examples: Sequence[Example], max_tokens: int
) -> Iterator[dict[str, Tap]]:
    mine = [examples[position] for position in processes.share(len(examples))]
    groups = by_length(mine, max_tokens)
    for group in track(groups, total=len(groups), label="EK-FAC eigenvalues", unit="batches"):
        yield capture(model, names, [mine[position] for position in group])


def _add_squares(sum_OI: torch.Tensor, gradient_BTO: torch.Tensor, input_BTI: torch.Tensor) -> None:
    """Add the squared weight gradients of the examples, formed a few rows at a time."""
    rows = max(1, BLOCK_BYTES // (len(input_BTI) * input_BTI.shape[-1] * input_BTI.element_size()))
    for start in range(0, len(sum_OI), rows):
        part_BRI = gradient_BTO[..., start : start + rows].mT @ input_BTI
        sum_OI[start : start + rows] += part_BRI.square_().sum(dim=0)
