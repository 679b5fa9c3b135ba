import subprocess

import pytest

from gdig.config.yaml_files import REPOSITORY
from gdig.scoring.environment import metrics_python


def made(kind, folder):
    """A tiny checkpoint, written by the environment that reads it."""
    subprocess.run([metrics_python(kind), "-m", "tests.tiny_metrics", kind, folder], cwd=REPOSITORY, check=True)
    return folder


@pytest.fixture(scope="session")
def tiny_comet(tmp_path_factory):
    return made("comet", tmp_path_factory.mktemp("comet"))


@pytest.fixture(scope="session")
def tiny_bleurt(tmp_path_factory):
    return made("bleurt", tmp_path_factory.mktemp("bleurt"))
