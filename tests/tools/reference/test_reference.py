import sys

import pytest

from gdig.config import Params
from gdig.tools.contract import load_stages
from gdig.tools.reference import __main__ as command
from gdig.tools.reference import params_page
from gdig.tools.reference.comments import comments_of
from gdig.tools.reference.effects import effect, followers, stage_graph
from gdig.tools.reference.keys import all_keys
from tests.conftest import ROOT, default_values
from tests.pipeline.edits import edited, rows_of


@pytest.fixture(scope="module")
def stages():
    return load_stages(ROOT)


def run(monkeypatch, folder, *arguments):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["reference", *arguments])
    with pytest.raises(SystemExit) as error:
        command.main()
    return error.value.code


def test_the_committed_pages_are_current(monkeypatch):
    assert run(monkeypatch, ROOT, "--check") == 0, "run `make docs`"


def test_a_page_that_is_out_of_date_is_named_and_written(monkeypatch, tmp_path, capsys):
    for name in (
        "dvc.yaml",
        "cells/dvc.yaml",
        "selectors/dvc.yaml",
        "params.yaml",
        "selectors/params.yaml",
        "docs/params.md",
        "docs/stages.md",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    profile = tmp_path / "params.yaml"
    profile.write_text(profile.read_text("utf-8").replace("# Unicode NFC.", "# Unicode NFD."), "utf-8")
    assert run(monkeypatch, tmp_path, "--check") == 1
    assert capsys.readouterr().err == "docs/params.md is out of date; run `make docs`\n"
    assert run(monkeypatch, tmp_path) == 0
    assert "Unicode NFD." in (tmp_path / "docs" / "params.md").read_text("utf-8")
    assert run(monkeypatch, tmp_path, "--check") == 0


def test_every_key_of_the_default_profile_is_there_and_no_other():
    def leaves(values, prefix=""):
        for name, value in values.items():
            if isinstance(value, dict) and value:
                yield from leaves(value, f"{prefix}{name}.")
            else:
                yield prefix + name

    default = default_values()
    assert {key.name for key in all_keys() if not key.optional} == set(leaves(default))


def test_a_key_without_a_meaning_is_refused():
    keys = all_keys()
    comments = {}
    for name in ("params.yaml", "selectors/params.yaml"):
        comments |= comments_of((ROOT / name).read_text("utf-8"))
    assert len(params_page.meanings(keys, comments)) == len(keys)
    del comments["noise.rate"]
    with pytest.raises(ValueError, match=r"nothing says what noise.rate means; write a comment above it"):
        params_page.meanings(keys, comments)


def test_comments_are_those_directly_above_a_key_in_its_column():
    text = "# Head.\n\n# A, in two\n# lines:\n#   kept\na:\n  # Of b.\n  b: 1\n# Not of c.\n  c: 2\nd:\n- 1\n"
    text += "# Of e.\ne: 3\n"
    assert comments_of(text) == {"a": "A, in two lines:\n  kept", "a.b": "Of b.", "e": "Of e."}


@pytest.mark.parametrize(
    ("key", "allowed"),
    [
        ("num_threads", "integer > 0, or null"),
        ("noise.rate", "number ≥ 0, ≤ 1"),
        ("pool.seed", "integer ≥ 0, < 2^32"),
        ("prepare.character_ratio", "list of 2: number > 0, or null"),
        ("influence.damping", "`relative`, `fixed`, `lemma`"),
        ("base.revision", "string like `^[0-9a-f]{40}$`, or null"),
        ("finetune.memory.lora", "section, or null"),
        ("finetune.memory.lora.dropout", "number ≥ 0, < 1"),
    ],
)
def test_what_a_key_may_be_is_told(key, allowed):
    assert next(found.allowed for found in all_keys() if found.name == key) == allowed


def test_every_key_stands_once_in_the_table_of_stages():
    keys = all_keys()
    rows = rows_of((ROOT / "docs" / "stages.md").read_text("utf-8"), keys)
    assert set(rows) == {key.name for key in keys}


def test_a_key_is_told_by_stage_selector_and_path(stages):
    graph = stage_graph(stages)
    clusters = effect(stages, "diversity.num_clusters")
    assert clusters.stale == ("clusters", "dataset", "clusters_embedding")
    behind = set(followers(graph, clusters))
    assert {("rank_gdig", None), ("finetune", "gdig"), ("report", None)} <= behind
    assert not {("finetune", "random"), ("finetune", "full"), ("quality", None)} & behind
    assert effect(stages, "num_threads").stale == ()
    assert effect(stages, "influence.estimator").moved == ("influence",)
    assert set(effect(stages, "profile").made) == set(stages)


def test_edits_of_every_key_are_allowed_values():
    default = default_values()
    Params.model_validate(default)
    for key in all_keys():
        assert edited(default, key) != default
