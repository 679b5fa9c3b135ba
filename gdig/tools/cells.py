"""Run rankings and cells side by side: `python -m gdig.tools.cells --jobs 2`.

Dead entries of dvc.lock go first, and the run cache gives back what it knows. DVC runs one stage at a time; here one
DVC process makes the rankings, one after the other, and others train and score the cells (selector x budget) whose
ranking is there. DVC's own locks keep them apart. What is left, `dvc repro` runs.
"""

import argparse
import logging
import os
import queue
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import networkx as nx
from dvc.repo import Repo

from gdig.config import Params, load_params
from gdig.io.folders import SCRATCH_VARIABLE, scratch_root
from gdig.lm.passes.processes import CONFIG_VARIABLE
from gdig.run.command import command
from gdig.run.paths import DVC_FILES
from gdig.run.requirements import check_requirements
from gdig.tools import profile
from gdig.tools.preflight import check_lengths, check_linears, preflight
from gdig.tools.restore import prune, restore
from gdig.tools.runs import collect

STAGES = tuple(f"{DVC_FILES[1]}:{stage}" for stage in ("finetune", "translate", "score"))
"""The stages of one cell, in order."""

DEVICES_VARIABLE = "CUDA_VISIBLE_DEVICES"


def ranking_targets(params: Params, selector: str) -> list[str]:
    """Return the DVC targets that the cells of a selector wait for: the base model, and the subsets of its ranking."""
    subsets = f"subset_full@{params.profile}" if selector == "full" else f"subset@{params.profile}-{selector}"
    return [f"base@{params.profile}", subsets]


def cell_targets(params: Params, selector: str) -> dict[str, list[str]]:
    """Return the DVC targets of each cell of a selector by budget, the largest first."""
    if selector == "full":
        return {"all": [f"{stage}_full@{params.profile}" for stage in STAGES]}
    budgets = map(str, reversed(params.budgets))
    return {budget: [f"{stage}@{params.profile}-{selector}-{budget}" for stage in STAGES] for budget in budgets}


def finished(params: Params, due: Collection[str]) -> list[tuple[str, str]]:
    """Return selector and budget of every cell that is not due."""
    return [
        (selector, budget)
        for selector in ("full", *params.selectors)
        for budget, targets in cell_targets(params, selector).items()
        if targets[-1] not in due
    ]


def stage_graph() -> nx.DiGraph:
    """Return the stages of all DVC files by name; an edge leads from a stage to one that it depends on."""
    with Repo() as repo:
        return nx.relabel_nodes(repo.index.graph, {stage: stage.addressing for stage in repo.index.graph})


def upstream(graph: nx.DiGraph, targets: Sequence[str]) -> list[str]:
    """Return the targets and all stages that they depend on, in an order to run them in."""
    return list(dict.fromkeys(name for target in targets for name in nx.dfs_postorder_nodes(graph, target)))


