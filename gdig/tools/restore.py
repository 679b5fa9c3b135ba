"""What `make repro` does before anything runs: take what the run cache knows, and drop dead entries of dvc.lock.

`dvc repro` does the first of these too, but it reads and rewrites the whole of dvc.lock after every stage, and is
started once per cell where cells run side by side. Here one process restores all and writes each lock file once.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path

import networkx as nx
from dvc.dvcfile import ProjectFile
from dvc.repo import Repo
from dvc.stage import PipelineStage
from dvc.stage.cache import RunCacheNotFoundError
from dvc.utils.serialize import load_yaml, modify_yaml
from dvc_data.hashfile.hash_info import HashInfo

from gdig.run.progress import track
from gdig.tools.verify import needed


def restore(repo: Repo) -> tuple[list[str], set[str]]:
    """Restore every stage that the run cache knows.

    Only stages that `dvc repro` would look at are looked at. Lock files are written at the end, also after Ctrl-C.

    Returns:
        Names of the stages restored; and of those that must run, with all behind them.
    """
    graph = needed(repo)
    due: set[PipelineStage] = set()
    with repo.lock, _locked_at_the_end() as restored:
        for stage in track(nx.dfs_postorder_nodes(graph), total=len(graph), label="look at", unit="stages"):
            upstream = list(graph.successors(stage))
            if due.intersection(upstream):
                due.add(stage)
            elif stage.changed(upstream=upstream):
                if is_cached(repo, stage):
                    stage.run()
                    restored.append(stage)
                else:
                    due.add(stage)
    return [stage.addressing for stage in restored], {stage.addressing for stage in due}


@contextmanager
def _locked_at_the_end() -> Iterator[list[PipelineStage]]:
    """Yield a list for stages; their entries are written to the lock files when the block ends, however it ends."""
    stages: list[PipelineStage] = []
    try:
        yield stages
    finally:
        for path in dict.fromkeys(stage.path for stage in stages):
            members = [stage for stage in stages if stage.path == path]
            members[0].dvcfile.dump_stages(members, update_pipeline=False)


def is_cached(repo: Repo, stage: PipelineStage) -> bool:
    """Return whether DVC would restore a changed stage; where the lock file is wrong, make it ask the run cache.

    A lock file of another machine may have outs that nobody has here for deps that are the same. DVC would take these
    outs for what belongs to the deps, and run the stage.
    """
    if not stage.changed_stage() and stage.deps_cached() and stage.outs_cached():
        return True  # missing from the workspace alone
    probe = copy(stage)
    probe.deps = [copy(dep) for dep in stage.deps]
    probe.outs = [copy(out) for out in stage.outs]
    _forget(probe)
    probe.save_deps()
    try:
        repo.stage_cache.restore(probe, dry=True)
    except RunCacheNotFoundError:
        return False
    _forget(stage)
    return True


def _forget(stage: PipelineStage) -> None:
    """Forget what the lock file says of the outs."""
    for out in stage.outs:
        out.hash_info = HashInfo()


def prune(repo: Repo, profile: str, others: Collection[str]) -> int:
    """Remove from the lock files the entries of stages that do not exist; return how many these were.

    An entry is dead where the DVC file has no stage of its name, or where it is of the profile in use and `selectors`
    or `budgets` make no such stage now: the run cache gives it back where they do again. Those of other profiles stay.

    Args:
        repo: with its stages.
        profile: the one in use.
        others: names of other profiles.
    """
    num_dead = 0
    for path in dict.fromkeys(stage.path for stage in repo.index.stages if isinstance(stage, PipelineStage)):
        file = ProjectFile(repo, path)
        lock = Path(path).with_suffix(".lock")
        if not lock.is_file():
            continue
        alive = {stage.name for stage in repo.index.stages if stage.path == path}
        names = set(file.contents["stages"])
        dead = [
            entry
            for entry in load_yaml(lock).get("stages", {})
            if entry not in alive
            and (entry.partition("@")[0] not in names or _profile_of(entry, {profile, *others}) == profile)
        ]
        if dead:
            with repo.lock, modify_yaml(lock) as contents:
                for entry in dead:
                    del contents["stages"][entry]
            num_dead += len(dead)
    return num_dead


def _profile_of(entry: str, profiles: Collection[str]) -> str | None:
    """Return the profile in the name of an entry, `<stage>@<profile>-...`: the longest that fits."""
    item = entry.partition("@")[2]
    return max((name for name in profiles if f"{item}-".startswith(f"{name}-")), key=len, default=None)
