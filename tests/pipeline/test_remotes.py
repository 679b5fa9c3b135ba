"""Two machines and one remote: what is pushed is what a clone gets, over S3 and WebDAV, whatever happens to them."""

import json
import os
import signal
import subprocess
import time
from contextlib import ExitStack
from hashlib import md5
from pathlib import Path

import boto3
import pytest
from dvc.repo import Repo

from gdig.io.files import digest
from gdig.run.paths import DVC_FILES
from tests.pipeline.conftest import (
    CORE,
    Checkout,
    cached,
    changes,
    cloned,
    copied,
    flip,
    is_up_to_date,
    locked,
    outputs,
)
from tests.pipeline.servers import KEY, SECRET, s3, webdav

pytestmark = pytest.mark.slow
KINDS = ("s3", "webdav")
BUCKET = "gdig-artifacts"
FINETUNE = "cells/dvc.yaml:finetune@embedded-gdig-8"


def objects(checkout, entries) -> set[str]:
    """Return the hashes of outputs or dependencies in dvc.lock, and of the files in those that are folders."""
    found = {entry["md5"] for entry in entries if "md5" in entry}
    lists = [name for name in found if name.endswith(".dir")]
    for name in lists:
        path = checkout.folder / ".dvc" / "cache" / "files" / "md5" / name[:2] / name[2:]
        found |= {entry["md5"] for entry in json.loads(path.read_text())}
    return found


def outs_of(checkout) -> set[str]:
    kept = [out for stage in locked(checkout).values() for out in stage["outs"] if out["path"].startswith("data/")]
    return objects(checkout, kept)


def log_in(checkout, kind) -> None:
    """Tell a checkout the credentials, as docs/remotes.md does: outside Git."""
    names = {"s3": ("access_key_id", "secret_access_key"), "webdav": ("user", "password")}[kind]
    for name, value in zip(names, (KEY, SECRET) if kind == "s3" else ("dvc", SECRET), strict=True):
        checkout.dvc("remote", "modify", "--local", kind, name, value)


@pytest.fixture(scope="module")
def webdav_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("webdav")


@pytest.fixture(scope="module")
def servers(webdav_folder):
    """A server of each kind."""
    with ExitStack() as stack:
        running = {"s3": stack.enter_context(s3()), "webdav": stack.enter_context(webdav(webdav_folder))}
        client = boto3.client("s3", endpoint_url=running["s3"].url, region_name="us-east-1",
                              aws_access_key_id=KEY, aws_secret_access_key=SECRET)  # fmt: skip
        client.create_bucket(Bucket=BUCKET)
        yield running


@pytest.fixture(scope="module")
def first(checkout, servers, tmp_path_factory) -> Checkout:
    """The machine on which every stage ran; it has pushed to both servers."""
    first = copied(checkout, tmp_path_factory.mktemp("first") / "repository")
    for kind, url in (("s3", f"s3://{BUCKET}/store"), ("webdav", servers["webdav"].url.replace("http", "webdav"))):
        first.dvc("remote", "add", kind, url)
        first.dvc("remote", "modify", kind, "verify", "true")
    first.dvc("remote", "modify", "s3", "endpointurl", servers["s3"].url)
    first.commit()
    for kind in KINDS:
        log_in(first, kind)
        first.dvc("push", "--remote", kind, "--run-cache")
    return first


@pytest.fixture
def machine(first, tmp_path, servers):
    """Return a function that clones the first, for use with one of the servers."""

    def new(name: str, kind: str = "s3") -> Checkout:
        clone = cloned(first, tmp_path / name)
        credentials = (first.folder / ".dvc" / "config.local").read_text()
        (clone.folder / ".dvc" / "config.local").write_text(f"{credentials}[core]\n    remote = {kind}\n")
        servers[kind].requests.clear()
        return clone

    return new


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_machine_gets_every_artifact_and_runs_nothing(first, machine, servers, kind):
    second = machine("second", kind)
    second.dvc("pull", *CORE)
    assert servers[kind].fetched() == outs_of(first)
    assert digest(outputs(second)) == digest(outputs(first))
    assert is_up_to_date(second)
    assert second.stages_run(second.dvc("repro")) == []
    # Neither dvc.lock nor the numbers in Git changed, and the credentials did not come near them.
    assert second.run("git", "status", "--porcelain") == ""
    assert SECRET not in second.run("git", "grep", "--text", "-e", "url", "--", ".dvc")
    assert SECRET in (second.folder / ".dvc" / "config.local").read_text()


def test_every_number_and_the_report_are_in_the_remote_too(first, servers):
    with Repo(str(first.folder)) as repo:
        names = {name.rpartition(":")[2] for name in locked(first)}
        ran = [stage for stage in repo.index.stages if stage.name in names]
        in_git = [(stage, out) for stage in ran for out in stage.outs if not out.use_cache]
        assert {out.is_metric for _, out in in_git} == {True, False}
        for stage, out in in_git:
            hash_ = md5(Path(out.fs_path).read_bytes()).hexdigest()
            twins = objects(first, [{"md5": twin.hash_info.value} for twin in stage.outs if twin.use_cache])
            assert hash_ in twins, f"{out}: no cached output of {stage.addressing} has its bytes"
        with Repo(str(first.folder), config={"core": {"remote": "s3"}}) as configured:
            stored = set(configured.cloud.get_remote_odb("s3").all())
    assert outs_of(first) <= stored
    assert objects(first, [locked(first)["report@embedded"]["outs"][0]]) <= stored


