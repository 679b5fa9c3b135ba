import json

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks import fusion
from gdig.io.ranking import write_ranking
from gdig.io.records import write_rows
from gdig.lm.passes.shards import compute_shards
from gdig.run.paths import Paths
from gdig.selectors.gdig_joint.cleanliness import consistency
from tests.conftest import default_values, write_params

NUM = 400
KINDS = np.array(["clean", "clean", "shuffled", "truncated", "untranslated"] * (NUM // 5))
IDS = [f"p{n}" for n in range(NUM)]


def losses(kinds, rng):
    """Base loss tells shuffled pairs alone, the other one truncated ones more."""
    return (
        rng.normal(np.where(kinds == "shuffled", 2, 0), 1),
        rng.normal(np.select([kinds == "clean", kinds == "truncated"], [0, 3], 1.5), 1),
    )


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path, default_values())
    paths, rng = Paths(profile="embedded"), np.random.default_rng(1)
    influence = rng.normal(np.where(KINDS == "clean", -0.2, 0.1)[:, None], 1, size=(NUM, 30)).astype(np.float32)
    compute_shards(
        paths.influence, tmp_path / "s", "influence", IDS, NUM, lambda rows: influence[rows.start : rows.stop]
    )
    base, own = losses(KINDS, rng)
    write_ranking(paths.base_loss_ranking, IDS[::-1], dict(zip(IDS, base.tolist(), strict=True)))
    write_ranking(paths.loss_ranking, IDS, dict(zip(IDS, own.tolist(), strict=True)))
    write_rows(paths.labels, [{"id": i, "noise": str(kind)} for i, kind in zip(IDS, KINDS, strict=True)])
    kinds = np.array(["clean", "shuffled", "truncated"] * 60)
    base, own = losses(kinds, rng)
    helps = rng.normal(np.where(kinds == "clean", 0.2, -0.1), 0.18)
    write_rows(paths.controls, [
        {"id": f"s{n}", "seed": f"s{n // 3}", "kind": str(kind), "consistency": c, "base_loss": b, "loss": o}
        for n, (kind, c, b, o) in enumerate(
            zip(kinds, helps.tolist(), base.tolist(), own.tolist(), strict=True)
        )
    ])  # fmt: skip
    return paths, influence


def test_a_row_a_kind_of_the_pool_and_one_of_all(site, capsys, tmp_path):
    fusion.main(["--out", str(tmp_path / "rows.jsonl")])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()] == rows
    assert [(row["noise"], row["in_controls"], row["num_pairs"]) for row in rows] == [
        ("shuffled", True, 80), ("truncated", True, 80), ("untranslated", False, 80), ("all", None, 240),
    ]  # fmt: skip
    by_kind = {row["noise"]: row for row in rows}
    assert all(row["auc"] > row["auc_base_loss"] for row in rows)
    # Without controls of its kind, base loss counts for nothing, or the other for less.
    for kind in ("shuffled", "truncated"):
        assert by_kind[kind]["auc_unseen"] < by_kind[kind]["auc"]
    assert by_kind["untranslated"]["auc_unseen"] == by_kind["untranslated"]["auc"]
    assert by_kind["all"]["auc_unseen"] is None
    _, influence = site
    some = (KINDS == "clean") | (KINDS == "truncated")
    expected = roc_auc_score(KINDS[some] == "clean", consistency(influence)[some])
    assert by_kind["truncated"]["auc_consistency"] == pytest.approx(expected, abs=1e-3)


def test_controls_of_one_kind_leave_nothing_to_fit_to_without_it(site, capsys):
    paths, _ = site
    rows = [json.loads(line) for line in paths.controls.read_text().splitlines()]
    write_rows(paths.controls, [row for row in rows if row["kind"] != "truncated"])
    fusion.main([])
    found = {row["noise"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert found["shuffled"]["auc_unseen"] is None
    assert found["truncated"]["auc_unseen"] == found["truncated"]["auc"]


def test_what_is_missing_is_told(site, capsys):
    paths, _ = site
    write_rows(paths.labels, [{"id": i, "noise": "clean"} for i in IDS])
    with pytest.raises(SystemExit):
        fusion.main([])
    assert "must have both clean pairs and planted noise (noise.rate)" in capsys.readouterr().err
    paths.controls.unlink()
    with pytest.raises(SystemExit):
        fusion.main([])
    assert (
        "controls.jsonl is missing; run `dvc repro selectors/dvc.yaml:cleanliness@embedded`" in capsys.readouterr().err
    )
