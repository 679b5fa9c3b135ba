"""What DVC itself says is out of date after an edit of params.yaml, and what follows from it."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from dvc.dependency import param
from dvc.repo import Repo, lock_repo

from gdig.tools.contract import load_stages, params_of
from gdig.tools.reference.effects import Effect, Node, effect, whole_name
from tests.conftest import write_params
from tests.pipeline.conftest import is_params

CELL = frozenset({"subset", "finetune", "translate", "score", "collect"})


def base_of(name: str) -> str:
    """Return the name of a DVC stage in dvc.yaml, without `_full`."""
    return whole_name(name.rpartition("dvc.yaml:")[2].partition("@")[0])


def effect_of(root: Path, key: str) -> Effect:
    """Return what a change of a key does by the DVC files of a repository."""
    return effect(plain_stages(root), key)


def plain_stages(root: Path) -> dict[str, Any]:
    """Return the stages of the DVC files of a repository, params without the file that they stand in."""
    return {name: stage | {"params": params_of(stage)} for name, stage in load_stages(root).items()}


def status_of(params: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Return the stages that there are with these params, and those that `dvc status` names, but for `params`."""
    write_params(Path(), params)
    # DVC reads all files twice unless they are locked throughout, and params.yaml for each stage.
    with pytest.MonkeyPatch.context() as patch, Repo() as repo, lock_repo(repo):
        patch.setattr(param, "load_path", cache(param.load_path))
        stages, stale = [stage.addressing for stage in repo.index.stages], repo.status()
    return {name for name in stages if not is_params(name)}, {name for name in stale if not is_params(name)}


def stale_by_params(edits: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, set[str]]:
    """Return, by name of an edit, the stages whose params differ from dvc.lock, as `dvc status` compares them.

    Stages and paths must not depend on what is edited: then it is the rest of a status, files and outs, that stays.
    DVC reads params.yaml for each stage; here once for each edit.
    """
    load = cache(param.load_path)
    found = {}
    with pytest.MonkeyPatch.context() as patch, Repo() as repo:
        patch.setattr(param, "load_path", load)
        deps = [(stage.addressing, dep) for stage in repo.index.stages for dep in stage.deps]
        deps = [(name, dep) for name, dep in deps if isinstance(dep, param.ParamsDependency)]
        for key, params in edits:
            write_params(Path(), params)
            load.cache_clear()
            found[key] = {name for name, dep in deps if dep.status()}
    return found


def behind(graph: nx.DiGraph, does: Effect) -> set[Node]:
    """Return what DVC's graph has behind the stages of an effect: as `effects.followers` tells it."""
    stale, made = ({whole_name(name) for name in names} for names in (does.stale, does.made))
    found: set[Node] = set()
    for name in graph:
        if base_of(name) in stale | made:
            without = stale if base_of(name) in stale else stale | made
            found |= {_node(later) for later in nx.ancestors(graph, name) if base_of(later) not in without}
    return found


def _node(name: str) -> Node:
    stage, _, cell = name.rpartition("dvc.yaml:")[2].partition("@")
    if whole_name(stage) != stage:
        return whole_name(stage), "full"
    return stage, cell.split("-")[1] if stage in (*CELL, "token_losses", "judge") else None
