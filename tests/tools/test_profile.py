import shutil
import sys

import pytest

from gdig.config import parse_params
from gdig.tools import profile
from tests.conftest import ROOT


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    (tmp_path / "selectors").mkdir()
    for name in ("params.yaml", "selectors/params.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_committed_params_are_the_default_profile(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert profile.current() == "embedded"
    assert not profile.DEFAULT_FOLDER.exists()


@pytest.mark.parametrize("name", [path.stem for path in sorted((ROOT / "profiles").glob("*.yaml"))])
def test_every_profile_is_valid_and_keeps_the_comments(checkout, name):
    text = "".join(profile.compose(name).values())
    assert "# Clusters (the paper: 512); at most the number of survivors." in text
    assert f"profile: {name}" in text


def both(checkout):
    return [(checkout / name).read_bytes() for name in ("params.yaml", "selectors/params.yaml")]


def test_use_and_back_gives_the_same_bytes(checkout):
    before = both(checkout)
    profile.use("survey", force=False)
    assert profile.current() == "survey"
    assert both(checkout)[1] != before[1]
    profile.use("files", force=False)
    profile.use("embedded", force=False)
    assert both(checkout) == before
    assert not profile.DEFAULT_FOLDER.exists()


def test_edits_of_the_default_are_kept_with_it(checkout):
    path = checkout / "params.yaml"
    path.write_text(path.read_text("utf-8").replace("rate: 0.5", "rate: 0.3"), "utf-8")
    before = both(checkout)
    profile.use("files", force=False)
    profile.use("embedded", force=False)
    assert both(checkout) == before


def test_edits_of_another_profile_are_not_overwritten_without_force(checkout):
    profile.use("files", force=False)
    path = checkout / "params.yaml"
    path.write_text(path.read_text("utf-8").replace("rate: 0.5", "rate: 0.3"), "utf-8")
    with pytest.raises(ValueError, match=r"differ from profile 'files' in noise.rate; .*--force"):
        profile.use("survey", force=False)
    profile.use("survey", force=True)
    assert profile.current() == "survey"


@pytest.mark.parametrize("broken", ["a: [", "", "- a"])
def test_a_default_that_cannot_be_read_is_refused_with_the_remedy(checkout, broken):
    (checkout / "params.yaml").write_text(broken, "utf-8")
    with pytest.raises(ValueError, match=r"params.yaml(, line 1)?: no"):
        profile.use("files", force=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "profiles/mine.yaml: no mapping of keys"),
        ("- a", "profiles/mine.yaml: no mapping of keys"),
        ("profile: mine\nprofile: mine\n", "profiles/mine.yaml, line 2: the key profile stands there twice"),
        ("profile: mine\nnoise:\n  rate: .nan\n", "profiles/mine.yaml: noise.rate = nan: input should be a finite"),
    ],
)
def test_a_profile_that_cannot_be_read_is_refused_in_one_line(checkout, text, message):
    (checkout / "profiles" / "mine.yaml").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r".") as error:
        profile.compose("mine")
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


OLD = """# Mine.
profile: mine

# Stages.
features:
  # Rewards.
  reward: [reward]

budgets:
- 8
rank_rds:
  # Another order.
  seed: 3
# The end.
"""


def test_a_profile_from_before_is_refused_and_migrates(checkout):
    path = checkout / "profiles" / "mine.yaml"
    path.write_text(OLD, "utf-8")
    with pytest.raises(ValueError, match=r"profiles/mine.yaml: `features` is gone: .* migrate profiles/mine.yaml"):
        profile.compose("mine")
    profile.migrate(path)
    text = path.read_text("utf-8")
    assert "features" not in text
    assert "# Mine.\nprofile: mine\n" in text
    assert text.endswith("rank_rds:\n  # Another order.\n  seed: 3\n# The end.\n")
    values = profile.values_of("mine")
    assert (values["budgets"], values["rank_rds"]["seed"]) == ([8], 3)
    with pytest.raises(ValueError, match="nothing to migrate"):
        profile.migrate(path)


def test_params_from_before_are_divided_into_two_files(checkout):
    path = checkout / "params.yaml"
    path.write_text(OLD, "utf-8")
    profile.migrate(path)
    assert "rank_rds" not in path.read_text("utf-8")
    assert (checkout / "selectors" / "params.yaml").read_text("utf-8").startswith("rank_rds:\n  # Another order.")


def comments(text):
    return [line for line in text.splitlines() if line.lstrip().startswith("#")]


def test_params_are_written_in_block_style_with_their_comments(checkout):
    default = (checkout / "params.yaml").read_text("utf-8")
    profile.use("files", force=False)
    text = (checkout / "params.yaml").read_text("utf-8")
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
    known = "baselines, de-en, de-en-small, embedded, evidence, evidence-files, files, own, survey, tutorial, "
    known += "web-de-en, web-de-en-small, zh-en"
    with pytest.raises(ValueError, match=f"no profile 'nothing'; known are {known}"):
        profile.compose("nothing")


@pytest.mark.parametrize("name", profile.names())
def test_the_papers_preset_goes_over_every_profile(checkout, name):
    plain, paper = (parse_params(profile.values_of(name, preset), name)
                    for preset in (None, "paper"))  # fmt: skip
    assert paper.diversity.min_cluster_size == 1
    assert not paper.diversity.normalise
    assert "gdig_joint" not in paper.selectors
    assert (paper.influence.damping, paper.influence.damping_value) == ("lemma", None)
    assert paper.influence.inverse == plain.influence.inverse
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
    assert "the params in use are profile embedded" in capsys.readouterr().out
    run(monkeypatch, "use", "tutorial")
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
