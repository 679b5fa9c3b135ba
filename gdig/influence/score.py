"""Influence of candidates on seeds (Pan et al. 2024, equation 3).

    I(z_m, z_t) = - grad L(z_t)^T (H + damping)^{-1} grad L(z_m)        negative = z_m helps z_t

Shapes: N candidates, M seeds, B examples of a batch, I inputs and O outputs of a linear.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from gdig.config import Influence
from gdig.influence.capture import Tap, capture, per_example
from gdig.influence.damping import Damping
from gdig.influence.kfac import Eigenbasis
from gdig.influence.seed_gradients import (
    DenseSeeds,
    FactoredSeeds,
    Seeds,
    dense_gradients,
    preconditioned_tokens,
    singular_rows,
    token_rows,
)
from gdig.lm.batches import by_length
from gdig.lm.prompt import Example
from gdig.run.progress import track

Rows = list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]


def precondition_seeds(
    model: Any,
    seeds: Sequence[Example],
    bases: Mapping[str, Eigenbasis],
    damping: Damping,
    routes: Mapping[str, str],
    settings: Influence,
) -> dict[str, Seeds]:
    """Return the preconditioned gradients of the seeds at every linear, in the form of its route.

    Args:
        model: theta_T.
        seeds: M examples.
        bases: curvature, by name of the linear.
        damping: damping of its inverse.
        routes: route of every linear; `hybrid` and `token_pairs` use the factored inverse.
        settings: rank and seed of route `low_rank`, precision of the result, tokens of a batch.
    """
    some = next(iter(bases.values())).s_O
    dtype = torch.bfloat16 if settings.precision == "bfloat16" else some.dtype
    gradients = {
        name: DenseSeeds.empty(b.shape, len(seeds), b.s_O, dtype)
        for name, b in bases.items()
        if routes[name] in ("dense", "hybrid")
    }
    rows: dict[str, Rows] = {name: [] for name in bases if name not in gradients}
    groups = by_length(seeds, settings.max_tokens)
    for group in track(groups, total=len(groups), label="seed gradients", unit="batches"):
        positions_B = torch.tensor(group, device=some.device)
        for name, tap in capture(model, list(bases), [seeds[position] for position in group]).items():
            basis, route = bases[name], routes[name]
            if route == "dense":
                gradients[name].put(positions_B, dense_gradients(tap, basis, damping))
            elif route == "hybrid":
                gradients[name].put(positions_B, preconditioned_tokens(tap, basis, damping).weight_gradients())
            elif route == "token_pairs":
                _keep(rows[name], token_rows(preconditioned_tokens(tap, basis, damping)), positions_B, dtype)
            else:
                # One seed at a time: a batch of whole gradients may be as large as the result.
                for one, position in zip(tap.split(1), group, strict=True):
                    found = singular_rows(dense_gradients(one, basis, damping), settings.rank, settings.seed)
                    _keep(rows[name], found, positions_B.new_tensor([position]), dtype)
    prepared: dict[str, Seeds] = dict(gradients)
    prepared |= {name: _join(found, len(seeds)) for name, found in rows.items()}
    return {name: prepared[name] for name in bases}


def influence(model: Any, candidates: Sequence[Example], seeds: Mapping[str, Seeds], max_tokens: int) -> torch.Tensor:
    """Return the influence of every candidate on every seed, summed over the tracked linears.

    Returns:
        influence_NM on the CPU, float32 or better, rows in the order of `candidates`.
    """

    def contract(taps: dict[str, Tap]) -> torch.Tensor:
        products = (seeds[name].contract(tap) for name, tap in taps.items())
        total_BM = next(products)
        for product_BM in products:
            total_BM += product_BM
        return -total_BM

    return per_example(model, list(seeds), candidates, max_tokens, contract)


def _keep(
    kept: Rows, found: tuple[torch.Tensor, torch.Tensor, torch.Tensor], positions_B: torch.Tensor, dtype: torch.dtype
) -> None:
    left_SO, right_SI, example_S = found
    kept.append((left_SO.to(dtype), right_SI.to(dtype), positions_B[example_S]))


def _join(rows: Rows, num_seeds: int) -> FactoredSeeds:
    left_SO, right_SI, seed_S = (torch.cat(parts) for parts in zip(*rows, strict=True))
    return FactoredSeeds(left_SO, right_SI, seed_S, num_seeds)