def test_a_change_fetches_what_its_stages_read_and_another_machine_restores_what_they_made(first, machine, servers):
    def tuned(name):
        clone = machine(name)
        clone.change("finetune.training.learning_rate", 0.0021)
        return clone, clone.dvc("repro", "--pull", "--allow-missing", FINETUNE)

    second, output = tuned("second")
    assert second.stages_run(output) == [FINETUNE]
    read = [dep for dep in locked(first)[FINETUNE]["deps"] if dep["path"].startswith("data/")]
    places = ("base", "prepared/seeds.jsonl", "prepared/valid.jsonl", "subsets/gdig/8.jsonl")
    assert sorted(dep["path"] for dep in read) == [f"data/embedded/{place}" for place in places]
    # A file of a folder is found by the folder's list.
    lists = {out["md5"] for out in locked(first)["subset@embedded-gdig"]["outs"]}
    assert servers["s3"].fetched() == objects(first, read) | lists

    second.dvc("push", "--run-cache")
    third, output = tuned("third")
    assert third.stages_run(output) == []
    assert f"Stage '{FINETUNE}' is cached - skipping run" in output
    for file in DVC_FILES[:2]:
        lock = file.with_suffix(".lock")
        assert (third.folder / lock).read_bytes() == (second.folder / lock).read_bytes()
    for out in locked(second)[FINETUNE]["outs"]:
        assert digest(third.folder / out["path"]) == digest(second.folder / out["path"])


def test_a_damaged_object_in_the_remote_reaches_no_cache_and_is_named_and_sent_again(first, machine, webdav_folder):
    """One of the files of a folder: DVC takes those for sent where the folder's list is there."""
    name = md5((outputs(first) / "base" / "model.safetensors").read_bytes()).hexdigest()
    flip(cached(webdav_folder)[name])
    second = machine("second", "webdav")
    output = second.dvc("pull", *CORE, ok=False)
    assert "Checkout failed for following targets" in output
    assert "data/embedded/base" in output
    assert name not in cached(second.folder / ".dvc" / "cache")
    assert not (outputs(second) / "base" / "model.safetensors").exists()
    assert "base@embedded" in changes(second)

    fsck = ("python", "-m", "gdig.tools.fsck", "--remote", "webdav")
    assert f"{name[2:]} (data/embedded/base/model.safetensors)" in first.run(*fsck, ok=False)
    first.run(*fsck, "--mend")
    first.dvc("push", "--remote", "webdav")
    assert "every object is what its name says" in first.run(*fsck)
    second.dvc("pull", *CORE)
    assert digest(outputs(second)) == digest(outputs(first))


def test_a_pull_that_is_killed_goes_on_where_it_was(first, machine, servers):
    second, store = machine("second"), servers["s3"]
    store.seconds_a_block = 0.1
    process = subprocess.Popen(
        ["dvc", "pull", "--jobs", "2", *CORE], cwd=second.folder, env=second.environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        # Lists of folders come first, and are not kept by themselves.
        while sum(not name.endswith(".dir") for name in store.fetched()) < 15:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        store.seconds_a_block = 0.0
    had = cached(second.folder / ".dvc" / "cache")
    whole = {name for name in had if "." not in name.removesuffix(".dir")}
    assert whole
    for name in whole:
        assert md5(had[name].read_bytes()).hexdigest() == name.removesuffix(".dir")
    store.requests.clear()
    second.dvc("pull", *CORE)
    # A folder's list may be asked for again; no file is.
    again = {name for name in store.fetched() if not name.endswith(".dir")}
    assert again == {name for name in outs_of(first) - whole if not name.endswith(".dir")}
    assert digest(outputs(second)) == digest(outputs(first))


@pytest.mark.parametrize(
    ("kind", "option", "message"),
    [
        ("s3", "read_timeout", "failed to connect to s3 (gdig-artifacts/store/files/md5) - Read timeout on endpoint"),
        ("webdav", "timeout", "Some of the cache files do not exist neither locally nor on remote"),
    ],
)
def test_a_remote_that_says_nothing_is_given_up_and_a_slow_one_is_waited_for(
    first, machine, servers, monkeypatch, kind, option, message
):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    second, store = machine("second", kind), servers[kind]
    second.dvc("remote", "modify", "--local", kind, option, "1")
    store.silent.set()
    try:
        output = second.dvc("pull", "data/embedded/systems.json", ok=False)
    finally:
        store.silent.clear()
    assert message in output
    assert not cached(second.folder / ".dvc" / "cache")
    store.seconds_a_block = 0.2
    try:
        second.dvc("pull", "data/embedded/base")
    finally:
        store.seconds_a_block = 0.0
    assert digest(outputs(second) / "base") == digest(outputs(first) / "base")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://bucket/store", "Could not connect to the endpoint URL"),
        ("webdav://127.0.0.1:9/", "Connection refused"),
        ("ssh://127.0.0.1:9/store", "Connect call failed ('127.0.0.1', 9)"),
    ],
)
def test_a_remote_that_is_down_is_named_and_local_work_goes_on(first, tmp_path, url, message):
    clone = copied(first, tmp_path / "clone")
    more = {"endpointurl": "http://127.0.0.1:9", "access_key_id": KEY, "secret_access_key": SECRET}
    settings = {"url": url} | (more if url.startswith("s3") else {})
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (clone.folder / ".dvc" / "config.local").write_text(f"[core]\nremote = gone\n['remote \"gone\"']\n{lines}")
    assert message in clone.dvc("push", ok=False)
    # Something to fetch.
    path = outputs(clone) / "systems.json"
    cached(clone.folder / ".dvc" / "cache")[md5(path.read_bytes()).hexdigest()].unlink()
    path.unlink()
    assert message in clone.dvc("pull", *CORE, ok=False)
    assert set(changes(clone)) == {"systems@embedded", "report@embedded"}
    assert clone.stages_run(clone.dvc("repro", "systems@embedded")) == ["systems@embedded"]
    assert is_up_to_date(clone)
