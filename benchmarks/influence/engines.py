"""What is measured. Each engine has `fit`, which estimates the curvature, and `score`, which returns influence_NM."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from benchmarks.influence import kronfluence_engine
from benchmarks.influence.workload import LAYER_STEP, LINEARS
from gdig.config import Influence
from gdig.curvature.capture import Tap, capture
from gdig.curvature.damping import Damping
from gdig.curvature.ekfac import corrected
from gdig.curvature.kfac import Eigenbasis, eigenbases, factors
from gdig.data.batches import by_length, pad
from gdig.data.prompt import Example
from gdig.influence.plan import Workload, plan
from gdig.influence.score import influence, precondition_seeds
from gdig.model.layers import tracked_linears
from gdig.model.loss import token_losses

Examples = Sequence[Example]
DAMPING = 0.1
"""Share of the mean eigenvalue, in every engine."""


@dataclass(frozen=True)
class Engine:
    """One way to score candidates."""

    fit: Callable[[Any, Examples, int], Any] | None
    score: Callable[[Any, Any, Examples, Examples, int], torch.Tensor | None]
    oracle: Damping | None = None
    """The convention that its scores are compared with; None: nothing is compared."""
    ekfac: bool = False
    """Whether that convention re-estimates eigenvalues."""
    package: str | None = None
    """What must be installed."""


def train(model: Any, _: Any, candidates: Examples, seeds: Examples, max_tokens: int) -> None:
    """A plain training pass: forward, and backward to all weights."""
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    for group in by_length(candidates, max_tokens):
        losses_R, _ = token_losses(model, pad([candidates[position] for position in group]).to(model.device))
        torch.autograd.backward(losses_R.mean())
        model.zero_grad()


def floor(model: Any, _: Any, candidates: Examples, seeds: Examples, max_tokens: int) -> None:
    """Forward, and backward to the lowest tracked linear, of candidates and seeds: no exact engine can do with less."""
    names = tracked_linears(model, LAYER_STEP, LINEARS)
    for examples in (candidates, seeds):
        for group in by_length(examples, max_tokens):
            capture(model, names, [examples[position] for position in group])


def _fit(model: Any, examples: Examples, max_tokens: int) -> dict[str, Eigenbasis]:
    return eigenbases(factors(model, tracked_linears(model, LAYER_STEP, LINEARS), examples, max_tokens))


def _fit_ekfac(model: Any, examples: Examples, max_tokens: int) -> dict[str, Eigenbasis]:
    kept: list[dict[str, Tap]] = []
    names = tracked_linears(model, LAYER_STEP, LINEARS)
    return corrected(model, eigenbases(factors(model, names, examples, max_tokens, kept)), examples, max_tokens, kept)


def _gdig(*, inverse: str, route: str = "auto", precision: str = "float32", ekfac: bool = False) -> Engine:
    damping = Damping("relative", DAMPING, inverse, 1, 1.0)  # type: ignore[arg-type]

    def score(
        model: Any, bases: dict[str, Eigenbasis], candidates: Examples, seeds: Examples, max_tokens: int
    ) -> torch.Tensor:
        settings = Influence.model_validate(
            {
                "damping": "relative", "damping_value": DAMPING, "inverse": inverse, "route": route, "rank": 32,
                "precision": precision, "memory_gib": 64.0, "probe": 1, "min_agreement": 0.0, "shard_size": 1,
                "max_tokens": max_tokens, "seed": 0,
            }
        )  # fmt: skip
        shapes = {name: (len(basis.s_O), len(basis.a_I)) for name, basis in bases.items()}
        steps = plan(shapes, Workload.of(candidates, seeds), settings)
        routes = {name: step.route for name, step in steps.items()}
        prepared = precondition_seeds(model, seeds, bases, damping, routes, settings)
        return influence(model, candidates, prepared, max_tokens)

    return Engine(_fit_ekfac if ekfac else _fit, score, damping, ekfac)


def _kronfluence(strategy: str, rank: int | None = None) -> Engine:
    return Engine(
        partial(kronfluence_engine.fit, strategy=strategy),
        partial(kronfluence_engine.score, rank=rank),
        Damping("relative", DAMPING, "eigen", 1, 1.0),
        strategy == "ekfac",
        "kronfluence",
    )


ENGINES = {
    "train": Engine(None, train),
    "floor": Engine(None, floor),
    "gdig": _gdig(inverse="factored"),
    "gdig-bfloat16": _gdig(inverse="factored", precision="bfloat16"),
    "gdig-eigen": _gdig(inverse="eigen"),
    "gdig-eigen-bfloat16": _gdig(inverse="eigen", precision="bfloat16"),
    "gdig-ekfac": _gdig(inverse="eigen", ekfac=True),
    "gdig-token-pairs": _gdig(inverse="factored", route="token_pairs"),
    "gdig-low-rank": _gdig(inverse="eigen", route="low_rank"),
    "kronfluence-kfac": _kronfluence("kfac"),
    "kronfluence": _kronfluence("ekfac"),
    "kronfluence-low-rank": _kronfluence("ekfac", rank=32),
}
