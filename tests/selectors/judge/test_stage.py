"""The stage, from pool to files."""

import json
import shutil

import pytest

from gdig.io.records import read_rows, write_pairs
from gdig.run.paths import Paths
from gdig.selectors.judge import rules
from stages import judge
from tests.conftest import ROOT
from tests.selectors.judge.conftest import PAIRS


@pytest.fixture
def paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GDIG_SCRATCH", str(tmp_path / "scratch"))
    shutil.copytree(ROOT / "selectors" / "judge", tmp_path / "selectors" / "judge")
    paths = Paths(profile="p", kind="rating", answers="none")
    write_pairs(paths.pool, PAIRS)
    return paths


def run(params, paths, **changes):
    settings = params.judge.model_copy(update=changes)
    judge.main(params.model_copy(update={"judge": settings}), paths, paths.kind)
    return [path.read_bytes() for path in (paths.judged, paths.judge_answers, paths.judge_counts)]


def test_scores_answers_and_counts_are_written_and_made_again_without_asking(params, paths, tmp_path):
    first = run(params, paths)
    assert read_rows(paths.judged) == [{"id": p.id, "score": rules.rating(p.src, p.trg)} for p in PAIRS]
    assert len(first[1].splitlines()) == 20
    assert json.loads(first[2])["num_judged_pairs"] == 20
    for path in (paths.judged, paths.judge_answers, paths.judge_counts):
        path.unlink()
    # Where nobody listens.
    assert run(params, paths, base_url="http://127.0.0.1:1/v1", model=rules.MODEL) == first


def test_answers_given_elsewhere_make_the_endpoint_unnecessary(params, paths, tmp_path, monkeypatch):
    monkeypatch.setattr("gdig.selectors.judge.rules.MODEL", "m")
    first = run(params, paths)
    shutil.rmtree(tmp_path / "scratch")
    given = Paths(profile="p", kind="rating", answers="spring")
    given.judge_answers_given.parent.mkdir(parents=True)
    shutil.copy(paths.judge_answers, given.judge_answers_given)
    away = {"base_url": "http://127.0.0.1:1/v1", "model": "m", "answers": "spring"}
    assert run(params, given, **away) == first
    given.judge_answers_given.unlink()
    with pytest.raises(ValueError, match="judge.answers: there is no file data/judge/spring"):
        run(params, given, **away)
