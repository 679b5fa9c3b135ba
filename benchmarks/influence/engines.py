"""What is measured. Each engine has `fit`, which estimates the curvature, and `score`, which returns influence_NM."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch

from benchmarks.influence import bergson_engine, kronfluence_engine
from benchmarks.influence.workload import LAYER_STEP, LINEARS
from gdig.config import Influence
from gdig.influence.capture import captures
from gdig.influence.damping import Damping
from gdig.influence.ekfac import curvature
from gdig.influence.kfac import Eigenbasis
from gdig.influence.plan import Workload, plan
from gdig.influence.score import influence, precondition_seeds
from gdig.lm.batches import by_length, pad
from gdig.lm.layers import tracked_linears
from gdig.lm.loss import token_losses
from gdig.lm.onednn import Onednn
from gdig.lm.prompt import Example

Examples = Sequence[Example]
Kind = Literal["kfac", "ekfac"]
MEMORY_GIB = 64.0
"""Memory granted to our engine, for seeds and for what EK-FAC keeps."""
DAMPING = 0.1
"""Share of the mean eigenvalue, in every engine."""


@dataclass(frozen=True)
class Engine:
    """One way to score candidates."""

    fit: Callable[[Any, Examples, int], Any] | None
    score: Callable[[Any, Any, Examples, Examples, int], torch.Tensor | None]
    oracle: Damping | None = None
    """The convention that its scores are compared with; None: nothing is compared."""
    kind: Kind = "kfac"
    """Curvature of that convention."""
    package: str | None = None
    """What must be installed."""
    prepare: Callable[[Any, Any, Examples, Examples, int], Any] | None = None
    """What is done once for all candidates, where it can be told apart: makes of fit's state what `score` takes."""
    settings: Callable[[int], Influence] | None = None
    """Our engines' settings, for batches of so many tokens."""


def train(model: Any, _: Any, candidates: Examples, seeds: Examples, max_tokens: int) -> None:
    """A plain training pass: forward, and backward to all weights."""
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    for group in by_length(candidates, max_tokens):
        losses_R, _ = token_losses(model, pad([candidates[position] for position in group]).to(model.device))
        torch.autograd.backward(losses_R.mean())
        model.zero_grad()


def train_onednn(model: Any, state: Any, candidates: Examples, seeds: Examples, max_tokens: int) -> None:
    """The training pass with the products that capture uses on a CPU: what of our speed is theirs."""
    with Onednn():
        train(model, state, candidates, seeds, max_tokens)


def floor(model: Any, _: Any, candidates: Examples, seeds: Examples, max_tokens: int) -> None:
    """Forward, and backward to the lowest tracked linear, of candidates and seeds: no exact engine can do with less."""
    names = tracked_linears(model, LAYER_STEP, LINEARS)
    for examples in (candidates, seeds):
        for _taps in captures(model, names, examples, max_tokens, "floor"):
            pass


def fit(model: Any, examples: Examples, max_tokens: int, *, kind: Kind) -> dict[str, Eigenbasis]:
    """Estimate our curvature; what EK-FAC keeps always fits here."""
    names = tracked_linears(model, LAYER_STEP, LINEARS)
    return curvature(model, names, examples, kind=kind, max_tokens=max_tokens, memory_gib=MEMORY_GIB)


def _gdig(*, inverse: str, route: str = "auto", precision: str = "float32", kind: Kind = "kfac") -> Engine:
    damping = Damping("relative", DAMPING, inverse, 1, 1.0)  # type: ignore[arg-type]

    def settings(max_tokens: int) -> Influence:
        return Influence.model_validate(
            {
                "damping": "relative", "damping_value": DAMPING, "inverse": inverse, "route": route, "rank": 32,
                "precision": precision, "memory_gib": MEMORY_GIB, "max_passes": 1, "probe": 1, "min_agreement": 0.0,
                "shard_size": 1, "max_tokens": max_tokens, "seed": 0, "estimator": "exact",
            }
        )  # fmt: skip

    def prepare(
        model: Any, bases: dict[str, Eigenbasis], candidates: Examples, seeds: Examples, max_tokens: int
    ) -> Any:
        shapes = {name: basis.shape for name, basis in bases.items()}
        steps = plan(shapes, Workload.of(candidates, seeds, model.num_parameters()), settings(max_tokens))
        routes = {name: step.route for name, step in steps.items()}
        return precondition_seeds(model, seeds, bases, damping, routes, settings(max_tokens))

    def score(model: Any, prepared: Any, candidates: Examples, _: Examples, max_tokens: int) -> torch.Tensor:
        return influence(model, candidates, prepared, max_tokens)

    return Engine(partial(fit, kind=kind), score, damping, kind, prepare=prepare, settings=settings)


def _kronfluence(kind: Kind, rank: int | None = None) -> Engine:
    return Engine(
        partial(kronfluence_engine.fit, strategy=kind),
        partial(kronfluence_engine.score, rank=rank),
        Damping("relative", DAMPING, "eigen", 1, 1.0),
        kind,
        "kronfluence",
    )


def _bergson(kind: Kind) -> Engine:
    return Engine(
        partial(bergson_engine.fit, corrected=kind == "ekfac"),
        bergson_engine.score,
        Damping("relative", DAMPING, "eigen", 1, 1.0),
        kind,
        "bergson",
        partial(bergson_engine.prepare, damping=DAMPING),
    )


ENGINES = {
    "train": Engine(None, train),
    "train-onednn": Engine(None, train_onednn),
    "floor": Engine(None, floor),
    "gdig": _gdig(inverse="factored"),
    "gdig-bfloat16": _gdig(inverse="factored", precision="bfloat16"),
    "gdig-eigen": _gdig(inverse="eigen"),
    "gdig-eigen-bfloat16": _gdig(inverse="eigen", precision="bfloat16"),
    "gdig-ekfac": _gdig(inverse="eigen", kind="ekfac"),
    "gdig-token-pairs": _gdig(inverse="factored", route="token_pairs"),
    "gdig-low-rank": _gdig(inverse="eigen", route="low_rank"),
    "kronfluence-kfac": _kronfluence("kfac"),
    "kronfluence": _kronfluence("ekfac"),
    "kronfluence-low-rank": _kronfluence("ekfac", rank=32),
    "bergson-kfac": _bergson("kfac"),
    "bergson": _bergson("ekfac"),
}
