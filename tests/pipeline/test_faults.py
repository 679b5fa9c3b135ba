"""What happens to a run when a disk is full or read-only, a bit flips, `dvc` dies, or two of them meet."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest
from dvc.repo import Repo

from gdig.io.files import digest
from tests.pipeline.conftest import CORE, Checkout, cached, changes, copied, flip, is_up_to_date, outputs

pytestmark = pytest.mark.slow
CELL = "embedded-gdig-8"
FINETUNE = f"cells/dvc.yaml:finetune@{CELL}"
SUBSET = "subset@embedded-gdig"
OWN_MOUNTS = ("unshare", "--user", "--map-root-user", "--mount")
FSCK = (sys.executable, "-m", "gdig.tools.fsck")


@pytest.fixture
def copy(checkout, tmp_path) -> Checkout:
    """A copy whose learning rate of finetuning has changed, so that stage `finetune` is due."""
    copy = copied(checkout, tmp_path / "repository")
    copy.change("finetune.training.learning_rate", 0.0031)
    return copy


@pytest.fixture
def mounted(copy):
    """Return a function that runs shell lines in the copy, with mounts that end with them."""
    if not shutil.which("unshare") or subprocess.run([*OWN_MOUNTS, "true"], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    return lambda *lines: copy.run(*OWN_MOUNTS, "sh", "-c", "\n".join(lines))


@contextmanager
def running(checkout, *command: str):
    """Start DVC on stage `finetune` in a group of processes of its own; yield it when the stage runs."""
    process = subprocess.Popen(
        ["dvc", "repro", "--single-item", *command], cwd=checkout.folder, start_new_session=True, text=True,
        env=checkout.environment | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        assert any(line.startswith("> python") for line in process.stdout), "the stage did not start"
        yield process
    finally:
        # The group outlives its leader where a stage does.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_read_only_cache_is_told_before_cells_run_and_what_a_stage_made_can_be_saved_later(copy, mounted):
    read_only = "mount --bind .dvc/cache .dvc/cache && mount -o remount,bind,ro .dvc/cache"
    artifacts = digest(outputs(copy))
    output = mounted(read_only, f"! {sys.executable} -m gdig.tools.cells")
    assert "error: .dvc/cache/files/md5: DVC's cache takes no files (Read-only file system)" in output
    assert copy.stages_run(output) == []
    assert digest(outputs(copy)) == artifacts

    output = mounted(read_only, f"! dvc repro --single-item {FINETUNE}")
    assert f"ERROR: failed to reproduce '{FINETUNE}': [Errno 30] Read-only file system" in output
    assert FINETUNE in changes(copy)
    made = digest(outputs(copy) / "finetuned" / "gdig")
    copy.dvc("commit", "--force", FINETUNE)
    assert FINETUNE not in changes(copy)
    assert copy.stages_run(copy.dvc("repro", "--single-item", FINETUNE)) == []
    assert digest(outputs(copy) / "finetuned" / "gdig") == made


def test_a_full_disk_leaves_no_half_object_and_a_status_that_is_true(copy, mounted):
    """The cache fits its file system, but not what stage `finetune` makes."""
    cache = copy.folder / ".dvc" / "cache"
    blocks = sum(-(-path.stat().st_size // 4096) for path in cache.rglob("*") if path.is_file())
    output = mounted(
        "mv .dvc/cache ../kept && mkdir .dvc/cache",
        f"mount -t tmpfs -o size={4 * blocks + 40}k none .dvc/cache && cp -a ../kept/. .dvc/cache/",
        f"! dvc repro --single-item {FINETUNE}",
        "dvc status --json dvc.yaml --with-deps > ../status.json",
        f"{sys.executable} -m gdig.tools.fsck",
        f"{sys.executable} -c \"from gdig.tools.preflight import preflight; preflight(['{FINETUNE}'])\"",
        "umount .dvc/cache && rmdir .dvc/cache && mv ../kept .dvc/cache",
    )
    assert f"ERROR: failed to reproduce '{FINETUNE}': [Errno 28] No space left on device" in output
    assert FINETUNE in json.loads((copy.folder.parent / "status.json").read_text())
    assert "every object is what its name says" in output
    assert "are free where DVC's cache is, and what is due (1 of the stages) took" in output
    # There is space again.
    copy.dvc("commit", "--force", FINETUNE)
    assert FINETUNE not in changes(copy)


def test_a_disk_that_fills_while_a_stage_writes_ends_in_one_line(copy, mounted):
    place = outputs(copy) / "finetuned" / "gdig"
    output = mounted(f"mount -t tmpfs -o size=60k none {place}", f"! dvc repro --single-item {FINETUNE}")
    assert "error: Error while serializing: I/O error: No space left on device" in output
    assert "Traceback" not in output
    assert FINETUNE in changes(copy)


def test_a_flipped_bit_that_dvc_does_not_see_is_found_and_mended(checkout, tmp_path):
    copy = copied(checkout, tmp_path / "repository")
    clusters = outputs(copy) / "clusters.jsonl"
    whole = clusters.read_bytes()
    objects = cached(copy.folder / ".dvc" / "cache")
    [damaged] = [path for path in objects.values() if path.read_bytes() == whole]
    flip(damaged)
    clusters.unlink()
    copy.dvc("checkout", *CORE)
    assert clusters.read_bytes() != whole
    assert is_up_to_date(copy), "DVC has learned to see it; docs/remotes.md says that it does not"

    output = copy.run(*FSCK, ok=False)
    assert f"damaged object {damaged} (data/embedded/clusters.jsonl)" in output
    assert "damaged artifact data/embedded/clusters.jsonl" in output
    copy.run(*FSCK, "--mend")
    assert {"clusters@embedded", "rank_gdig@embedded"} <= set(changes(copy))
    assert copy.stages_run(copy.dvc("repro", SUBSET)) == ["clusters@embedded"]
    assert clusters.read_bytes() == whole
    assert is_up_to_date(copy)
    assert "every object is what its name says" in copy.run(*FSCK)


def test_a_second_repro_says_which_process_is_in_its_way_and_disturbs_nothing(copy):
    with running(copy, FINETUNE) as one:
        output = copy.dvc("repro", "--single-item", FINETUNE, ok=False)
        assert "is busy, it is being blocked by:" in output
        assert f"(PID {one.pid})" in output
        assert one.wait(timeout=120) == 0
    assert FINETUNE not in changes(copy)


def test_a_stage_that_outlives_its_dvc_is_waited_for(copy):
    lock = copy.folder / ".dvc" / "tmp" / "gdig" / "stages.finetune-embedded-gdig-8.lock"
    owner = lock.with_suffix(".pid")
    owner.unlink(missing_ok=True)
    with running(copy, FINETUNE) as one:
        deadline = time.monotonic() + 60
        while not (owner.exists() and owner.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        one.kill()
        one.wait()
        # What is left of the group, the stage, is held until the next one was seen to wait for it.
        os.killpg(one.pid, signal.SIGSTOP)
        next_one = subprocess.Popen(
            ["dvc", "repro", "--single-item", FINETUNE], cwd=copy.folder, env=copy.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            assert any("still runs this stage; stop it to go on" in line for line in next_one.stdout)
            os.killpg(one.pid, signal.SIGCONT)
            told, _ = next_one.communicate(timeout=120)
        finally:
            next_one.kill()
        assert next_one.returncode == 0, told
    assert FINETUNE not in changes(copy)
    left = [path.name for path in (outputs(copy) / "finetuned" / "gdig").iterdir()]
    assert left == ["8"]
    copy.run(*FSCK)


def test_a_lock_that_was_cut_is_told_and_the_run_cache_brings_back_what_ran(checkout, tmp_path):
    """DVC writes dvc.lock in place, so that a kill can leave half of it."""
    copy = copied(checkout, tmp_path / "repository")
    path = copy.folder / "dvc.lock"
    whole = path.read_text("utf-8")
    path.write_text(whole[: whole.index("hash: md5") + 4], "utf-8")
    assert "dvc.lock' is invalid" in copy.dvc("status", ok=False)
    path.unlink()
    output = copy.dvc("repro", "seeds@embedded")
    assert copy.stages_run(output) == []
    assert "Stage 'seeds@embedded' is cached - skipping run" in output
    copy.run("git", "checkout", "--", "dvc.lock")
    # What a killed process had half-written, in a folder that a later stage reads.
    (outputs(copy) / "hypotheses" / "gdig" / ".8.4711.part").mkdir()
    (outputs(copy) / "hypotheses" / "gdig" / ".8.4711.part" / "seed-1.jsonl").write_text("{")
    assert is_up_to_date(copy)
    with Repo(str(copy.folder)).lock:
        assert "Unable to acquire lock" in copy.dvc("status", ok=False)
