"""Which edits of code lose the finished shards of a killed pass: those of code that the pass runs, and no others."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.pipeline.conftest import Checkout, new_checkout

pytestmark = pytest.mark.slow

BEFORE_INFLUENCE = "pool", "seeds", "prepare", "base", "warmup", "curvature", "sketch"
"""Run directly, without DVC; `no_sketch` is written by the last."""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Checkout:
    """A checkout on which the stages before influence have run."""
    checkout = new_checkout(tmp_path_factory.mktemp("site"))
    for stage in BEFORE_INFLUENCE:
        checkout.run(sys.executable, "-m", "stages", stage)
    return checkout


def killed(checkout: Checkout) -> int:
    """Kill the pass after its first shards; return how many are left."""
    scratch = checkout.folder / ".dvc" / "cache" / "tmp" / "gdig"
    shutil.rmtree(scratch, ignore_errors=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "stages", "influence"],
        cwd=checkout.folder, env=checkout.environment, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not list(scratch.glob("*-influence-*/shard-00001.parquet")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return len(list(scratch.glob("*-influence-*/shard-*.parquet")))


def found(checkout: Checkout, *, folder=None) -> int:
    """Run the pass to its end; return how many shards it found."""
    site = Checkout(folder) if folder else checkout
    match = re.search(r"influence: (\d+) of \d+ shards found", site.run(sys.executable, "-m", "stages", "influence"))
    return int(match[1]) if match else 0


@pytest.mark.parametrize(
    ("file", "is_run"),
    [
        ("gdig/report/__init__.py", False),
        ("gdig/run/progress.py", False),
        ("stages/finetune.py", False),
        ("gdig/influence/score.py", True),
        ("stages/influence.py", True),
    ],
)
def test_an_edit_loses_finished_shards_only_where_the_pass_runs_that_code(site, file, is_run):
    left = killed(site)
    path = site.folder / file
    before = path.read_text("utf-8")
    path.write_text(before + "# edited\n", "utf-8")
    try:
        assert found(site) == (0 if is_run else left)
    finally:
        path.write_text(before, "utf-8")


def test_another_folder_with_the_same_cache_finds_the_shards(site, tmp_path):
    """As `dvc exp run --temp` makes one."""
    left = killed(site)
    copy = tmp_path / "copy"
    shutil.copytree(site.folder, copy, ignore=shutil.ignore_patterns("cache"))
    (copy / ".dvc" / "config.local").write_text(f"[cache]\n    dir = {site.folder / '.dvc' / 'cache'}\n")
    assert found(site, folder=copy) == left
