"""params.yaml and selectors/params.yaml: what stands in which, and which is named."""

import shutil
from pathlib import Path

import pytest

from gdig.config import load_params
from tests.conftest import ROOT, write_params


def test_exponents_are_numbers_and_bad_yaml_names_the_file(tmp_path):
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "selectors").mkdir()
    shutil.copy(ROOT / "selectors" / "params.yaml", tmp_path / "selectors" / "params.yaml")
    path = tmp_path / "params.yaml"
    path.write_text(text.replace("learning_rate: 0.004", "learning_rate: 4e-3"))
    assert load_params(path).base.training.learning_rate == 0.004
    path.write_text("a: [")
    with pytest.raises(ValueError, match=r"params.yaml, line 1: not YAML"):
        load_params(path)


def test_a_key_in_the_wrong_file_is_refused(tmp_path, values):
    write_params(tmp_path, values)
    path = tmp_path / "params.yaml"
    whole = path.read_text("utf-8")
    path.write_text(whole + "rank_rds: {seed: 1}\n", "utf-8")
    with pytest.raises(ValueError, match=r"params.yaml: rank_rds stands in .*selectors/params.yaml; move it there"):
        load_params(path)
    path.write_text(whole, "utf-8")
    optional = tmp_path / "selectors" / "params.yaml"
    optional.write_text(optional.read_text("utf-8") + "quality: {min_survivors: 9}\n", "utf-8")
    with pytest.raises(ValueError, match=r"selectors/params.yaml: quality stands in .*params.yaml; move it there"):
        load_params(path)


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        ("budgets: [8, 8]\n", "", "params.yaml: "),
        ("", "rank_rdss: {seed: 1}\n", "selectors/params.yaml: rank_rdss = "),
        ("", "rank_rds: {seed: -1}\n", "selectors/params.yaml: rank_rds.seed = -1: "),
        ("budget: [8]\n", "rank_rds: {}\n", "params.yaml and selectors/params.yaml: "),
        ("rank_tsds: null\n", "", "params.yaml: rank_tsds stands in "),
    ],
)
def test_a_mistake_names_the_file_that_holds_it(tmp_path, monkeypatch, values, first, second, named):
    monkeypatch.chdir(tmp_path)
    values = {key: value for key, value in values.items() if f"{key}:" not in first + second}
    write_params(tmp_path, values)
    for path, text in ((Path("params.yaml"), first), (Path("selectors/params.yaml"), second)):
        path.write_text(path.read_text("utf-8") + text, "utf-8")
    with pytest.raises(ValueError, match="^") as error:
        load_params()
    assert str(error.value).startswith(named)


def test_params_from_before_features_were_removed_name_the_way_to_migrate(tmp_path, values):
    write_params(tmp_path, values)
    path = tmp_path / "params.yaml"
    path.write_text(path.read_text("utf-8") + "features: {reward: [reward]}\n", "utf-8")
    with pytest.raises(ValueError, match=r"`python -m gdig.tools.profile migrate .*params.yaml` rewrites it"):
        load_params(path)
