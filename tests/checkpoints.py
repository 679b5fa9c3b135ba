"""Tiny checkpoints of learned metrics, where the environment that reads them is there."""

import subprocess

import pytest

from gdig.scoring.environment import metrics_python
from tests.conftest import ROOT


def in_metrics_environment(*arguments, **options):
    """Run its Python in the repository and return what it prints; skip the test where there is none."""
    try:
        python = metrics_python("tests")
    except ValueError as error:
        pytest.skip(str(error))
    command = [python, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def made(kind, folder):
    """A tiny checkpoint, written by the environment that reads it."""
    in_metrics_environment("-m", "tests.tiny_metrics", kind, folder)
    return folder
