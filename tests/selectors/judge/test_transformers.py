"""A server that is not ours: `transformers serve` with a tiny random model, which streams and says nonsense."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from transformers import AutoTokenizer

from tests.conftest import ROOT
from tests.selectors.judge.conftest import PAIRS

pytestmark = pytest.mark.slow
NEEDED = ("fastapi", "uvicorn", "openai")
PACKAGES = ROOT / "build" / "serve"
"""Made with `pip install --target build/serve fastapi uvicorn openai`; apart from .venv, which does not need them."""


def has_packages():
    return all((PACKAGES / name).is_dir() for name in NEEDED)


@pytest.fixture
def served(base_folder, tmp_path):
    """Yield URL and name of a model with a chat template."""

    if not has_packages():
        pytest.skip(f"needs `pip install --target build/serve {' '.join(NEEDED)}`")
    folder = tmp_path / "model"
    shutil.copytree(base_folder, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
    tokenizer.save_pretrained(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = subprocess.Popen(
        [Path(sys.executable).parent / "transformers", "serve", "--host", "127.0.0.1", "--port", str(port)],
        env=os.environ | {"PYTHONPATH": str(PACKAGES), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while child.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
                break
            time.sleep(0.3)
        assert child.poll() is None
        yield f"http://127.0.0.1:{port}/v1", str(folder)
    finally:
        child.kill()
        child.wait()


def test_its_answers_come_are_counted_and_kept(ask, served):
    url, model = served
    # It generates for one at a time, and fails some of those that ask beside that.
    settings = {"model": model, "max_tokens": 4, "timeout": 60.0, "concurrency": 1}
    settings |= {"parse_tries": 2, "temperature": None}
    judged = ask(url, pairs=PAIRS[:3], **settings)
    counts = judged.counts
    assert counts["num_unreadable"] == 3
    assert counts["num_unreadable_answers"] == judged.this_run["num_requests"] == 6
    assert judged.this_run["failures"] == {}
    assert len(judged.replies) == 3
    assert all(reply.finish for reply in judged.replies)
    assert [row["score"] for row in judged.rows] == [None] * 3
    again = ask(url, pairs=PAIRS[:3], **settings)
    assert again.this_run["num_requests"] == 0
