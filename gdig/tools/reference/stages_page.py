"""docs/stages.md: which stages a change of each params key runs again."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import networkx as nx

from gdig.tools.reference.effects import CELLS, Effect, Node, effect, followers, stage_graph, whole_name

HEAD = """\
# Which stages a params key re-runs

Made from `dvc.yaml`, `cells/dvc.yaml` and `selectors/dvc.yaml` by `make docs`. A test edits every key of a checkout on
which all stages ran, and compares this page with what DVC then finds out of date.

- **At once** are the stages that `dvc status` names after an edit.
- **Then** come those that read what these write. DVC compares contents: where a stage writes the bytes that it wrote
  before, nothing behind it runs. `dvc status` does not name them before that.
- A section stands for all of its keys. **Cells** are `subset`, `finetune`, `translate`, `score` and `collect`, of every
  selector and budget and of the full pool (`<stage>_full`) unless selectors are named. **Measures** are `selection`,
  `significance`, `dataset`, `report` and, where they are asked for, `trial_runs` and `trials`.
- `params` holds both files whole, makes nothing, and is left out: it runs after every edit, also one that adds an
  unknown key, and refuses that.
- Optional stages, those of `selectors/dvc.yaml`, run where a selected selector needs them.
- The run cache gives back what a stage made before from the same code, params and inputs: going back to an earlier
  value, or to another profile, runs nothing.

| keys | at once | then |
|---|---|---|
"""

HEAD_OF_OTHERS = """
## Keys that make stages, or move what they read

These stand in names of stages, or in paths. There is one of the stages **made** for each value: that of a new value is
out of date, as it never ran; that of a value that is gone is no stage any more, and what it wrote stays and is read by
nobody. Stages of the full pool are there in any case.

| key | made | at once | then |
|---|---|---|---|
"""

GROUPS = {
    "cells": CELLS,
    "measures": ("selection", "significance", "dataset", "report", "trial_runs", "trials"),
}
"""Stages that stand in nearly every row, by one word each."""
MOST_NAMED = 4
"""So many selectors are named; more are counted."""
MOST_LACKING = 3
"""So few stages that do not follow are named in place of all those that do."""


def page(stages: Mapping[str, Any], keys: Sequence[str]) -> str:
    """Return the page for the names of all keys."""
    stages = {name: stage for name, stage in stages.items() if name != "params"}
    graph = stage_graph(stages)
    plain: list[str] = []
    others: list[str] = []
    for names, does in grouped(stages, keys):
        shown = ", ".join(f"`{name}`" for name in names)
        at_once = told(does.stale) or "none"
        then = told_nodes(followers(graph, does), does, graph)
        if does.made or does.moved:
            made = "every stage" if len(does.made) == len(stages) else told(does.made) or "none"
            reads = ", which reads another artifact" if does.moved else ""
            others.append(f"| {shown} | {made} | {at_once}{reads} | {then} |\n")
        else:
            plain.append(f"| {shown} | {at_once} | {then} |\n")
    return HEAD + "".join(plain) + HEAD_OF_OTHERS + "".join(others)


def grouped(stages: Mapping[str, Any], keys: Sequence[str]) -> list[tuple[list[str], Effect]]:
    """Return the keys by what they do, a section in place of its keys where all of them do the same."""
    effects = {key: effect(stages, key) for key in keys}

    def agree(section: str) -> bool:
        return len({does for key, does in effects.items() if f"{key}.".startswith(f"{section}.")}) == 1

    rows: dict[Effect, dict[str, None]] = {}
    for key, does in effects.items():
        sections = itertools.accumulate(key.split("."), lambda section, name: f"{section}.{name}")
        rows.setdefault(does, {})[next(filter(agree, sections))] = None
    return [(list(names), does) for does, names in rows.items()]


def told(names: Iterable[str]) -> str:
    """Return stages of dvc.yaml as a cell of a table tells them."""
    return ", ".join(_shown(name) for name in dict.fromkeys(map(whole_name, names)))


def told_nodes(nodes: Sequence[Node], does: Effect, graph: nx.DiGraph) -> str:
    """Return stages with the selectors that they are of, unless that is all; nearly all stages by those that lack."""
    if not nodes:
        return "none"
    direct = {whole_name(name) for name in (*does.stale, *does.made)}
    lacking = [node for node in graph if node not in nodes and node[0] not in direct]
    if len(lacking) <= MOST_LACKING:
        but = ", ".join(_shown(name) for name, _ in lacking)
        return f"every other stage but {but}" if but else "every other stage"
    every = {selector for name, selector in graph if name == CELLS[0]}
    selectors: dict[str, set[str]] = {}
    for name, selector in nodes:
        selectors.setdefault(name, set()).update([selector] if selector else [])
    parts = []
    for of, group in itertools.groupby(selectors, key=selectors.__getitem__):
        text = ", ".join(_in_short(list(group)))
        if of == every:
            text += " of every selector"
        elif len(of) > MOST_NAMED:
            text += f" of {len(of)} selectors"
        elif of:
            text += f" of {', '.join(f'`{name}`' for name in sorted(of))}"
        parts.append(text)
    return "; ".join(parts)


def _in_short(names: list[str]) -> list[str]:
    """Return stages as they are shown, those of `GROUPS` by the name of their group."""
    for group, members in GROUPS.items():
        if set(members) <= set(names):
            rest = [name for name in names if name not in members]
            return [group, *_in_short(rest)]
    return list(map(_shown, names))


def _shown(name: str) -> str:
    return f"`{name}`"