def run(params: Params, due: Collection[str], jobs: int, devices: Sequence[str], rows: Path | None = None) -> list[str]:
    """Run all rankings and cells that are due, at most `jobs` DVC processes at a time; return the targets that failed.

    Cells on GPUs have one of `devices` each. Rankings may need all of them, and so are made before the first cell.
    A cell that fails does not stop the others; a ranking that fails lets the cells under way end. Runs of each cell are
    added to the file `rows` as it ends, see `gdig.tools.runs`.

    Raises:
        ValueError: DVC's cache takes no files, a text is longer than the base model reads, or it has no linear of a
            name in params.
    """
    slots: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    for number in range(jobs):
        slots.put(devices[number] if devices else None)

    def cell(selector: str, budget: str, targets: Sequence[str]) -> bool:
        device = slots.get()
        try:
            done = _repro(targets, device)
        finally:
            slots.put(device)
        if done and rows:
            collect(params, rows, [(selector, budget)])
        return done

    selectors = ("full", *params.selectors)
    graph = stage_graph()
    preflight(due)
    # DVC takes a stage that it only looks at for busy while another process reads from it: each is looked at once.
    due = set(due)
    first = [name for name in upstream(graph, [f"base@{params.profile}"]) if name in due]
    due.difference_update(first)
    if first and not _repro(first):
        return [first[-1]]
    if due:
        check_lengths(params)
        check_linears(params, due)
    chains = {selector: upstream(graph, ranking_targets(params, selector)) for selector in selectors}
    failed: list[str] = []
    waiting: list[tuple[str, str, list[str]]] = []
    cells: dict[str, Future[bool]] = {}
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        try:
            for selector, chain in chains.items():
                if new := [name for name in chain if name in due]:
                    due.difference_update(new)
                    slot = slots.get()
                    try:
                        ranked = _repro(new)
                    finally:
                        slots.put(slot)
                    if not ranked:
                        failed.append(chain[-1])
                        break
                for budget, targets in cell_targets(params, selector).items():
                    if left := [name for name in targets if name in due]:
                        waiting.append((selector, budget, left))
                if not devices or selector == selectors[-1]:
                    cells |= {one[2][-1]: pool.submit(cell, *one) for one in waiting}
                    waiting = []
            return failed + [target for target, done in cells.items() if not done.result()]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _repro(targets: Sequence[str], device: str | None = None) -> bool:
    # Cells need not ask DVC for the folder, which takes half a second.
    environment = os.environ | {SCRATCH_VARIABLE: str(scratch_root())}
    if device is not None:
        # One device, one process, whatever the user's Accelerate configuration asks for.
        environment |= {DEVICES_VARIABLE: device, CONFIG_VARIABLE: "none"}
    start = time.monotonic()
    command = ["dvc", "--wait-for-lock", "repro", "--single-item", *targets]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
    outcome = "done" if done.returncode == 0 else f"failed (exit code {done.returncode})"
    print(f"{targets[-1]}: {outcome} after {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return done.returncode == 0


def visible_devices() -> list[str]:
    """Return the GPUs that this process sees, as the variable names them: by numbers of its own, or by UUIDs."""
    import torch  # takes seconds, which a run that finds nothing to do is spared

    count = torch.cuda.device_count()
    named = os.environ.get(DEVICES_VARIABLE)
    return [name.strip() for name in named.split(",")][:count] if named else [str(number) for number in range(count)]


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m gdig.tools.cells", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--jobs", type=int, help="DVC processes at a time; default: one a GPU, or two where there is none"
    )
    parser.add_argument("--rows", type=Path, metavar="FILE", help="add the runs of cells to it, see gdig.tools.runs")
    arguments = parser.parse_args()
    if arguments.jobs is not None and arguments.jobs < 1:
        parser.error(f"--jobs {arguments.jobs}: at least 1")
    params = load_params()
    check_requirements(params)
    logging.basicConfig(format="%(message)s")
    logging.getLogger("gdig").setLevel(logging.INFO)
    with Repo() as repo:
        num_dead = prune(repo, params.profile, profile.names())
        restored, due = restore(repo)
    if num_dead:
        print(f"{num_dead} entries of stages that do not exist removed from lock files", file=sys.stderr)
    if restored:
        print(f"{len(restored)} stages restored from the run cache", file=sys.stderr)
    if arguments.rows:
        collect(params, arguments.rows, finished(params, due))
    if not due:
        return
    devices = visible_devices()
    jobs = arguments.jobs if arguments.jobs is not None else len(devices) or 2
    if devices and jobs > len(devices):
        parser.error(f"--jobs {jobs}: at most {len(devices)}, a GPU each")
    # A single process sees every GPU.
    failed = run(params, due, jobs, devices if jobs > 1 else (), arguments.rows)
    if failed:
        sys.exit(f"error: failed: {', '.join(failed)}; their messages stand above")


if __name__ == "__main__":
    main()
