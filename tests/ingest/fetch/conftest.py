import gzip
from random import Random

import pytest

from gdig.io.http import Patience
from tests.server import running

PATIENCE = Patience(tries=4, first_wait=0.01, longest_wait=0.05, timeout=0.5)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A server, and a workspace to download to."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GDIG_DOWNLOADS", str(tmp_path / "downloads"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running() as site:
        yield site


def noise(size: int, seed: int = 0) -> bytes:
    return Random(seed).randbytes(size)


def packed(size: int, seed: int = 0) -> bytes:
    return gzip.compress(noise(size, seed), 1, mtime=0)
