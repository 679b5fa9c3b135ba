"""What a selector asks for before it has chosen: of ours by the DAG, of published work by the survey's tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from rich.filesize import decimal

from gdig.report.cost import CHOOSING, Measured, clock, total
from gdig.report.efficiency.curve import Point
from gdig.report.efficiency.feasibility import (
    dense_ranks,
    feasibility_ranks,
    flexibility,
    ranks,
    simplicity,
    stated_flexibility,
    stated_simplicity,
)
from gdig.report.efficiency.plane import baseline_through, efficiency
from gdig.report.lock import Locked
from gdig.report.selectors import label_of
from gdig.report.survey_tables import (
    ANCHORS,
    COLUMNS,
    LEADERBOARD,
    PIR,
    RANKS,
    WINS,
    WORKS,
    bridged,
    misplaced,
    source_of,
)
from gdig.report.table import table

_FROM_BASE = (None, "scratch", "bradley_terry")
"""Values of a section's `model` with which its stage trains one; with others it copies one."""
_Count = Callable[[Locked], int]
_PASSES: Mapping[str, _Count] = {
    "curvature": lambda stage: 0,  # a sample
    "controls": lambda stage: 0,  # the seeds and copies of them; the pool gives their copies other targets
    "sketch": lambda stage: 1 if _value(stage.params, "sketch_rank") else 0,
    "influence": lambda stage: 1 if _value(stage.params, "estimator") == "exact" else 0,
    "token_losses": lambda stage: 2,  # with the prompt and without
    "one_shot": lambda stage: int(_value(stage.params, "num_anchors") or 1),  # each candidate before each anchor
    "judge": lambda stage: 1,  # by an endpoint
    "mining_runs": lambda stage: 0,  # training
    # One at each checkpoint, and these params say how many there are.
    "less_warmup": lambda stage: int(_value(stage.params, "epochs")),
    "less_gradients": lambda stage: 0,
    "rank_less": lambda stage: 0,  # reads the rates of the warm-up
}
"""Passes of a model over the pool, where they are not told by what the stage reads: see `passes`."""
_MODELS: Mapping[str, _Count] = {
    # One on each subset, and this stage's params say how many there are.
    "mining_subsets": lambda stage: (
        len(_value(stage.params, "indicators")) * _value(stage.params, "num_bins") + _value(stage.params, "num_random")
    ),
    "mining_runs": lambda stage: 0,
}
"""Models that are trained for what a stage leaves, where it is not one."""


@dataclass(frozen=True)
class Demand:
    """What choosing the pairs of one selector asks for, data and base model aside."""

    num_models: int
    num_stages: int
    num_passes: int
    stages: Sequence[Locked]


def demand(stages: Sequence[Locked], base: str) -> Demand:
    """Return what some stages ask for.

    Args:
        stages: those that choose the pairs of a selector.
        base: path of the base model.
    """
    models = {base} | {out.path for stage in stages if _has_training(stage) for out in stage.outs}
    return Demand(sum(map(trained, stages)), len(stages), sum(passes(stage, models) for stage in stages), list(stages))


def trained(stage: Locked) -> int:
    """Return how many models a stage trains: those have a section `training` in their params."""
    if (name := _name(stage)) in _MODELS:
        return _MODELS[name](stage)
    return 1 if _has_training(stage) and _value(stage.params, "model") in _FROM_BASE else 0


def passes(stage: Locked, models: set[str]) -> int:
    """Return how often a model passes over the pool in a stage, training aside.

    It does once in a stage that reads the pool and a model, unless `_PASSES` knows better.
    """
    if (name := _name(stage)) in _PASSES:
        return _PASSES[name](stage)
    if trained(stage):
        return 0
    read = {artifact.path for artifact in stage.inputs}
    return 1 if read & models and any(path.endswith("/prepared/pool.jsonl") for path in read) else 0


def measured_section(
    by_selector: Mapping[str, Mapping[str, Sequence[Locked]]], profile: str, measured: Measured
) -> str:
    """Return the feasibility of this run's selectors, as dvc.lock and the journal of costs have it."""
    demands = {
        name: demand(phases[CHOOSING], f"data/{profile}/base") for name, phases in by_selector.items() if name != "full"
    }
    if not demands:
        return "<h3>Feasibility of our selectors</h3><p>Not known: there is no dvc.lock.</p>"
    order = dense_ranks({name: (own.num_models, own.num_stages) for name, own in demands.items()})
    rows = []
    for name in sorted(demands, key=lambda name: (order[name], name)):
        own = demands[name]
        cost = total(own.stages, measured)
        time = clock(cost.seconds) if cost.num_measured else "not run on this machine"
        if 0 < cost.num_measured < cost.num_stages:
            time += f" ({cost.num_measured} of {cost.num_stages})"
        cells = [f"{own.num_models:,}", f"{own.num_stages:,}", f"{own.num_passes:,}", str(order[name])]
        rows.append((label_of(name), [*cells, time, decimal(cost.out_bytes)], False))
    return (
        "<h3>Feasibility of our selectors</h3><p>What a selector needs before its ranking is there, data and base "
        "model aside: models that are trained, stages, passes of a model over the pool, time on this machine and bytes "
        "of what is kept. The rank of simplicity is by trained models and then by stages, as the survey ranks; all of "
        "them can be reproduced.</p>"
        + table(
            ["selector", "models trained", "stages", "passes", "simplicity", "time", "bytes"],
            rows,
            label="Feasibility of our selectors",
        )
    )


