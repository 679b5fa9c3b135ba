import errno
import fcntl
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest

from gdig.io.locks import append_log, file_lock, path_lock, require_locks, stage_lock, whole_lines
from tests.conftest import ROOT

HOLDER = """
import sys, time
from pathlib import Path
from gdig.io.locks import file_lock
with file_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
print("released", flush=True)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds `tmp_path / "a.lock"` until its stdin is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "a.lock")],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_a_lock_that_another_process_holds_is_refused(tmp_path, holder):
    with pytest.raises(ValueError, match=r"a: another process works in it; wait for it or stop it"):
        path_lock(tmp_path / "a").__enter__()
    with pytest.raises(ValueError, match="^writes$"), file_lock(tmp_path / "a.lock", busy="writes"):
        pass


def test_a_lock_ends_with_its_process(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait(timeout=30)
    with path_lock(tmp_path / "a"):
        pass
    assert (tmp_path / "a.lock").exists()


def test_waiting_is_logged_and_ends_with_the_lock(tmp_path, holder, caplog):
    caplog.set_level(logging.INFO, "gdig.io.locks")

    class Release(logging.Handler):
        def emit(self, record):
            assert record.getMessage() == "waiting for it"
            time.sleep(0.1)
            holder.stdin.close()

    handler = Release()
    logging.getLogger("gdig.io.locks").addHandler(handler)
    try:
        with file_lock(tmp_path / "a.lock", waiting="waiting for it"):
            assert holder.stdout.read() == "released\n"
    finally:
        logging.getLogger("gdig.io.locks").removeHandler(handler)
    assert "waiting for it" in caplog.messages


def test_a_stage_waits_for_the_process_that_its_message_names(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    with stage_lock("influence"):  # no checkout, no lock
        pass
    (tmp_path / ".dvc").mkdir()
    caplog.set_level(logging.INFO, "gdig.io.locks")
    with stage_lock("influence"):
        script = "from gdig.io.locks import stage_lock\nimport logging\nlogging.basicConfig(level=20)\n"
        script += "with stage_lock('influence'): print('in')"
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert f"waiting for process {os.getpid()}, which still runs this stage" in process.stderr.readline()
        assert process.poll() is None
    assert process.communicate(timeout=30)[0] == "in\n"


def test_forked_children_neither_end_a_lock_nor_keep_it(tmp_path):
    """A child inherits the open file: its end must not release the lock, and its life must not hold it."""
    context = multiprocessing.get_context("fork")

    def can_lock():
        script = "import sys, pathlib\nfrom gdig.io.locks import path_lock\n"
        script += "with path_lock(pathlib.Path(sys.argv[1])): pass"
        command = [sys.executable, "-c", script, str(path)]
        return not subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode

    path = tmp_path / "a"
    with path_lock(path):
        brief = context.Process(target=time.sleep, args=(0,))
        brief.start()
        brief.join()
        assert not can_lock()
        long = context.Process(target=time.sleep, args=(60,))
        long.start()
    try:
        assert can_lock()
    finally:
        long.kill()
        long.join()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named_with_the_remedy(tmp_path, monkeypatch, number):
    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    for lock in (path_lock(tmp_path / "a"), file_lock(tmp_path / "a.lock", waiting="waits")):
        with pytest.raises(ValueError, match="the file system there has no locks") as error, lock:
            pass
        assert str(error.value).startswith(f"{tmp_path}: ")
        assert "name a folder on a local disk (GDIG_SCRATCH, GDIG_DOWNLOADS)" in str(error.value)
        assert "\n" not in str(error.value)


def test_other_errors_of_a_lock_are_what_they_are(tmp_path, monkeypatch):
    def flock(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)), file_lock(tmp_path / "a.lock"):
        pass


def test_locks_can_be_required_of_a_folder_before_they_are_taken(tmp_path, monkeypatch):
    require_locks(tmp_path / "new", "take another")
    assert (tmp_path / "new").is_dir()
    (tmp_path / "file").touch()
    require_locks(tmp_path / "file" / "below", "take another")  # cannot be made: told where it is used

    def flock(*_):
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(ValueError, match=rf"^{tmp_path}/new: the file system there has no locks .*; take another$"):
        require_locks(tmp_path / "new", "take another")


def test_a_log_keeps_whole_lines_and_loses_the_one_that_was_cut(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\nthr")
    with append_log(path, "writes it") as stream:
        assert list(whole_lines(stream)) == [b"one\n", b"two\n"]
        stream.write(b"three\n")
        with pytest.raises(ValueError, match="another process writes it"), append_log(path, "writes it"):
            pass
    assert path.read_bytes() == b"one\ntwo\nthree\n"
