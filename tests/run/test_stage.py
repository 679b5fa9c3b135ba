import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gdig.run import stage
from tests.conftest import ROOT


def run(monkeypatch, main, *arguments):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["stage", *arguments])
    stage.run(main)


def test_main_gets_params_paths_and_the_cell(monkeypatch):
    seen = {}

    def main(params, paths, selector, budget):
        seen.update(profile=params.profile, subset=paths.subset.as_posix(), cell=(selector, budget))

    run(monkeypatch, main, "--selector", "gdig", "--budget", "64")
    assert seen == {
        "profile": "embedded", "subset": "data/embedded/subsets/gdig/64.jsonl", "cell": ("gdig", "64")
    }  # fmt: skip


@pytest.mark.parametrize("error", [ValueError("pair x is broken"), FileNotFoundError(2, "No such file", "pair x")])
def test_what_a_user_can_cause_is_one_line(monkeypatch, capsys, error):
    def main(params, paths):
        raise error

    monkeypatch.delenv("GDIG_DEBUG", raising=False)
    with pytest.raises(SystemExit) as exit_:
        run(monkeypatch, main)
    assert exit_.value.code == 1
    assert capsys.readouterr().err.count("error: ") == 1
    monkeypatch.setenv("GDIG_DEBUG", "1")
    with pytest.raises(type(error)):
        run(monkeypatch, main)


def test_a_fault_of_ours_shows_its_traceback(monkeypatch):
    def main(params, paths):
        raise KeyError("bug")

    with pytest.raises(KeyError):
        run(monkeypatch, main)


def test_a_cell_needs_its_arguments(monkeypatch, capsys):
    def main(params, paths, selector):
        pass

    with pytest.raises(SystemExit):
        run(monkeypatch, main)
    assert "--selector" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_stage_and_its_replicates_soon(tmp_path, number):
    """More of them than cores. A preempted node sends SIGTERM to one process, a terminal Ctrl-C to all."""
    script = tmp_path / "stages_like.py"
    script.write_text(
        "import time\n"
        "from gdig.run import stage\n"
        "from gdig.lm.passes.replicates import map_replicates\n"
        "def main(params, paths):\n"
        "    def replicate(seed):\n"
        f"        open({str(tmp_path)!r} + f'/started-{{seed}}', 'w').close()\n"
        "        time.sleep(60)\n"
        "    map_replicates(replicate, list(range(6)))\n"
        "stage.run(main)\n"
    )
    process = subprocess.Popen(
        [sys.executable, str(script)], cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"PYTHONPATH": "."},
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("started-*"))) < min(6, stage.num_cores()):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    pids = children.read_text().split() if children.exists() else []
    (os.kill if number == signal.SIGTERM else os.killpg)(process.pid, number)
    _, error = process.communicate(timeout=10)
    if number == signal.SIGTERM:
        assert process.returncode == 128 + number
        assert "error: stopped by SIGTERM" in error
    assert not any(Path(f"/proc/{pid}").exists() and is_running(pid) for pid in pids)


def is_running(pid):
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


@pytest.mark.parametrize(
    ("set_to", "expected"),
    [("3", 3), ("4,2", 4), (None, len(os.sched_getaffinity(0))), ("many", len(os.sched_getaffinity(0)))],
)
def test_number_of_threads(monkeypatch, set_to, expected):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if set_to:
        monkeypatch.setenv("OMP_NUM_THREADS", set_to)
    assert stage.num_threads() == expected


@pytest.mark.skipif(not Path("/proc/loadavg").exists(), reason="Linux alone says how many processes are runnable")
def test_threads_do_not_spin_where_others_need_the_cores():
    command = [
        sys.executable,
        "-c",
        "import os; from gdig.run.stage import STAGES, start_up; start_up(STAGES / 'pool.py'); "
        "print(os.environ.get('OMP_WAIT_POLICY'))",
    ]
    kept = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        for environment, expected in ((kept, "passive"), (kept | {"OMP_WAIT_POLICY": "active"}, "active")):
            found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
            assert found.stdout.strip() == expected
    finally:
        for process in busy:
            process.kill()
            process.wait()
