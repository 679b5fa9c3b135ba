import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from gdig.io.folders import SCRATCH_VARIABLE
from gdig.lm.passes.processes import CONFIG_VARIABLE
from gdig.tools.cells import (
    DEVICES_VARIABLE,
    _repro,
    cell_targets,
    finished,
    ranking_targets,
    run,
    stage_graph,
    upstream,
    visible_devices,
)
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def graph():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return stage_graph()


def test_what_a_ranking_waits_for_stands_before_it(graph):
    chain = upstream(graph, ["base@embedded", "rank_gdig@embedded"])
    assert chain[-1] == "rank_gdig@embedded"
    for earlier, later in (("pool", "prepare"), ("prepare", "base"), ("base", "warmup"), ("influence", "quality")):
        assert chain.index(f"{earlier}@embedded") < chain.index(f"{later}@embedded")
    assert not any(name.startswith(("subset", "finetune", "rank_loss")) for name in chain)


def test_every_stage_of_every_cell_is_in_the_dag(params, graph):
    for selector in ("full", *params.selectors):
        for targets in cell_targets(params, selector).values():
            rest = set(upstream(graph, targets[-1:])) - set(upstream(graph, ranking_targets(params, selector)))
            assert rest == set(targets)


@pytest.mark.parametrize(
    ("variable", "expected"),
    [(None, ["0", "1"]), ("3, 5", ["3", "5"]), ("GPU-4a,GPU-7f", ["GPU-4a", "GPU-7f"]), ("2,6,-1,0", ["2", "6"])],
)
def test_gpus_are_named_as_the_user_s_variable_names_them(monkeypatch, variable, expected):
    monkeypatch.delenv(DEVICES_VARIABLE, raising=False)
    if variable:
        monkeypatch.setenv(DEVICES_VARIABLE, variable)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert visible_devices() == expected


@pytest.mark.parametrize(("device", "expected"), [("GPU-4a", ("GPU-4a", "none")), (None, (None, "fsdp.yaml"))])
def test_a_cell_on_a_gpu_is_one_process(monkeypatch, device, expected):
    seen = []

    def run(command, *, env, **_):
        seen.append((env.get(DEVICES_VARIABLE), env.get(CONFIG_VARIABLE)))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.delenv(DEVICES_VARIABLE, raising=False)
    monkeypatch.setenv(CONFIG_VARIABLE, "fsdp.yaml")
    monkeypatch.setenv(SCRATCH_VARIABLE, "scratch")
    monkeypatch.setattr("subprocess.run", run)
    assert _repro(["a"], device)
    assert seen == [expected]


def test_on_gpus_rankings_see_all_of_them_and_each_cell_one_that_no_other_has(monkeypatch, params, graph):
    busy, seen, rankings, lock = set(), Counter(), [], threading.Lock()

    def repro(targets, device=None):
        with lock:
            if device is None:
                assert not seen, "a ranking after the first cell"
                rankings.extend(targets)
                return True
            assert device not in busy
            busy.add(device)
        time.sleep(0.01)
        with lock:
            busy.remove(device)
            seen[device] += 1
        return True

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("gdig.tools.cells._repro", repro)
    monkeypatch.setattr("gdig.tools.cells.check_lengths", lambda _: None)
    monkeypatch.setattr("gdig.tools.cells.check_linears", lambda *_: None)
    assert run(params, set(graph), 2, ["GPU-4a", "GPU-7f"]) == []
    assert {f"rank_{name}@embedded" for name in ("full", *params.selectors)} <= {
        target.rpartition(":")[2] for target in rankings
    }
    assert set(seen) == {"GPU-4a", "GPU-7f"}
    assert seen.total() == 1 + len(params.selectors) * len(params.budgets)


def test_rows_of_a_cell_are_added_when_it_ends_and_of_none_that_fails(monkeypatch, params, graph, tmp_path):
    failed = f"cells/dvc.yaml:score@embedded-{params.selectors[0]}-{params.budgets[0]}"
    added = []
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("gdig.tools.cells._repro", lambda targets, device=None: targets[-1] != failed)
    monkeypatch.setattr("gdig.tools.cells.check_lengths", lambda _: None)
    monkeypatch.setattr("gdig.tools.cells.check_linears", lambda *_: None)
    monkeypatch.setattr(
        "gdig.tools.cells.collect", lambda _, file, cells: added.extend((file, *cell) for cell in cells)
    )
    rows = tmp_path / "rows.jsonl"
    assert run(params, set(graph), 2, [], rows) == [failed]
    every = {(rows, *cell) for cell in finished(params, set())}
    assert len(every) == 1 + len(params.selectors) * len(params.budgets)
    assert set(added) == every - {(rows, params.selectors[0], str(params.budgets[0]))}
    assert len(added) == len(every) - 1


def test_cells_that_are_due_are_not_finished(params):
    due = {f"cells/dvc.yaml:score@embedded-{params.selectors[0]}-{params.budgets[0]}"}
    every = finished(params, set())
    assert set(every) - set(finished(params, due)) == {(params.selectors[0], str(params.budgets[0]))}
    assert ("full", "all") in every


def test_no_jobs_are_refused():
    done = subprocess.run(
        [sys.executable, "-m", "gdig.tools.cells", "--jobs", "0"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--jobs 0: at least 1" in done.stderr
