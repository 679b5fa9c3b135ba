import json
import os
import subprocess
import sys

import pytest

from gdig.io import files
from gdig.io.files import atomic_file, atomic_folder, digest, rounded, write_json, write_metrics, write_text
from tests.conftest import ROOT


def test_a_failure_leaves_the_old_file_and_no_trace(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), atomic_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_failure_leaves_the_old_folder_and_no_trace(tmp_path):
    path = tmp_path / "out"
    with atomic_folder(path) as folder:
        (folder / "a").write_text("old")
    with pytest.raises(RuntimeError), atomic_folder(path) as folder:
        (folder / "b").write_text("half")
        raise RuntimeError
    assert sorted(os.listdir(path)) == ["a"]
    assert os.listdir(tmp_path) == ["out"]


KILLED = """
import os, signal, sys
from pathlib import Path
from gdig.io.files import atomic_file, atomic_folder
writes = {"file": atomic_file, "folder": atomic_folder}[sys.argv[1]]
with writes(Path(sys.argv[2])) as temporary:
    (temporary / "a" if temporary.is_dir() else temporary).write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_while_it_writes(kind, path):
    subprocess.run([sys.executable, "-c", KILLED, kind, str(path)], cwd=ROOT, check=False)


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("name", ["out", "a [b]*?", "Übung (it's)"])
def test_what_a_killed_process_left_goes_with_the_next_write(tmp_path, kind, name):
    path = tmp_path / name
    kill_while_it_writes(kind, path)
    kill_while_it_writes(kind, path.with_name("another"))
    assert len([entry for entry in os.listdir(tmp_path) if entry.endswith(".part")]) == 2
    write_text(path, "whole")
    left = sorted(os.listdir(tmp_path))
    # That of another artifact waits for its own next write.
    assert len(left) == 2
    assert left[0].startswith(".another.")
    assert left[1] == name


def test_what_another_process_or_another_host_writes_stays(tmp_path, monkeypatch):
    path = tmp_path / "out"
    alive = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    own = files._temporary(path)
    beside = own.with_name(own.name.replace(str(os.getpid()), str(alive.pid)))
    beside.write_text("half")
    monkeypatch.setattr(files.platform, "node", lambda: "another-host")
    files._host.cache_clear()
    try:
        foreign = files._temporary(path)
    finally:
        monkeypatch.undo()
        files._host.cache_clear()
    assert foreign.name != own.name
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    foreign = foreign.with_name(foreign.name.replace(str(os.getpid()), str(dead.pid)))
    foreign.write_text("half")
    # Of no process: not ours to judge.
    (tmp_path / ".out.old.part").write_text("half")
    write_text(path, "whole")
    assert sorted(os.listdir(tmp_path)) == sorted([".out.old.part", beside.name, foreign.name, "out"])
    alive.communicate()
    write_text(path, "whole")
    assert not beside.exists()


def test_json_is_sorted_and_refuses_nan(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": "ü"})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "a": "ü",\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="b.json: .* is nan, which is no number"):
        write_json(tmp_path / "b.json", float("nan"))
    assert not (tmp_path / "b.json").exists()


def test_rounding_reaches_every_level():
    assert rounded({"a": [0.123456, {"b": 1.00001}], "c": 3}) == {"a": [0.1235, {"b": 1.0}], "c": 3}
    assert json.dumps(rounded(2.5)) == "2.5"
    assert rounded({"low": None, "holds": True, "n": 3}) == {"low": None, "holds": True, "n": 3}


def test_small_numbers_keep_their_digits():
    assert rounded({"p": 1.6234567e-08, "mean": 67.123456}) == {"p": 1.623e-08, "mean": 67.1235}
    assert rounded(0.0) == 0
    assert rounded(-0.012345678) == -0.01235


def test_digest_of_a_folder_sees_names_and_contents(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_text("1")
    first = digest(tmp_path)
    (tmp_path / "sub" / "a").rename(tmp_path / "sub" / "b")
    assert digest(tmp_path) != first
    (tmp_path / "sub" / "b").rename(tmp_path / "sub" / "a")
    assert digest(tmp_path) == first
    (tmp_path / "sub" / "a").write_text("2")
    assert digest(tmp_path) != first


def test_metrics_are_written_twice_with_equal_bytes(tmp_path):
    write_metrics(tmp_path / "git" / "a.json", tmp_path / "cache" / "a.json", {"b": 0.1234567})
    assert (tmp_path / "git" / "a.json").read_text() == '{\n  "b": 0.1235\n}\n'
    assert (tmp_path / "git" / "a.json").read_bytes() == (tmp_path / "cache" / "a.json").read_bytes()
