"""Stage quality: how many survivors it asks for, and what it writes of them."""

import numpy as np
import pytest

from gdig.io.files import read_json
from gdig.io.records import read_rows
from gdig.lm.passes.shards import compute_shards
from gdig.run.paths import Paths
from gdig.selection.quality import apply_rule, assess
from stages import quality

NUM_SEEDS = 10
IDS = [f"p{n}" for n in range(20)]
HELPED = [10, 9, 9, 9, 8, 8, 8, 8, 7, 7, 7, 7, 6, 6, 5, 4, 3, 2, 1, 0]


@pytest.fixture
def paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    influence_NM = np.where(np.arange(NUM_SEEDS) < np.array(HELPED)[:, None], -1.0, 0.5).astype(np.float32)
    found = Paths(profile="embedded")
    compute_shards(
        found.influence, tmp_path / "scratch", "influence", IDS, 7, lambda rows: influence_NM[rows.start : rows.stop]
    )
    return found


def run(params, paths, budgets, min_survivors):
    settings = params.quality.model_copy(update={"min_survivors": min_survivors})
    quality.main(params.model_copy(update={"budgets": budgets, "quality": settings}), paths)
    return read_json(paths.quality_summary), [row["id"] for row in read_rows(paths.survivors)]


def test_null_asks_for_twice_the_largest_budget(params, paths):
    """So that diversity has a choice at every budget."""
    summary, survivors = run(params, paths, [2, 5], None)
    assert summary == {
        "num_candidates": 20, "num_seeds": 10, "num_survivors": 12, "num_strict": 1, "min_survivors": 10,
        "share_reached": 0.7,
    }  # fmt: skip
    assert sorted(survivors) == sorted(IDS[:12])


def test_a_number_is_taken_as_it_is(params, paths):
    summary, survivors = run(params, paths, [2, 5], 4)
    assert summary["min_survivors"] == len(survivors) == 4
    assert summary["share_reached"] == 0.9


def test_every_candidate_is_written_and_survivors_are_those_of_the_rule(params, paths, caplog):
    _, survivors = run(params, paths, [2, 4], None)
    rows = read_rows(paths.quality)
    assert [(row["id"], row["share_helped"]) for row in rows] == [
        (i, helped / NUM_SEEDS) for i, helped in zip(IDS, HELPED, strict=True)
    ]
    influence_NM = np.array([[-1.0] * h + [0.5] * (NUM_SEEDS - h) for h in HELPED], dtype=np.float32)
    assert survivors == [c.id for c in apply_rule(assess(IDS, influence_NM), 8).survivors]
    assert "only 1 of 20 candidates help all 10 seeds; relaxed to 80.0% of the seeds" in caplog.text
