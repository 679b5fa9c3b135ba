"""The hub's own library against a hub on this machine."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gdig.lm.hub import model_folder
from tests.conftest import ROOT
from tests.server import Fault, Page, running

MODEL, COMMIT = "org/tiny", "0123456789abcdef0123456789abcdef01234567"
LISTING = f"/api/models/{MODEL}/tree/{COMMIT}?recursive=true&expand=false"
FILES = {
    "config.json": b"{}",
    "model.safetensors": b"weights",
    "tokenizer.json": b"[]",
    "README.md": b"---\nlicense: mit\n---\n",
    "LICENSE.txt": b"MIT",
}
NOT_WANTED = {"pytorch_model.bin": b"pickle", "modeling_tiny.py": b"code", "onnx/model.onnx": b"x", "a/b.json": b"{}"}
SNAPSHOT = "import sys; from gdig.lm.hub import snapshot\ntry: print(snapshot(*sys.argv[1:], 'base'))\n" + (
    "except ValueError as error: print('error:', error)"
)


@pytest.fixture
def hub():
    with running() as site:
        listing = [
            {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
            for name, data in (FILES | NOT_WANTED).items()
        ]
        site.pages[LISTING] = Page(json.dumps(listing).encode(), headers={"Content-Type": "application/json"})
        for name, data in (FILES | NOT_WANTED).items():
            headers = {"X-Repo-Commit": COMMIT}
            site.pages[f"/{MODEL}/resolve/{COMMIT}/{name}"] = Page(data, version=f'"{name}"', headers=headers)
        yield site


@pytest.fixture
def snapshot(hub, tmp_path):
    """Called in a process of its own: the hub's library reads the environment when it is imported."""

    def run(model=MODEL, revision=COMMIT, **environment):
        settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "0"}
        kept = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
        done = subprocess.run(
            [sys.executable, "-c", SNAPSHOT, model, revision],
            cwd=ROOT, env=kept | settings | environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


def test_a_commit_is_downloaded_once_without_code_and_pickles(hub, snapshot):
    folder = Path(snapshot())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    asked = len(hub.requests)
    hub.pages.clear()
    # Offline what is in the cache is had.
    assert snapshot(HF_HUB_OFFLINE="1") == str(folder)
    assert len(hub.requests) == asked


def test_a_cut_download_goes_on(hub, snapshot):
    """The library takes up by itself what it has."""
    page = hub.pages[f"/{MODEL}/resolve/{COMMIT}/model.safetensors"]
    block = 10 * 2**20  # of the library
    page.data = bytes(range(256)) * (block // 256 + 4096)
    page.faults = [Fault(cut=block + 9000)]
    assert (Path(snapshot()) / "model.safetensors").read_bytes() == page.data
    assert hub.gets(f"/{MODEL}/resolve/{COMMIT}/model.safetensors") == [None, f"bytes={block}-"]


def test_offline_and_not_in_the_cache(hub, snapshot):
    told = snapshot(HF_HUB_OFFLINE="1")
    assert told.startswith(
        f"error: base.model = {MODEL!r} at {COMMIT} is not in the hub's cache and cannot be downloaded"
    )
    assert f"hf download {MODEL} --revision {COMMIT} --local-dir <folder>" in told
    assert hub.requests == []


def test_no_network(snapshot):
    told = snapshot(HF_ENDPOINT="http://127.0.0.1:9")
    assert "is not in the hub's cache and cannot be downloaded" in told
    assert "Run the stage with HF_HUB_OFFLINE=0" in told


@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_model_says_how_to_get_it(hub, snapshot, status):
    """The listing of a gated model is public, its files are not."""
    for path, page in hub.pages.items():
        if "/resolve/" in path:
            page.status, page.headers = status, {"X-Error-Code": "GatedRepo"}
    told = snapshot()
    assert told.startswith(
        f"error: base.model = {MODEL!r} at {COMMIT} is gated: accept its terms at https://huggingface"
    )
    assert "`hf auth login` or set HF_TOKEN" in told


def test_a_model_or_a_commit_that_is_not_there(hub, snapshot):
    page = hub.pages[LISTING]
    for status, code, message in (
        (404, "RepoNotFound", "is not on the hub, or private; check the name"),
        (401, "RepoNotFound", "is not on the hub, or private; check the name"),
        (404, "RevisionNotFound", f"there is no such commit; https://huggingface.co/{MODEL}/commits/main lists them"),
    ):
        page.status, page.headers = status, {"X-Error-Code": code}
        assert message in snapshot()


def test_a_hub_that_refuses(hub, snapshot):
    hub.pages[f"/{MODEL}/resolve/{COMMIT}/config.json"].status = 400
    told = snapshot()
    assert told.startswith(f"error: base.model = {MODEL!r} at {COMMIT} ")
    assert "Bad request" in told


def test_a_folder_is_taken_as_it_is_and_one_that_is_missing_is_reported(tmp_path):
    assert model_folder(str(tmp_path), None, "embeddings") == tmp_path
    with pytest.raises(ValueError, match=r"rewards\.model: there is no folder a/b; .* needs its commit as rewards\.re"):
        model_folder("a/b", None, "rewards")
