"""The stages of one profile in the lock files: the params and artifacts from which each artifact was made."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ruamel.yaml import YAML

from gdig.run.paths import DVC_FILES

_CODE = ("gdig/", "stages/")
CHOOSING = "choosing pairs"
PHASES = ("data and base model", CHOOSING, "training and scoring")


@dataclass(frozen=True)
class Artifact:
    """A file or folder, and its content."""

    path: str
    hash: str
    """MD5 as DVC writes it; ends in `.dir` for a folder."""
    size: int


@dataclass(frozen=True)
class Locked:
    """A stage, or a cell of one, as it last ran or was fetched."""

    stage: str
    selector: str
    budget: str
    inputs: Sequence[Artifact]
    """Dependencies without code."""
    outs: Sequence[Artifact]
    params: Mapping[str, Any]

    @property
    def name(self) -> str:
        """As people write it: `finetune gdig 64`."""
        return " ".join(filter(None, (self.stage, self.selector, self.budget)))


def read_lock(profile: str, selectors: Collection[str], budgets: Collection[int]) -> list[Locked]:
    """Return the stages of a profile, each after those that it reads; an empty list without lock files.

    Left out are the report and the cells of selectors and budgets that params do not name, which lock files keep. The
    ranking of an unnamed selector stays where a named selector reads it.
    """
    entries = [
        entry
        for lock in (file.with_suffix(".lock") for file in DVC_FILES)
        if lock.is_file()
        for entry in YAML(typ="safe").load(lock.read_text(encoding="utf-8"))["stages"].values()
    ]
    wanted = {"", "all", *map(str, budgets)}
    found = [_parse(entry) for entry in entries if _is_of(profile, entry)]
    found = [stage for stage in found if stage.stage != "report" and stage.budget in wanted]
    named = {"", "full", *selectors}
    choosing = upstream(found, [f"data/{profile}/rankings/{selector}" for selector in selectors])
    return _in_order([stage for stage in found if stage.selector in named or stage in choosing], selectors)


def upstream(stages: Sequence[Locked], goals: Collection[str]) -> list[Locked]:
    """Return the stages that make some artifacts, directly or not, in the order of `stages`."""
    needed = _Makers(stages).behind(goals)
    return [stage for number, stage in enumerate(stages) if number in needed]


def of_selectors(
    profile: str, selectors: Sequence[str], stages: Sequence[Locked]
) -> dict[str, dict[str, list[Locked]]]:
    """Return the stages of each selector by phase: stages that all selectors need, choosing, training and scoring.

    A stage that several selectors need counts for each of them, as if it ran for that selector alone.
    """
    shared = {stage.name for stage in upstream(stages, [f"data/{profile}/base"])}
    found = {}
    for selector in selectors:
        needed = upstream(stages, [f"data/{profile}/metrics/{selector}.json"])
        chooses = upstream(stages, [f"data/{profile}/rankings/{selector}"])
        names = {stage.name for stage in chooses}
        parts = (
            [stage for stage in needed if stage.name in shared],
            [stage for stage in chooses if stage.name not in shared],
            [stage for stage in needed if stage.name not in names | shared],
        )
        if needed:
            found[selector] = dict(zip(PHASES, parts, strict=True))
    return found


def size_of(stages: Sequence[Locked]) -> int:
    """Return the bytes of all outputs; numbers in Git have a copy in the cache and do not count again."""
    return sum(out.size for stage in stages for out in stage.outs if not out.path.startswith("metrics/"))


class _Makers:
    """Which of some stages make an artifact."""

    def __init__(self, stages: Sequence[Locked]) -> None:
        self._stages = stages
        self._exact = {out.path: number for number, stage in enumerate(stages) for out in stage.outs}
        self._within: dict[str, set[int]] = {}
        for number, stage in enumerate(stages):
            for out in stage.outs:
                path = PurePosixPath(out.path)
                # A stage may read a folder that others fill file by file, or a file of a folder.
                for place in (path, *path.parents):
                    self._within.setdefault(place.as_posix(), set()).add(number)

    def behind(self, goals: Collection[str]) -> set[int]:
        """Return the numbers of the stages that make some artifacts, directly or not."""
        needed: set[int] = set()
        queue = list(goals)
        while queue:
            goal = PurePosixPath(queue.pop())
            above = {self._exact[place.as_posix()] for place in goal.parents if place.as_posix() in self._exact}
            for number in (self._within.get(goal.as_posix(), set()) | above) - needed:
                needed.add(number)
                queue += [artifact.path for artifact in self._stages[number].inputs]
        return needed


def _in_order(stages: Sequence[Locked], selectors: Collection[str]) -> list[Locked]:
    """Return the stages in an order that depends on their content only; dvc.lock keeps the order of past runs."""
    makers, order = _Makers(stages), list(selectors)

    def place(stage: Locked) -> tuple[int, str, int, str, int]:
        # A stage has more stages behind it than each of those.
        num_behind = len(makers.behind([artifact.path for artifact in stage.inputs]))
        rank = order.index(stage.selector) if stage.selector in order else len(order)
        return num_behind, stage.stage, rank, stage.selector, int(stage.budget) if stage.budget.isdigit() else 0

    return sorted(stages, key=place)


def _is_of(profile: str, entry: Mapping[str, Any]) -> bool:
    return any(out["path"].startswith(f"data/{profile}/") for out in entry.get("outs", []))


def _parse(entry: Mapping[str, Any]) -> Locked:
    words = entry["cmd"].split()
    cell = dict(zip(words[4::2], words[5::2], strict=False))
    return Locked(
        # A stage that runs once for each of several models or questions has its costs under both names.
        stage="-".join(filter(None, (words[3], cell.get("--scorer"), cell.get("--kind")))),
        selector=cell.get("--selector", ""),
        budget=cell.get("--budget", ""),
        inputs=[_artifact(dep) for dep in entry.get("deps", []) if not dep["path"].startswith(_CODE)],
        outs=[_artifact(out) for out in entry.get("outs", [])],
        params={key: value for file in entry.get("params", {}).values() for key, value in file.items()},
    )


def _artifact(entry: Mapping[str, Any]) -> Artifact:
    return Artifact(entry["path"], entry.get("md5", ""), entry.get("size", 0))
