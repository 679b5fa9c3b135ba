import shutil
import sys

import pytest
from ruamel.yaml import YAML

from gdig.config import parse_params
from gdig.tools import profile
from tests.conftest import ROOT


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    shutil.copy(ROOT / "profiles" / "embedded.yaml", tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_committed_params_are_the_default_profile():
    assert (ROOT / "params.yaml").read_text("utf-8") == (ROOT / "profiles" / "embedded.yaml").read_text("utf-8")


@pytest.mark.parametrize("name", [path.stem for path in sorted((ROOT / "profiles").glob("*.yaml"))])
def test_every_profile_is_valid_and_keeps_the_comments(checkout, name):
    text = profile.compose(name)
    assert "# Clusters (the paper: 512); at most the number of survivors." in text
    assert f"profile: {name}" in text


def test_use_and_back_gives_the_same_bytes(checkout):
    before = (checkout / "params.yaml").read_bytes()
    profile.use("files", force=False)
    assert profile.current() == "files"
    profile.use("embedded", force=False)
    assert (checkout / "params.yaml").read_bytes() == before


def test_edits_are_not_overwritten_unless_told(checkout):
    path = checkout / "params.yaml"
    path.write_text(path.read_text("utf-8").replace("rate: 0.5", "rate: 0.3"), "utf-8")
    with pytest.raises(ValueError, match=r"params.yaml differs from profile 'embedded' in noise.rate; .*--force"):
        profile.use("files", force=False)
    profile.use("files", force=True)
    assert profile.current() == "files"


@pytest.mark.parametrize("broken", ["a: [", "", "- a"])
def test_params_that_cannot_be_read_are_replaced_when_told(checkout, broken):
    path = checkout / "params.yaml"
    path.write_text(broken, "utf-8")
    with pytest.raises(ValueError, match="params.yaml: no"):
        profile.use("files", force=False)
    profile.use("files", force=True)
    assert profile.current() == "files"


def comments(text):
    return [line for line in text.splitlines() if line.lstrip().startswith("#")]


def test_params_are_written_in_block_style_with_their_comments(checkout):
    profile.use("files", force=False)
    text = (checkout / "params.yaml").read_text("utf-8")
    default = (checkout / "profiles" / "embedded.yaml").read_text("utf-8")
    assert "budgets:\n- 256\n" in text
    assert comments(default) == comments(text)


def test_mistakes_in_a_profile_are_named(checkout):
    files = checkout / "profiles" / "files.yaml"
    original = files.read_text("utf-8")
    files.write_text(original.replace("profile: files", "profile: embedded"), "utf-8")
    with pytest.raises(ValueError, match=r"must be 'files' like the file: two profiles of one name"):
        profile.compose("files")
    files.write_text(original.replace("num_clusters", "num_cluster"), "utf-8")
    with pytest.raises(ValueError, match=r"profiles/files.yaml: diversity.num_cluster is not a known key"):
        profile.compose("files")
    files.write_text(original.replace("num_pool: 10000", "num_pool: many"), "utf-8")
    with pytest.raises(ValueError, match=r"profiles/files.yaml: pool.num_pool = 'many'"):
        profile.compose("files")
    known = "baselines, de-en, de-en-small, embedded, evidence, evidence-files, files, survey, tutorial, zh-en"
    with pytest.raises(ValueError, match=f"no profile 'nothing'; known are {known}"):
        profile.compose("nothing")


@pytest.mark.parametrize("name", profile.names())
def test_the_papers_preset_goes_over_every_profile(checkout, name):
    plain, paper = (parse_params(YAML(typ="safe").load(profile.compose(name, preset)), name)
                    for preset in (None, "paper"))  # fmt: skip
    assert paper.diversity.min_cluster_size == 1
    assert not paper.diversity.normalise
    assert "gdig_joint" not in paper.selectors
    assert paper.pool == plain.pool
    assert paper.base == plain.base


def test_a_preset_that_there_is_not_is_refused(checkout):
    with pytest.raises(ValueError, match="there is no preset 'papers'; known are paper"):
        profile.compose("embedded", "papers")


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["profile", *arguments])
    profile.main()


def test_command_line(checkout, monkeypatch, capsys):
    run(monkeypatch, "list")
    assert "embedded" in capsys.readouterr().out
    run(monkeypatch, "diff")
    assert "params.yaml is profile embedded" in capsys.readouterr().out
    path = checkout / "params.yaml"
    path.write_text(path.read_text("utf-8").replace("rate: 0.5", "rate: 0.3"), "utf-8")
    run(monkeypatch, "diff")
    assert "noise.rate" in capsys.readouterr().out
    run(monkeypatch, "diff", "files")
    shown = capsys.readouterr().out
    assert "profile files" in shown
    assert "pool.num_pool" in shown
    run(monkeypatch, "list")
    assert "yes, edited" in capsys.readouterr().out.replace("\n", " ")
    run(monkeypatch, "use", "files", "--force")
    run(monkeypatch, "show", "embedded")
    assert "profile: embedded" in capsys.readouterr().out
    with pytest.raises(SystemExit) as error:
        run(monkeypatch, "use", "nothing")
    assert error.value.code == 1
    assert "error: there is no profile 'nothing'" in capsys.readouterr().err
