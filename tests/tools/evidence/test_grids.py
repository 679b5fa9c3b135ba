import pytest

from gdig.config import parse_params
from gdig.tools.evidence.conditions import check_conditions, conditions_of
from gdig.tools.evidence.grids import Grid, grid_of, load_grids
from gdig.tools.evidence.overrides import hydra, overridden, profile_overrides
from tests.conftest import ROOT, default_values

GRIDS = load_grids(ROOT / "evidence.yaml")
VALUES = default_values()


@pytest.fixture(autouse=True)
def _root(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("name", GRIDS)
def test_the_first_and_the_last_condition_set_params_that_exist(name):
    conditions = conditions_of(name, GRIDS[name], VALUES)
    assert len({condition.experiment.name for condition in conditions}) == len(conditions)
    assert len({condition.experiment.overrides for condition in conditions}) == len(conditions)
    check_conditions([conditions[0], conditions[-1]], VALUES)


@pytest.mark.parametrize("profile", ["evidence", "evidence-files"])
def test_overrides_make_the_profile_out_of_another(profile):
    changes, wanted = profile_overrides(VALUES, profile)
    assert overridden(VALUES, changes, "x") == parse_params(wanted, "y")
    for source in wanted["pool"]["tests"]:
        assert source["kind"] == "embedded" or source["path"].startswith("/")


def test_a_condition_is_a_command_of_dvc_and_the_first_pool_is_the_profile():
    grid = Grid(question="q", profile="evidence", pools=[11, 12], rates=[0.5], kinds=["shuffled"], set=["budgets=[8]"])
    first, second = conditions_of("mine", grid, VALUES)
    assert first.experiment.command("--temp") == [
        "dvc", "exp", "run", "--temp", "--name", "evidence-mine-11-0.5-shuffled",
        "--set-param", "profile=evidence",
        "--set-param",
        "pool.tests=[{name:mixture,kind:embedded,mixture:pool,rows:400},"
        "{name:balanced,kind:embedded,mixture:balanced,rows:400}]",
        "--set-param", "budgets=[8]",
        "--set-param", "pool.seed=11", "--set-param", "noise.seed=13", "--set-param", "seeds.seed=17",
        "--set-param", "warmup.seed=23", "--set-param", "noise.rate=0.5", "--set-param", "noise.kinds=[shuffled]",
        "selectors/dvc.yaml:trials@evidence",
    ]  # fmt: skip
    assert "noise.seed=14" in second.experiment.overrides
    assert second.fields == {"profile": "evidence", "pool": 12, "rate": 0.5, "kind": "shuffled"}


def test_the_profile_in_use_needs_no_changes_but_the_conditions():
    grid = Grid(
        question="q", profile="embedded", pools=[11], rates=[0.5], set=["selectors/params.yaml:trials.seeds=[1]"]
    )
    (condition,) = conditions_of("x", grid, VALUES)
    assert condition.experiment.overrides[:2] == ("selectors/params.yaml:trials.seeds=[1]", "pool.seed=11")
    check_conditions([condition], VALUES)


@pytest.mark.parametrize("override", ["budgets=[9000]", "no.such=1", "budgets=["])
def test_what_would_fail_in_the_midst_is_refused(override):
    grid = Grid(question="q", profile="evidence", pools=[11], rates=[0.5], set=[override])
    with pytest.raises(ValueError, match="evidence.yaml: evidence-x-11-0.5: "):
        check_conditions(conditions_of("x", grid, VALUES), VALUES)


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 0.25, "word", "null", "7e9", "de-en", "a b's", "C:\\x\\'", "ä: {1}", [1, "x y"], {"a": [None]}],
)
def test_values_come_through_hydra_as_they_are(value):
    import tempfile
    from pathlib import Path

    from dvc.utils.hydra import apply_overrides
    from ruamel.yaml import YAML

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        path.write_text("a: 1\n")
        apply_overrides(path, [f"a={hydra(value)}"])
        assert YAML(typ="safe", pure=True).load(path.read_text("utf-8")) == {"a": value}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {question: q, profile: p, pools: [], rates: [0.5]}", "a.pools = .*at least 1 item"),
        ("a: {question: q, profile: p, pools: [1], rates: [2]}", "a.rates.0 = 2"),
        ("a: {question: q, profile: p, pools: [1, 1], rates: [0.5]}", "pools must not repeat"),
        ("a: {question: q, profile: p, pools: [1], rates: [0.5], kinds: [loud]}", "a.kinds.0 = 'loud'"),
        ("a: {question: q, profile: p, pools: [1], rates: [0, 0.5], kinds: [shuffled]}", "nothing is planted at 0"),
        ("a: {question: q, profile: p, pools: [1], rates: [0.5], sets: [b=1]}", "a.sets = .* is not a known key"),
        ("a: {question: q, profile: p, pools: [1], rates: [0.5], set: ['b 1']}", "a.set.0 = 'b 1'"),
        ("- a", "must be a mapping of grids by name"),
        ("a: [", "not YAML"),
    ],
)
def test_mistakes_are_reported(tmp_path, text, message):
    (path := tmp_path / "evidence.yaml").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_grids(path)


def test_an_unknown_grid_is_reported_with_those_there_are():
    with pytest.raises(ValueError, match="no grid 'colour'; evidence.yaml has embedded, plain, numbers"):
        grid_of("colour", GRIDS)
