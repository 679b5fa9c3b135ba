"""The command line of every stage: start-up, arguments, logging, errors in one line."""

import argparse
import gc
import importlib
import inspect
import logging
import multiprocessing
import os
import signal
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import FrameType

from threadpoolctl import threadpool_limits

from gdig.config import Params, load_params
from gdig.io.locks import stage_lock
from gdig.run import costs
from gdig.run.command import escape_output, one_line_errors
from gdig.run.paths import Paths
from gdig.run.requirements import check_requirements

logger = logging.getLogger(__name__)


STAGES = Path(__file__).parents[2] / "stages"


def main() -> None:
    """Run the stage that the command line names: `python -m stages <name> [--selector ...]`."""
    escape_output()
    names = sorted(path.stem for path in STAGES.glob("*.py") if not path.stem.startswith("__"))
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("-h", "--help"):
        print("usage: python -m stages <name> [options]\n\nRuns one stage of the DVC files, which are:\n")
        print(textwrap.fill(", ".join(names), 100))
        sys.exit(0)
    if name not in names:
        sys.exit(f"error: there is no stage {name!r}; stages are {', '.join(names)}")
    sys.argv = [sys.argv[0], *sys.argv[2:]]
    start_up(STAGES / f"{name}.py")
    module = importlib.import_module(f"stages.{name}")
    run(module.main, several=getattr(module, "SEVERAL_PROCESSES", False))


def start_up(path: Path) -> None:
    """Make the imports of a stage cheap; `tests/run/test_start_up.py` measures what each step saves.

    The garbage collector is off until `run`: imports make many objects and no garbage. OpenMP's threads wait passively
    where another process needs a core: spinning halves the time of the embedded base model on idle cores, and takes
    tens of times as long on busy ones. transformers is kept from importing datasets, which its Trainer needs only
    for a kind of them that is not used here.
    """
    gc.disable()
    if "OMP_WAIT_POLICY" not in os.environ and _others_run():
        os.environ["OMP_WAIT_POLICY"] = "passive"
    if "gdig.lm" in path.read_text(encoding="utf-8"):
        known = sys.modules.get("datasets")
        sys.modules["datasets"] = None  # type: ignore[assignment]  # as if not installed
        from transformers.utils import is_datasets_available, logging

        # It asks once and keeps the answer.
        is_datasets_available()
        del sys.modules["datasets"]
        if known:
            sys.modules["datasets"] = known
        # Its bars of reading and writing weights.
        logging.disable_progress_bar()


def _others_run() -> bool:
    """Return whether another process wants a core just now; False where the system does not say (not Linux)."""
    samples = []
    for _ in range(5):
        try:
            # The fourth field is runnable/all; this process is one of the first.
            samples.append(int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0]))
        except (OSError, IndexError, ValueError):
            return False
        time.sleep(0.002)
    return sorted(samples)[len(samples) // 2] > 1


def run(main: Callable[..., None], *, several: bool = False) -> None:
    """Run a stage's `main(params, paths)` as a command.

    A stage of one cell takes `--selector` and, where it works on one subset, `--budget`; one of several models takes
    `--scorer`. `main` asks for them by having parameters of those names. What a user can cause (`ValueError`, a missing
    or unreadable file, a full disk) ends in one line on stderr and exit code 1; anything else is a fault of ours and
    shows its traceback, as does everything with GDIG_DEBUG=1 in the environment.

    Args:
        main: what the stage does.
        several: whether it divides its work over several processes, see `gdig.lm.passes.processes`.
    """
    gc.enable()
    module = inspect.getmodule(main)
    assert module is not None
    name = module.__spec__.name if module.__spec__ else module.__name__
    parser = argparse.ArgumentParser(
        prog=f"python -m {name.replace('.', ' ')}",
        description=module.__doc__,
        epilog="Reads params.yaml and its inputs below the current folder; `dvc repro` calls it in order.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    wanted = inspect.signature(main).parameters
    if "selector" in wanted:
        parser.add_argument("--selector", required=True, help="name of a ranking, as in params.yaml: selectors")
    if "kind" in wanted:
        parser.add_argument("--kind", required=True, help="what the judge is asked: rating, tags or complexity_quality")
    if "budget" in wanted:
        parser.add_argument("--budget", required=True, help="number of pairs, or 'all' for the whole ranking")
    if "scorer" in wanted:
        parser.add_argument(
            "--scorer",
            required=True,
            help="model whose losses are taken: base, warmup, ifd_model, seed_model or small_model",
        )
    arguments = vars(parser.parse_args())

    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(message)s",
        datefmt="%H:%M:%S",
        stream=sys.stderr,
        force=True,
    )
    signal.signal(signal.SIGTERM, _stop)
    start = time.monotonic()
    first = True
    with one_line_errors():
        if several:
            from gdig.lm.passes import processes

            package, *stage = name.split(".")
            processes.launch(package, [*stage, *sys.argv[1:]])
            first = processes.rank() == 0
            if not first:
                logging.getLogger().setLevel(logging.WARNING)
        params: Params = load_params()
        if params.num_threads is not None:
            limit_threads(params.num_threads)
        paths = Paths(
            profile=params.profile,
            estimator=params.influence.estimator,
            revision=params.seeds.revision,
            small_scorer=params.rank_superfiltering.scorer,
            before=params.rank_delta_loss.before,
            answers=params.judge.answers,
            external=params.external.scores,
            **arguments,
        )
        if first:
            check_requirements(params)
        with stage_lock("-".join((name, params.profile, *arguments.values()))) if first else nullcontext():
            main(params, paths, **arguments)
            if several:
                processes.leave()
        if first and name.startswith("stages."):
            # A stage that runs once for each of several models or questions: each has its cost.
            each = [arguments.pop(key) for key in ("scorer", "kind") if key in arguments]
            costs.record(params.profile, "-".join((name.removeprefix("stages."), *each)), **arguments)
    logger.info("done in %.1f s", time.monotonic() - start)


def _stop(number: int, frame: FrameType | None) -> None:
    """End on SIGTERM, as a preempted node sends it: what is half-written is removed, what is finished is kept."""
    for child in multiprocessing.active_children():
        child.terminate()
    print("error: stopped by SIGTERM; finished shards are kept, and the next run goes on from them", file=sys.stderr)
    sys.exit(128 + number)


def limit_threads(number: int) -> None:
    """Limit the threads of every library that is loaded, and of those that are loaded later."""
    os.environ["OMP_NUM_THREADS"] = str(number)
    threadpool_limits(number)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(number)


def num_threads() -> int:
    """Return how many threads, or processes in their place, this stage may use: `num_threads`, or one a core."""
    # OpenMP takes a list too, a number for each level of nesting.
    wanted = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(wanted) if wanted.isdigit() and int(wanted) else num_cores()


def num_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