def published_section() -> str:
    """Return the survey's own tables, with what follows from its formulas and what does not."""
    return (
        "<h3>Published work</h3><details><summary>PIR, efficiency and feasibility in the survey</summary>"
        + _published_pir()
        + _published_efficiency()
        + _published_feasibility()
        + "</details>"
    )


def _has_training(stage: Locked) -> bool:
    sections = [stage.params, *(own for own in stage.params.values() if isinstance(own, Mapping))]
    return any(key.rpartition(".")[2] == "training" for own in sections for key in own)


def _published_pir() -> str:
    def cell(name: str, column: str) -> str:
        if column not in PIR[name]:
            return "–"
        mark = source_of(name, column)
        return f"{PIR[name][column]:.3f}" + ("" if mark == "as printed" else f" ({mark})")

    found = "; ".join(
        f"{name}: {own.found:.3f}, with rounding {own.low:.3f} to {own.high:.3f}, printed {own.printed:.3f}"
        for name, own in bridged().items()
    )
    return (
        "<h4>PIR, as printed</h4><p>The scores behind it are those of the papers, so that cells cannot be computed "
        "here but for two that the survey estimates by its bridge, a line through two works of which both forms are "
        f"known. That line gives {escape(found)}.</p>"
        + table(["work", *COLUMNS], [(n, [cell(n, c) for c in COLUMNS], False) for n in PIR], label="Published PIR")
    )


def _published_efficiency() -> str:
    columns = {}
    for source in ("table", "leaderboard"):
        points = {
            name: Point(name, 1, sdf, PIR[name][WINS] if source == "table" else pir, None, 1)
            for name, (sdf, pir) in LEADERBOARD.items()
        }
        drawn = baseline_through([points[name] for name in ANCHORS], points[ANCHORS[0]], is_log=False)
        assert drawn
        columns[source] = {name: efficiency(point, drawn).ceff for name, point in points.items()}
    rows = [
        (
            name,
            [f"{LEADERBOARD[name][0]:.2%}", f"{PIR[name][WINS]:.3f}", f"{columns['table'][name]:+.3f}",
             f"{LEADERBOARD[name][1]:.3f}", f"{columns['leaderboard'][name]:+.3f}"],
            False,
        )
        for name in sorted(LEADERBOARD, key=lambda name: -columns["leaderboard"][name])
    ]  # fmt: skip
    return (
        "<h4>Conditional efficiency</h4><p>The survey prints no SDF; these are coordinates of its authors' "
        "leaderboard (github.com/tREeFrOGcoder/TEDD-Ranker), which for DEITA and LESS has another PIR than the table. "
        "The baseline goes through Instruction-Mining and InstructionGPT-4, over SDF itself.</p>"
        + table(["work", "SDF", "PIR, table", "CEff", "PIR, leaderboard", "CEff"], rows, label="Published efficiency")
    )


def _published_feasibility() -> str:
    computed = {"simplicity": ranks(WORKS, simplicity), "flexibility": ranks(WORKS, flexibility),
                "feasibility": feasibility_ranks(WORKS)}  # fmt: skip
    rows = []
    for name, work in WORKS.items():
        star = "*" if work.small else ""
        ticks = [work.reproducible, work.model_free, work.dataset_free, work.chatgpt_free]
        numbers = [f"{work.trained}{star}", f"{work.steps}", f"{work.uses}{star}"]
        found = [
            f"{own[name]}" if own[name] == printed else f"{own[name]} (printed {printed})"
            for own, printed in zip(computed.values(), RANKS[name], strict=True)
        ]
        rows.append((name, [*numbers, *("✓" if tick else "✗" for tick in ticks), *found], False))
    wrong = {
        "simplicity": misplaced(lambda works: ranks(works, stated_simplicity), 0),
        "flexibility": misplaced(lambda works: ranks(works, stated_flexibility), 1),
    }
    differ = " and ".join(f"{len(names)} of {len(WORKS)} ranks of {what}" for what, names in wrong.items())
    return (
        "<h4>Feasibility</h4><p>Ranks computed: simplicity by trained LLMs and then steps, a repository being worth "
        "one; flexibility by the number of ticks, then model, ChatGPT and dataset; feasibility by their sum. All are "
        f"as printed. The priorities that the survey states give other numbers: {differ}. * GPT-2 in place of an "
        "LLM.</p>"
        + table(
            ["work", "trained LLMs", "steps", "LLM uses", "repository", "model-free", "dataset-free", "ChatGPT-free",
             *computed],
            rows,
            label="Published feasibility",
        )
    )  # fmt: skip


def _name(stage: Locked) -> str:
    """Return the name of a stage, without that of the model or question of which it is one run."""
    return stage.stage.partition("-")[0]


def _value(params: Mapping[str, Any], name: str) -> Any:
    """Return the value of a key of the params of a stage, whatever section it is in."""
    for key, value in params.items():
        if key.rpartition(".")[2] == name and not isinstance(value, Mapping):
            return value
        if isinstance(value, Mapping) and (found := _value(value, name)) is not None:
            return found
    return None
