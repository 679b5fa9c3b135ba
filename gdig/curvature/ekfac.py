"""EK-FAC (George et al. 2018): eigenvalues of the curvature re-estimated in K-FAC's eigenbasis.

    l_ij = mean over examples of (Q_S^T G_n Q_A)_ij^2,    G_n = grad L(z_n), O x I

The diagonal of the true empirical Fisher block in that basis: no other diagonal is nearer to the block.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from gdig import processes
from gdig.curvature.capture import Tap, capture
from gdig.curvature.kfac import Eigenbasis
from gdig.data.batches import by_length
from gdig.data.prompt import Example
from gdig.progress import track

CHUNK_BYTES = 2**28
"""Rotated gradients formed at a time."""


def corrected(
    model: Any, bases: Mapping[str, Eigenbasis], examples: Sequence[Example], max_tokens: int
) -> dict[str, Eigenbasis]:
    """Return the eigenbases with EK-FAC's eigenvalues, estimated over the examples in a second pass.

    Several processes divide the examples between them, and take the eigenbases of the first.
    """
    for basis in bases.values():
        processes.copy_from_first([basis.s_O, basis.q_s_OO, basis.a_I, basis.q_a_II])
    sums = {name: torch.zeros_like(basis.eigenvalues_OI()) for name, basis in bases.items()}
    mine = [examples[position] for position in processes.share(len(examples))]
    groups = by_length(mine, max_tokens)
    for group in track(groups, total=len(groups), label="EK-FAC eigenvalues", unit="batches"):
        for name, tap in capture(model, list(bases), [mine[position] for position in group]).items():
            basis = bases[name]
            chunk = max(1, CHUNK_BYTES // (sums[name].numel() * sums[name].element_size()))
            for part in tap.active().split(chunk):
                rotated = Tap(part.input_BTI @ basis.q_a_II, part.gradient_BTO @ basis.q_s_OO, part.mask_BT)
                sums[name] += rotated.weight_gradients().square_().sum(dim=0)
    processes.sum_over_all(sums.values())
    return {name: replace(basis, corrected_OI=sums[name] / len(examples)) for name, basis in bases.items()}
