"""Three stages in a row in a repository of Git and DVC, beside an optional one that nothing reads."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dvc.repo import Repo
from ruamel.yaml import YAML

from gdig.tools.restore import prune, restore

YAML_SAFE = YAML(typ="safe", pure=True)
COPY = """\
import sys
text = open(sys.argv[1]).read()
open("runs", "a").write(".")
open(sys.argv[2], "w").write(text + sys.argv[2])
open(sys.argv[2] + ".json", "w").write("{}")
"""
NAMES = ["a@p", "b@p", "c@p"]


def row(first, second, code):
    return {
        "matrix": {"profile": ["${profile}"]}, "cmd": f"python copy.py {first} {second}", "params": ["size"],
        "deps": ["copy.py", first, code], "outs": [second], "metrics": [{f"{second}.json": {"cache": False}}],
    }  # fmt: skip


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    for command in ("git init --quiet", "dvc init --quiet"):
        subprocess.run(command.split(), check=True)
    Path("copy.py").write_text(COPY)
    Path("raw").write_text("x")
    for code in "abcd":
        Path(f"code-{code}").write_text(code)
    Path("params.yaml").write_text("profile: p\nsize: 1\n")
    stages = {"a": row("raw", "A", "code-a"), "b": row("A", "B", "code-b"), "c": row("B", "C", "code-c")}
    write("dvc.yaml", {"stages": stages})
    Path("selectors").mkdir()
    write("selectors/dvc.yaml", {"vars": ["../params.yaml"], "stages": {"d": row("A", "D", "code-d") | {"wdir": ".."}}})
    repro()
    assert num_runs() == 3
    return tmp_path


def write(file, content):
    with Path(file).open("w") as stream:
        YAML_SAFE.dump(content, stream)


def repro():
    return subprocess.run(["dvc", "repro"], check=True, capture_output=True, text=True).stdout


def num_runs():
    return len(Path("runs").read_text())


def restored():
    with Repo() as repo:
        return restore(repo)


def lock():
    return YAML_SAFE.load(Path("dvc.lock").read_text())


def assert_up_to_date():
    output = repro()
    assert output.count("didn't change, skipping") == 3
    assert num_runs() == 3


def remove(*names):
    for name in names:
        Path(name).unlink()


@pytest.mark.parametrize("lost", [("dvc.lock",), ("dvc.lock", "A", "B", "C", "C.json"), ("B",), ("A", "C.json")])
def test_what_is_lost_is_restored_and_nothing_runs(checkout, lost):
    before, contents = lock(), Path("C").read_bytes()
    remove(*lost)
    names, due = restored()
    assert due == set()
    assert names
    assert (lock(), Path("C").read_bytes()) == (before, contents)
    assert_up_to_date()
    assert restored() == ([], set())


def test_a_lock_of_another_machine_and_artifacts_of_its_own_make_way(checkout):
    own = Path("dvc.lock").read_text()
    theirs = lock()
    for stage in theirs["stages"].values():
        for item in (*stage["deps"], *stage["outs"]):
            if item["path"] in ("A", "B", "C"):
                item["md5"] = item["md5"][::-1]
    write("dvc.lock", theirs)
    Path("B").write_text("edited by hand")
    assert restored() == (NAMES, set())
    assert YAML_SAFE.load(own) == lock()
    assert Path("B").read_text() == "xAB"
    assert_up_to_date()


def test_a_value_that_was_there_before_runs_nothing(checkout):
    """The outs of the lock file are those of another value, and all are in the cache."""
    Path("copy.py").write_text(Path("copy.py").read_text().replace("text + ", "text + '2' + "))
    Path("raw").write_text("y")
    repro()
    assert Path("C").read_text() == "y2A2B2C"
    Path("raw").write_text("x")
    assert restored() == ([], set(NAMES)), "of this code and this input, nothing was made"
    Path("copy.py").write_text(Path("copy.py").read_text().replace("text + '2' + ", "text + "))
    assert restored() == (NAMES, set())
    assert Path("C").read_text() == "xABC"


def test_what_nobody_made_is_due_with_all_behind_it(checkout):
    Path("code-b").write_text("edited")
    before = Path("dvc.lock").read_bytes()
    assert restored() == ([], {"b@p", "c@p"})
    assert Path("dvc.lock").read_bytes() == before
    assert Path("C").exists()
    remove("A")
    assert restored() == (["a@p"], {"b@p", "c@p"})


def test_objects_that_are_gone_from_the_cache_are_made_again(checkout):
    remove("dvc.lock", "B")
    shutil.rmtree(".dvc/cache/files")
    assert restored() == ([], set(NAMES))
    repro()
    assert Path("C").read_text() == "xABC"


def test_an_artifact_is_restored_by_the_lock_file_where_the_run_cache_is_gone(checkout):
    shutil.rmtree(".dvc/cache/runs")
    remove("B")
    assert restored() == (["b@p"], set())


def test_a_stop_keeps_what_is_restored(checkout, monkeypatch):
    before = lock()
    remove("dvc.lock", "A", "B", "C")
    monkeypatch.setattr("gdig.tools.restore.track", lambda stages, **_: stop_after_two(stages))
    with pytest.raises(KeyboardInterrupt):
        restored()
    assert lock()["stages"] == {name: before["stages"][name] for name in ("a@p", "b@p")}


def stop_after_two(stages):
    for number, stage in enumerate(stages):
        if number == 2:
            raise KeyboardInterrupt
        yield stage


def test_dead_entries_go_and_those_of_other_profiles_stay(checkout):
    whole = lock()
    some = whole["stages"]["a@p"]
    dead = {"gone@p": some, "gone@q": some, "b@p-random": some}
    kept = {"b@q": some, "b@p-q": some}
    write("dvc.lock", whole | {"stages": dead | whole["stages"] | kept})
    with Repo() as repo:
        assert prune(repo, "p", ["p", "q", "p-q"]) == 3
        assert prune(repo, "p", ["p", "q", "p-q"]) == 0
    assert lock() == whole | {"stages": whole["stages"] | kept}
    assert_up_to_date()
