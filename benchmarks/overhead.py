"""What DVC adds to the stages' own commands, in time: `python -m benchmarks.overhead`.

    python -m benchmarks.overhead             # every stage of params.yaml by hand, then by `dvc repro`: two whole runs
    python -m benchmarks.overhead --replay    # the same of stages that put back what lies here: minutes, no training

Both runs are serial, in fresh copies of this checkout with caches of their own. `--replay` needs an up-to-date run
here (`dvc status`); DVC then does all that it does in a real run (it reads dvc.yaml, hashes every file, copies it to
its cache, writes dvc.lock), so that the difference is its own time, to be set beside that of the stages by hand.
"""

import argparse
import json
import os
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
from dvc.repo import Repo

from gdig.run.command import command
from gdig.tools.verify import needed


@dataclass(frozen=True)
class Stage:
    """A stage of dvc.yaml."""

    name: str
    command: str
    outs: tuple[str, ...]


@dataclass(frozen=True)
class Took:
    """Seconds on the clock, and of processors."""

    wall: float
    cpu: float


def stages_in_order() -> list[Stage]:
    """Return the stages of this checkout that `dvc repro` looks at, each behind those that it depends on."""
    with Repo() as repo:
        graph = needed(repo)
        return [
            Stage(
                stage.addressing,
                stage.cmd,
                tuple(os.path.relpath(out.fs_path, repo.root_dir) for out in stage.outs),
            )
            for stage in nx.dfs_postorder_nodes(graph)
        ]


def fresh_copy(folder: Path) -> None:
    """Copy what Git knows of this checkout, with its edits, but for what a run leaves."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    for name in map(Path, listed):
        if name.is_file() and name.name != "dvc.lock" and (name.parts[0] != "metrics" or name.parts[1] == "grids"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, folder / name)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)


def took(commands: Sequence[str], folder: Path, environment: dict[str, str]) -> Took:
    """Run commands one after the other in a folder; return what they took."""
    start, before = time.monotonic(), _cpu()
    for line in commands:
        done = subprocess.run(
            line, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"error: `{line}` failed with exit code {done.returncode}:\n{done.stdout[-2000:]}")
    return Took(time.monotonic() - start, _cpu() - before)


def replaying(stages: Sequence[Stage], folder: Path) -> dict[str, str]:
    """Return an environment in which each stage's command copies the stage's outs from this checkout.

    Args:
        stages: all of them.
        folder: where what takes the place of `python` is put.
    """
    if missing := [out for stage in stages for out in stage.outs if not Path(out).exists()]:
        sys.exit(f"error: {missing[0]} is not here; run `dvc repro` or `dvc pull` first")
    for stage in stages:
        python, *arguments = shlex.split(stage.command)
        assert python == "python", stage.command
        (folder / " ".join(arguments)).write_text("".join(f"{out}\n" for out in stage.outs), encoding="utf-8")
    here = shlex.quote(str(Path.cwd()))
    (folder / "bin").mkdir()
    program = folder / "bin" / "python"
    program.write_text(
        f'#!/bin/sh\nset -e\nwhile read -r out; do mkdir -p "$(dirname "$out")"; cp -R {here}/"$out" "$out"; done '
        f'< {shlex.quote(str(folder))}/"$*"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}


def measure(folder: Path, *, replay: bool) -> dict[str, Any]:
    """Return what both ways took, and what DVC took of it."""
    stages = stages_in_order()
    by_hand, by_dvc, programs = (folder / name for name in ("by-hand", "by-dvc", "programs"))
    for name in (by_hand, by_dvc, programs):
        name.mkdir()
    interpreter = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{interpreter}:{os.environ['PATH']}"}
    environment |= replaying(stages, programs) if replay else {}
    for copy in (by_hand, by_dvc):
        fresh_copy(copy)
    # Unfinished work of one must not help the other.
    hand = took([stage.command for stage in stages], by_hand, environment | {"GDIG_SCRATCH": str(folder / "scratch-1")})
    repro = took(
        [f"{shlex.quote(str(interpreter))}/dvc repro"],
        by_dvc,
        environment | {"GDIG_SCRATCH": str(folder / "scratch-2")},
    )
    return {
        "stages": len(stages),
        "replay": replay,
        "by_hand_wall": round(hand.wall, 1),
        "by_hand_cpu": round(hand.cpu, 1),
        "dvc_repro_wall": round(repro.wall, 1),
        "dvc_repro_cpu": round(repro.cpu, 1),
        "added_wall": round(repro.wall - hand.wall, 1),
        "added_cpu": round(repro.cpu - hand.cpu, 1),
        "added_wall_a_stage": round((repro.wall - hand.wall) / len(stages), 3),
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.overhead", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--replay", action="store_true", help="copy outputs in place of computing them")
    parser.add_argument(
        "--by-hand", type=float, metavar="SECONDS", help="with --replay: what the stages take by hand, for the share"
    )
    options = parser.parse_args(arguments)
    # Beside this checkout, so that relative paths of data in params.yaml lead where they do here.
    with tempfile.TemporaryDirectory(dir=Path.cwd().parent, prefix="overhead-") as folder:
        found = measure(Path(folder), replay=options.replay)
    total = options.by_hand if options.replay else found["by_hand_wall"]
    if total:
        found["added_share"] = round(found["added_wall"] / total, 3)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
