import subprocess
import sys

import pytest

from gdig.cells import cell_targets, ranking_targets, stage_graph, upstream
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
        for targets in cell_targets(params, selector):
            rest = set(upstream(graph, targets[-1:])) - set(upstream(graph, ranking_targets(graph, selector)))
            assert rest == set(targets)


def test_no_jobs_are_refused():
    done = subprocess.run(
        [sys.executable, "-m", "gdig.cells", "--jobs", "0"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--jobs 0: at least 1" in done.stderr
