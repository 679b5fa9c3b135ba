"""What a stage is spared before it starts: imports that it does not need, and the collector while it imports."""

import subprocess
import sys

import pytest

from gdig.run.stage import STAGES
from tests.conftest import ROOT

SCRIPT = """
import gc, sys
from pathlib import Path
from gdig.run.stage import start_up
before = sum(generation["collections"] for generation in gc.get_stats())
if {spared}:
    start_up(Path({path!r}))
import stages.{name}
collections = sum(generation["collections"] for generation in gc.get_stats()) - before
print(collections, *(name for name in ("datasets", "transformers") if name in sys.modules))
"""


def imported(name, *, spared):
    script = SCRIPT.format(spared=spared, path=str(STAGES / f"{name}.py"), name=name)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    collections, *modules = done.stdout.split()
    return int(collections), set(modules)


def test_a_stage_that_finetunes_does_not_import_datasets():
    """Without the start-up transformers imports it, which takes most of a second."""
    collections, modules = imported("finetune", spared=True)
    assert modules == {"transformers"}
    spent, every = imported("finetune", spared=False)
    assert every == {"datasets", "transformers"}
    # The collector does not run over a million objects that all stay.
    assert collections < spent / 10


@pytest.mark.parametrize("name", ["collect", "subset"])
def test_a_light_stage_does_not_import_transformers(name):
    assert imported(name, spared=True)[1] == set()
