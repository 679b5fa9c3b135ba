import pytest

from gdig.config import parse_params
from gdig.report.paper import NOTHING, reported
from gdig.tools import profile
from tests.conftest import ROOT

BOTH = {"wmt22": 1984, "flores101": 1012}


def of_profile(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    params = parse_params(profile.values_of(name), name)
    direction = f"{params.languages.source}-{params.languages.target}"
    return reported(direction, {source.name: source.rows for source in params.pool.tests})


@pytest.mark.parametrize(("name", "comet", "p"), [("zh-en", 78.29, 1.6e-07), ("de-en", 83.28, 0.035)])
def test_profiles_of_the_papers_directions_and_test_sets_have_its_numbers(monkeypatch, name, comet, p):
    found = of_profile(name, monkeypatch)
    assert found.scores["gdig"]["comet_wmt22"] == comet
    assert found.p_values["comet_wmt22"] == p
    assert len(found.scores) == 8
    assert len(found.p_values) == 6


def test_others_have_none(monkeypatch):
    assert of_profile("embedded", monkeypatch) == NOTHING
    assert of_profile("files", monkeypatch) == NOTHING
    assert reported("fr-en", BOTH) == NOTHING


def test_a_sample_of_a_test_set_is_not_the_papers():
    found = reported("de-en", BOTH | {"flores101": 100})
    assert found.scores["gdig"] == {"comet_wmt22": 83.28, "bleu_wmt22": 28.99, "bleurt_wmt22": 71.25}
    assert reported("de-en", {"flores101": 100}) == NOTHING


def test_keys_are_those_of_the_run():
    assert reported("de-en", {"wmt22": None}).scores["NLLB-54B"] == {"comet": 78.94, "bleu": 26.89}
    assert set(reported("de-en", {"wmt22": None, "own": None}).p_values) == {
        "comet_wmt22",
        "bleu_wmt22",
        "bleurt_wmt22",
    }
