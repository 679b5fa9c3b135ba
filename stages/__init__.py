"""The stages of dvc.yaml: read, call the library, write."""

import gc
import os
import time
from pathlib import Path


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


# Read by OpenMP when torch is loaded. Threads that spin while they wait for each other train the embedded base model in
# half the time where each has a core to itself, and in tens of times as long where another process has one of them.
if _others_run():
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# What the stages import makes many objects and no garbage; without the collector they start a second sooner.
# `gdig.run.stage.run` turns it on again.
gc.disable()
