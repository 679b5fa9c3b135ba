"""What the last run of each stage took on this machine, outside the artifacts, whose bytes it must not change.

One small file per stage, or cell of it, beside the unfinished work in DVC's cache folder (`gdig.report.costs`).
Those of stages that run models over pairs also stand in `metrics/<profile>/resources.json`, which Git ignores. No stage
reads or writes that file for DVC: it makes nothing stale, and a stage that is restored from the cache leaves its
figures.
"""

import logging
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from gdig.io.files import read_json, write_json
from gdig.io.folders import scratch_root
from gdig.io.locks import file_lock

logger = logging.getLogger(__name__)
_KIBIBYTE = 1024
_GIBIBYTE = 2**30
_worked = multiprocessing.Array("d", 2)
"""Pairs that were worked on, and seconds that it took; forked replicates add to it."""
_is_working = False


@dataclass(frozen=True)
class Cost:
    """What one run of a stage took."""

    seconds: float
    """From the start of the process, imports and all."""
    num_pairs: int
    """Pairs that models were run over, once per pass or step."""
    pair_seconds: float
    """Time of that, in all processes side by side together."""
    processor_seconds: float
    """Of the process and of those that it waited for; of the first where several share the work."""
    peak_bytes: int
    """Largest resident memory of one process."""
    device_peak_bytes: int
    """Largest memory that tensors took on the GPU; 0 without one."""
    device: str
    """`cpu`, or the name of the GPU that was used."""
    num_processes: int


@contextmanager
def working() -> Iterator[Callable[[int], None]]:
    """Time a block that runs a model over pairs. It counts them by the function that it is given.

    A block within another counts nothing: a pass that is divided is one pass.
    """
    global _is_working  # noqa: PLW0603
    if _is_working:
        yield lambda num_pairs: None
        return
    _is_working, start, counted = True, time.monotonic(), 0

    def count(num_pairs: int) -> None:
        nonlocal counted
        counted += num_pairs

    try:
        yield count
    finally:
        _is_working = False
        with _worked.get_lock():
            _worked[0] += counted
            _worked[1] += time.monotonic() - start


def record(profile: str, stage: str, selector: str = "", budget: str = "") -> None:
    """Keep what this process took so far as the cost of a stage; a failure is told, and no more."""
    try:
        cost = _measure()
        write_json(_file(profile, stage, selector, budget), asdict(cost))
        if cost.num_pairs:
            _publish(profile, "-".join(filter(None, (stage, selector, budget))), cost)
    except Exception as error:  # whatever it is, the stage itself is done
        logger.warning("the cost of %s is not kept: %s", stage, error)


def read(profile: str, stage: str, selector: str = "", budget: str = "") -> Cost | None:
    """Return what the last run of a stage took; None where there was none on this machine."""
    try:
        return Cost(**read_json(_file(profile, stage, selector, budget)))
    except (OSError, ValueError, TypeError):
        return None


def _file(profile: str, stage: str, selector: str, budget: str) -> Path:
    return scratch_root() / "costs" / profile / f"{'-'.join(filter(None, (stage, selector, budget)))}.json"


def resources_file(profile: str) -> Path:
    """Return the file of what the model stages of a profile took, by stage."""
    return Path("metrics", profile, "resources.json")


def _publish(profile: str, name: str, cost: Cost) -> None:
    path = resources_file(profile)
    # Cells run side by side.
    with file_lock(scratch_root() / "costs" / profile / "resources.lock"):
        found = read_json(path) if path.is_file() else {}
        found[name] = {
            "seconds": round(cost.seconds, 1),
            "pairs": cost.num_pairs,
            "pairs_per_second": round(cost.num_pairs / max(cost.pair_seconds, 1e-9), 3),
            "peak_gib": round(cost.peak_bytes / _GIBIBYTE, 2),
            "device_peak_gib": round(cost.device_peak_bytes / _GIBIBYTE, 2),
            "device": cost.device,
        }
        write_json(path, dict(sorted(found.items())))


def _measure() -> Cost:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (own.ru_utime, own.ru_stime, children.ru_utime, children.ru_stime)
    torch = sys.modules.get("torch")
    on_gpu = torch is not None and torch.cuda.is_initialized()
    return Cost(
        seconds=round(max(0.0, time.time() - psutil.Process().create_time()), 2),
        num_pairs=round(_worked[0]),
        pair_seconds=round(_worked[1], 3),
        processor_seconds=round(sum(used), 2),
        peak_bytes=max(own.ru_maxrss, children.ru_maxrss) * (1 if sys.platform == "darwin" else _KIBIBYTE),
        device_peak_bytes=torch.cuda.max_memory_allocated() if torch and on_gpu else 0,
        device=torch.cuda.get_device_name() if torch and on_gpu else "cpu",
        num_processes=int(os.environ.get("WORLD_SIZE", "1")),
    )
