"""What the last run of each stage took on this machine, outside the artifacts, whose bytes it must not change.

One small file a stage, or a cell of it, beside the unfinished work in DVC's cache folder; the report shows them.
"""

import logging
import os
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from gdig.io.files import read_json, write_json
from gdig.io.folders import scratch_root

logger = logging.getLogger(__name__)
_KIBIBYTE = 1024


@dataclass(frozen=True)
class Cost:
    """What one run of a stage took."""

    seconds: float
    """From the start of the process, imports and all."""
    processor_seconds: float
    """Of the process and of those that it waited for; of the first where several share the work."""
    peak_bytes: int
    """Largest resident memory of one process."""
    device: str
    """`cpu`, or the name of the GPU that was used."""
    num_processes: int


def record(profile: str, stage: str, selector: str = "", budget: str = "") -> None:
    """Keep what this process took so far as the cost of a stage; a failure is told, and no more."""
    try:
        write_json(_file(profile, stage, selector, budget), asdict(_measure()))
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


def _measure() -> Cost:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (own.ru_utime, own.ru_stime, children.ru_utime, children.ru_stime)
    torch = sys.modules.get("torch")
    on_gpu = torch is not None and torch.cuda.is_initialized()
    return Cost(
        seconds=round(max(0.0, time.time() - psutil.Process().create_time()), 2),
        processor_seconds=round(sum(used), 2),
        peak_bytes=max(own.ru_maxrss, children.ru_maxrss) * (1 if sys.platform == "darwin" else _KIBIBYTE),
        device=torch.cuda.get_device_name() if torch and on_gpu else "cpu",
        num_processes=int(os.environ.get("WORLD_SIZE", "1")),
    )
