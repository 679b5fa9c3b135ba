"""What a change of a params key does to the stages, read from dvc.yaml.

A stage is out of date at once where a key is among its `params`. A key may also be a dimension of its matrix, whose
values make and remove stages, or part of a path, so that the stage reads another artifact.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx

from gdig.config import JUDGE_KINDS, SCORERS
from gdig.tools.contract import params_of

CELLS = ("subset", "finetune", "translate", "score", "collect")
"""The stages of one selector, in order; `<name>_full` is the one of the full pool."""

_REFERENCE = re.compile(r"\$\{(?!item\.)([\w.]+)\}")

Node = tuple[str, str | None]
"""A stage as readers know it: its name without `_full`, and the selector, scorer or kind of question where there is one
for each."""


@dataclass(frozen=True)
class Effect:
    """What changing a key does, by names of stages in dvc.yaml, in its order."""

    stale: tuple[str, ...]
    """Out of date at once."""
    made: tuple[str, ...]
    """There is one for each value: they come and go with it."""
    moved: tuple[str, ...]
    """They read another artifact."""


def effect(stages: Mapping[str, Any], key: str) -> Effect:
    """Return what a change of a key does."""

    def where(keys_of: Callable[[Any], Iterable[str]]) -> tuple[str, ...]:
        return tuple(name for name, stage in stages.items() if any(_within(key, whole) for whole in keys_of(stage)))

    return Effect(
        stale=where(params_of),
        made=where(lambda stage: _keys_in(stage["matrix"])),
        moved=where(lambda stage: _keys_in(stage["deps"])),
    )


def whole_name(name: str) -> str:
    """Return the name under which a stage and its twin of the full pool are told together."""
    base = name.removesuffix("_full")
    return base if base in CELLS else name


def stage_graph(stages: Mapping[str, Any]) -> nx.DiGraph:
    """Return the DAG with an edge from each stage to those that read what it writes; budgets are not told apart."""
    selectors = [name.removeprefix("rank_") for name in stages if name.startswith("rank_") and name != "rank_full"]
    outs: dict[Node, list[str]] = {}
    deps: dict[Node, list[str]] = {}
    each: dict[str, Sequence[str]] = {"selector": selectors, "scorer": SCORERS, "kind": JUDGE_KINDS}
    for name, stage in stages.items():
        alone = "full" if whole_name(name) != name else None
        dimension = next((dimension for dimension in each if dimension in stage["matrix"]), "")
        for value in each.get(dimension, [alone]):
            node = (whole_name(name), value)
            outs[node] = [path.replace(f"${{item.{dimension}}}", str(value)) for path in _outs(stage)]
            deps[node] = [path.replace(f"${{item.{dimension}}}", str(value)) for path in stage["deps"]]
    graph = nx.DiGraph()
    graph.add_nodes_from(outs)
    graph.add_edges_from(
        (source, reader)
        for source, written in outs.items()
        for reader, read in deps.items()
        if any(_overlap(out, dep) for out in written for dep in read)
    )
    return graph


def followers(graph: nx.DiGraph, does: Effect) -> list[Node]:
    """Return what comes behind the stages that a change makes, or makes stale, without them, in dvc.yaml's order."""
    stale, made = ({whole_name(name) for name in names} for names in (does.stale, does.made))
    behind: set[Node] = set()
    for node in graph:
        if node[0] in stale:
            behind |= {reader for reader in nx.descendants(graph, node) if reader[0] not in stale}
        elif node[0] in made:
            behind |= {reader for reader in nx.descendants(graph, node) if reader[0] not in stale | made}
    return [node for node in graph if node in behind]


def _within(key: str, whole: str) -> bool:
    return key == whole or key.startswith(f"{whole}.")


def _keys_in(value: Any) -> list[str]:
    return _REFERENCE.findall(str(value))


def _outs(stage: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("outs", "metrics", "plots"):
        for out in stage.get(kind, ()):
            yield next(iter(out)) if isinstance(out, dict) else out


def _overlap(out: str, dep: str) -> bool:
    """Say whether one path is the other or a folder above it, whatever the value of a key that stands in it."""
    names = zip(out.split("/"), dep.split("/"), strict=False)
    return all(a == b or _REFERENCE.fullmatch(a) or _REFERENCE.fullmatch(b) for a, b in names)
