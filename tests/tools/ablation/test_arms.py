import pytest
from dvc.utils.hydra import apply_overrides

from gdig.config import load_params
from gdig.ingest.sources.embedded import generate
from gdig.tools.ablation import __main__ as command
from gdig.tools.ablation.arms import Arm, arms_of, load_ablations
from tests.conftest import ROOT, default_values, write_params

ABLATIONS = load_ablations(ROOT / "ablations.yaml")


@pytest.mark.parametrize("name", ABLATIONS)
def test_every_arm_sets_params_that_exist_and_no_two_are_alike(name, tmp_path):
    """As DVC sets them, on the default profile."""
    found = []
    for arm in arms_of(name, ABLATIONS):
        path = tmp_path / "params.yaml"
        write_params(tmp_path, default_values())
        apply_overrides(path, list(arm.overrides))
        params = load_params(path)
        assert arm.selector in params.selectors
        found.append((arm.selector, params))
    assert len({repr(arm) for arm in found}) == len(found)
    # The first arm is the default itself, but for what others need too.
    pool = {"pool": found[1][1].pool}
    assert found[0][1].model_copy(update=pool) == load_params(ROOT / "params.yaml").model_copy(update=pool)


def test_the_grammar_gives_the_held_out_pairs_of_the_most_seeds(params):
    raw = generate(params.pool.model_copy(update={"num_heldout": 600}), params.embedded)
    assert len(raw.heldout) == 600
    assert raw.test == generate(params.pool, params.embedded).test


def test_an_arm_is_a_command_of_dvc():
    arms = arms_of("diversity", ABLATIONS)
    assert [arm.side for arm in arms] == [
        "gdig@diversity-clusters", "gdig_quality@diversity-none", "gdig_quality@diversity-none-random",
    ]  # fmt: skip
    assert arms[2].of("embedded").command("--queue") == [
        "dvc", "exp", "run", "--queue", "--name", "diversity-none-random", "--set-param",
        "rank_gdig_quality.order=random", "collect@embedded-gdig_quality",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {question: q, arms: {x: {}}}", "a.arms = .*at least 2 items"),
        ("a: {question: q, arms: {x: {}, y: {set: [b=1, c=2, b=3]}}}", "a.arms.y.set: b is set twice; take one out"),
        ("a: {question: q, arms: {x: {}, y: {sets: [b=1]}}}", "a.arms.y.sets = .* is not a known key"),
        ("a: {question: q, arms: {x: {}, y: {set: ['b 1']}}}", "a.arms.y.set.0 = 'b 1'"),
        ("- a", "must be a mapping of ablations by name"),
        ("a: [", "not YAML"),
    ],
)
def test_mistakes_are_reported(tmp_path, text, message):
    (path := tmp_path / "ablations.yaml").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_ablations(path)


def test_an_unknown_ablation_is_reported_with_those_there_are():
    with pytest.raises(
        ValueError, match="no ablation 'colour'; ablations.yaml has seeds, clusters, damping, layers, div"
    ):
        arms_of("colour", ABLATIONS)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("finetune.seeds=[1,1]", "finetune.seeds: 1 stands there twice"),
        ("noise.rate=2", "noise.rate = 2"),
        ("diversty.num_clusters=4", "diversty"),
    ],
)
def test_no_arm_is_run_before_the_params_of_all_are_checked(monkeypatch, override, message):
    begun = []
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(command, "refuse_edits", lambda: None)
    monkeypatch.setattr(command, "run_missing", lambda *arguments, **settings: begun.append(arguments))
    arms = [Arm("a", "x-a", "gdig", ("diversity.num_clusters=4",)), Arm("b", "x-b", "gdig", (override,))]
    with pytest.raises(ValueError, match="ablations.yaml: x-b: ") as error:
        command._run(arms, load_params(), 1, again=False)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert begun == []
    command._run(arms[:1], load_params(), 1, again=False)
    assert len(begun) == 1
