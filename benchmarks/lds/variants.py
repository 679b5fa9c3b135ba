"""Ways to predict what training on a pair does to the loss of a seed, each as influence_NM (negative: it helps)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

from gdig.influence.capture import Tap, capture
from gdig.influence.damping import Damping
from gdig.influence.ekfac import curvature
from gdig.influence.kfac import Eigenbasis
from gdig.influence.score import influence
from gdig.influence.seed_gradients import DenseSeeds, dense_gradients
from gdig.lm.batches import by_length
from gdig.lm.layers import tracked_linears
from gdig.lm.loss import dataset_losses
from gdig.lm.prompt import Example

MAX_TOKENS = 4096
MLP = ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")
ALL = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", *MLP)
ADAM_EPSILON = 1e-8


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way."""

    name: str
    theta: Literal["base", "warmup", "checkpoints", "ensemble"] = "warmup"
    """checkpoints: the mean over states of the warm-up (as TracIn, Pruthi et al. 2020, with equal rates). ensemble: the
    mean over states of several runs on random halves (as TRAK, Park et al. 2023, but averaging influence)."""
    preconditioner: Literal["kfac", "ekfac", "none", "adam"] = "kfac"
    """adam: divided by the root of AdamW's second moments (as LESS, Xia et al. 2024, without momentum)."""
    damping: float = 0.1
    """Relative to the mean eigenvalue."""
    layer_step: int = 3
    linears: tuple[str, ...] = MLP
    loss: Literal["mean", "sum"] = "mean"
    """Of a candidate's tokens."""


DEFAULT = Variant(name="K-FAC (the default)")

VARIANTS = [
    Variant(name="theta = base", theta="base"),
    Variant(name="dot product", preconditioner="none"),
    Variant(name="Adam-scaled dot product", preconditioner="adam"),
    DEFAULT,
    Variant(name="K-FAC, damping 1", damping=1.0),
    Variant(name="K-FAC, damping 0.01", damping=0.01),
    Variant(name="K-FAC, summed tokens", loss="sum"),
    Variant(name="K-FAC, every block", layer_step=1),
    Variant(name="K-FAC, all linears of every block", layer_step=1, linears=ALL),
    Variant(name="EK-FAC", preconditioner="ekfac"),
    Variant(name="EK-FAC, all linears", preconditioner="ekfac", layer_step=1, linears=ALL),
    Variant(name="EK-FAC, all linears, summed tokens", preconditioner="ekfac", layer_step=1, linears=ALL, loss="sum"),
    Variant(name="EK-FAC, all linears, summed, damping 0.01", preconditioner="ekfac", layer_step=1, linears=ALL,
            loss="sum", damping=0.01),
    Variant(name="EK-FAC, all linears, summed, damping 1", preconditioner="ekfac", layer_step=1, linears=ALL,
            loss="sum", damping=1.0),
    Variant(name="EK-FAC, all linears, summed, mean of checkpoints", theta="checkpoints", preconditioner="ekfac",
            layer_step=1, linears=ALL, loss="sum"),
    Variant(name="K-FAC, summed tokens, ensemble", theta="ensemble", loss="sum"),
    Variant(name="EK-FAC, all linears, summed, ensemble", theta="ensemble", preconditioner="ekfac", layer_step=1,
            linears=ALL, loss="sum"),
    Variant(name="EK-FAC, all linears, summed, damping 0.01, ensemble", theta="ensemble", preconditioner="ekfac",
            layer_step=1, linears=ALL, loss="sum", damping=0.01),
    Variant(name="Adam-scaled, all linears, summed", preconditioner="adam", layer_step=1, linears=ALL, loss="sum"),
    Variant(name="Adam-scaled, all linears, summed, mean of checkpoints", theta="checkpoints", preconditioner="adam",
            layer_step=1, linears=ALL, loss="sum"),
]  # fmt: skip


def predict(
    variant: Variant,
    model: Any,
    second_moments: Mapping[str, torch.Tensor],
    candidates: Sequence[Example],
    seeds: Sequence[Example],
    sample: Sequence[Example],
) -> torch.Tensor:
    """Return influence_NM of a variant at one theta.

    Args:
        variant: what to do.
        model: theta.
        second_moments: of AdamW there, by name of the parameter.
        candidates: N pairs.
        seeds: M pairs.
        sample: pairs that curvature is averaged over.
    """
    names = tracked_linears(model, variant.layer_step, list(variant.linears))
    preconditioned = _preconditioner(variant, model, names, second_moments, sample)
    prepared = {
        name: DenseSeeds.empty(model.get_submodule(name).weight.shape, len(seeds), torch.empty(0), torch.float32)
        for name in names
    }
    for group in by_length(seeds, MAX_TOKENS):
        positions_B = torch.tensor(group)
        for name, tap in capture(model, names, [seeds[position] for position in group]).items():
            prepared[name].put(positions_B, preconditioned(name, tap))
    influence_NM = influence(model, candidates, prepared, MAX_TOKENS)
    if variant.loss == "sum":
        influence_NM *= torch.tensor([candidate.num_response_tokens for candidate in candidates]).unsqueeze(1)
    return influence_NM


def low_loss(model: Any, candidates: Sequence[Example], num_seeds: int) -> torch.Tensor:
    """Return each candidate's own loss as its influence on every seed: the control."""
    losses = dataset_losses(model, candidates, MAX_TOKENS, "losses")
    return torch.tensor([losses[candidate.id] for candidate in candidates]).unsqueeze(1).expand(-1, num_seeds)


def _preconditioner(
    variant: Variant,
    model: Any,
    names: list[str],
    second_moments: Mapping[str, torch.Tensor],
    sample: Sequence[Example],
) -> Callable[[str, Tap], torch.Tensor]:
    """Return what makes preconditioned gradients of a tap, gradients_BOI."""
    if variant.preconditioner == "none":
        return lambda name, tap: tap.weight_gradients()
    if variant.preconditioner == "adam":
        return lambda name, tap: tap.weight_gradients() / (second_moments[f"{name}.weight"].sqrt() + ADAM_EPSILON)
    bases: dict[str, Eigenbasis] = curvature(
        model, names, sample, kind=variant.preconditioner, max_tokens=MAX_TOKENS, memory_gib=2.0
    )
    damping = Damping("relative", variant.damping, "eigen", num_steps=1, sum_of_rates=1.0)
    return lambda name, tap: dense_gradients(tap, bases[name], damping)
