"""What a selector needs to choose its pairs, from dvc.lock: trained models, stages, and passes over the pool."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gdig.report.lock import Locked

_FROM_BASE = (None, "scratch", "bradley_terry")
"""Values of `model` with which a stage trains a model; with other values it copies one."""
_Count = Callable[[Locked], int]
_PASSES: Mapping[str, _Count] = {
    "curvature": lambda stage: 0,  # a sample
    "controls": lambda stage: 0,  # the seeds and copies of them; the pool gives their copies other targets
    "sketch": lambda stage: 1 if _value(stage.params, "sketch_rank") else 0,
    "influence": lambda stage: 1 if _value(stage.params, "estimator") == "exact" else 0,
    "token_losses": lambda stage: 2,  # with the prompt and without; a third is over targets alone
    "one_shot": lambda stage: int(_value(stage.params, "num_anchors") or 1),  # each candidate before each anchor
    "judge": lambda stage: 1,  # by an endpoint
    "mining_runs": lambda stage: 0,  # training
    # One pass per checkpoint; these params give their number.
    "less_warmup": lambda stage: int(_value(stage.params, "epochs")),
    "less_gradients": lambda stage: 0,
    "rank_less": lambda stage: 0,  # reads the rates of the warm-up
}
"""Passes of a model over the pool where the inputs of the stage do not tell them: see `passes`."""
_MODELS: Mapping[str, _Count] = {
    # One model per subset; the params of this stage give their number.
    "mining_subsets": lambda stage: (
        len(_value(stage.params, "indicators")) * _value(stage.params, "num_bins") + _value(stage.params, "num_random")
    ),
    "mining_runs": lambda stage: 0,
}
"""Trained models of stages that train another number than one."""


@dataclass(frozen=True)
class Demand:
    """What choosing the pairs of one selector needs, without data and base model."""

    num_models: int
    num_stages: int
    num_passes: int
    stages: Sequence[Locked]


def demand(stages: Sequence[Locked], base: str) -> Demand:
    """Return what some stages need.

    Args:
        stages: stages that choose the pairs of a selector.
        base: path of the base model.
    """
    models = {base} | {out.path for stage in stages if _has_training(stage) for out in stage.outs}
    return Demand(sum(map(trained, stages)), len(stages), sum(passes(stage, models) for stage in stages), list(stages))


def trained(stage: Locked) -> int:
    """Return how many models a stage trains; such a stage has a section `training` in its params."""
    if (name := _name(stage)) in _MODELS:
        return _MODELS[name](stage)
    return 1 if _has_training(stage) and _value(stage.params, "model") in _FROM_BASE else 0


def passes(stage: Locked, models: set[str]) -> int:
    """Return how many passes over the pool a stage makes with a model, without training.

    A stage that reads the pool and a model makes one, unless `_PASSES` says otherwise.
    """
    if (name := _name(stage)) in _PASSES:
        return _PASSES[name](stage)
    if trained(stage):
        return 0
    read = {artifact.path for artifact in stage.inputs}
    return 1 if read & models and any(path.endswith("/prepared/pool.jsonl") for path in read) else 0


def _has_training(stage: Locked) -> bool:
    sections = [stage.params, *(own for own in stage.params.values() if isinstance(own, Mapping))]
    return any(key.rpartition(".")[2] == "training" for own in sections for key in own)


def _name(stage: Locked) -> str:
    """Return the name of a stage without the model or question of this run."""
    return stage.stage.partition("-")[0]


def _value(params: Mapping[str, Any], name: str) -> Any:
    """Return the value of a key in the params of a stage, in any section."""
    for key, value in params.items():
        if key.rpartition(".")[2] == name and not isinstance(value, Mapping):
            return value
        if isinstance(value, Mapping) and (found := _value(value, name)) is not None:
            return found
    return None
