"""What dvc.lock says of the stages of one profile: from which params and artifacts each artifact came."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML

_LOCK = Path("dvc.lock")


@dataclass(frozen=True)
class Artifact:
    """A file or folder, and its content."""

    path: str
    hash: str
    """MD5, as DVC names it; ends in `.dir` for a folder."""
    size: int


@dataclass(frozen=True)
class Locked:
    """A stage, or a cell of one, as it was last run or fetched."""

    stage: str
    selector: str
    budget: str
    inputs: Sequence[Artifact]
    """Without code."""
    outs: Sequence[Artifact]
    params: Mapping[str, Any]

    @property
    def name(self) -> str:
        """As people write it: `finetune gdig 64`."""
        return " ".join(filter(None, (self.stage, self.selector, self.budget)))


def read_lock(profile: str, selectors: Collection[str], budgets: Collection[int]) -> list[Locked]:
    """Return the stages of a profile but the report, and of their cells those that params name; none without a lock.

    Cells of selectors and budgets that were once there stand in the lock for good. A ranking that another selector
    reads is there without being named.
    """
    if not _LOCK.is_file():
        return []
    stages = YAML(typ="safe").load(_LOCK.read_text(encoding="utf-8"))["stages"]
    wanted = {"", "all", *map(str, budgets)}
    found = [_parse(entry) for entry in stages.values() if _is_of(profile, entry)]
    found = [stage for stage in found if stage.stage != "report" and stage.budget in wanted]
    named = {"", "full", *selectors}
    choosing = upstream(found, [f"data/{profile}/rankings/{selector}.jsonl" for selector in selectors])
    return [stage for stage in found if stage.selector in named or stage in choosing]


def upstream(stages: Sequence[Locked], goals: Collection[str]) -> list[Locked]:
    """Return the stages that some artifacts come from, directly or not, in the order of `stages`."""
    makers: dict[str, list[int]] = {}
    for number, stage in enumerate(stages):
        for out in stage.outs:
            path = PurePosixPath(out.path)
            # A stage may read a folder that others have filled file by file, or a file of a folder.
            for place in (path, *path.parents):
                makers.setdefault(place.as_posix(), []).append(number)
    exact = {out.path: number for number, stage in enumerate(stages) for out in stage.outs}
    needed: set[int] = set()
    queue = list(goals)
    while queue:
        goal = PurePosixPath(queue.pop())
        above = [exact[place.as_posix()] for place in goal.parents if place.as_posix() in exact]
        for number in {*makers.get(goal.as_posix(), []), *above} - needed:
            needed.add(number)
            queue += [artifact.path for artifact in stages[number].inputs]
    return [stage for number, stage in enumerate(stages) if number in needed]


def _is_of(profile: str, entry: Mapping[str, Any]) -> bool:
    return any(out["path"].startswith(f"data/{profile}/") for out in entry.get("outs", []))


def _parse(entry: Mapping[str, Any]) -> Locked:
    words = entry["cmd"].split()
    cell = dict(zip(words[3::2], words[4::2], strict=False))
    return Locked(
        # A stage that runs once for each of several models or questions has its costs under both names.
        stage="-".join(filter(None, (words[2].rpartition(".")[2], cell.get("--scorer"), cell.get("--kind")))),
        selector=cell.get("--selector", ""),
        budget=cell.get("--budget", ""),
        inputs=[_artifact(dep) for dep in entry.get("deps", []) if not dep["path"].endswith(".py")],
        outs=[_artifact(out) for out in entry.get("outs", [])],
        params=entry.get("params", {}).get("params.yaml", {}),
    )


def _artifact(entry: Mapping[str, Any]) -> Artifact:
    return Artifact(entry["path"], entry.get("md5", ""), entry.get("size", 0))
