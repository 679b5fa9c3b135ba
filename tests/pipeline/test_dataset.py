"""The dataset of the real DAG: loaded, held against the subsets, and got by name from another folder."""

import hashlib
import json
import re
import sys

import dvc.api
import pytest
import yaml
from datasets import get_dataset_config_names, load_dataset

from gdig.config import load_params
from gdig.io.files import digest
from gdig.io.ranking import RANKING, read_ranking
from gdig.io.records import read_pairs, read_rows
from gdig.lm.prompt import instruction
from tests.pipeline.conftest import changes

pytestmark = pytest.mark.slow


def folder(checkout):
    return checkout.folder / "data" / "embedded" / "dataset"


@pytest.mark.parametrize("selector", ["random", "gdig"])
def test_datasets_loads_every_subset_and_finds_the_examples_of_training(checkout, selector, tmp_path):
    assert get_dataset_config_names(str(folder(checkout))) == ["random-8", "gdig-8"]
    rows = load_dataset(str(folder(checkout)), f"{selector}-8", split="train", cache_dir=str(tmp_path)).to_list()
    prompt = load_params(checkout.folder / "params.yaml").prompt
    pairs = read_pairs(checkout.folder / "data" / "embedded" / "subsets" / selector / "8.jsonl")
    assert [(row["instruction"] + "\n" + row["input"], row["output"], row["id"]) for row in rows] == [
        (instruction(pair.src, prompt), pair.trg, pair.id) for pair in pairs
    ]
    assert [row["rank"] for row in rows] == list(range(1, 9))
    candidates = read_rows(checkout.folder / "data" / "embedded" / "quality" / "candidates.jsonl")
    influence = {row["id"]: row["mean_influence"] for row in candidates}
    for row in rows:
        wanted = pytest.approx(influence[row["id"]], rel=1e-5) if selector == "gdig" else None
        assert row["score"] == wanted


def test_the_card_has_the_hash_of_every_file_and_the_precision_of_the_metrics(checkout):
    text = (folder(checkout) / "README.md").read_text("utf-8")
    told = dict(re.findall(r"^\| (\S+) \| [\d,]+ \| `([0-9a-f]{64})` \|$", text, re.MULTILINE))
    files = [path for path in folder(checkout).rglob("*") if path.is_file() and path.name != "README.md"]
    assert told == {path.relative_to(folder(checkout)).as_posix(): digest(path) for path in files}
    assert len(files) == 2 * 4
    metrics = json.loads((checkout.folder / "metrics" / "embedded" / "gdig.json").read_text())
    assert f"| gdig-8 | 8 | {metrics['b0008']['clean_share']:.1%} |" in text
    assert "| grammar | embedded | Apache-2.0 |" in text
    assert str(checkout.folder) not in text


def test_rankings_of_scores_are_in_their_order(checkout):
    folder = checkout.folder / "data" / "embedded" / "rankings"
    for selector in ("loss", "base_loss", "gdig_quality"):
        scores = [row["score"] for row in read_rows(folder / selector / RANKING)]
        assert scores == sorted(scores), selector
    for selector in ("random", "full"):
        assert "score" not in read_rows(folder / selector / RANKING)[0]
    assert {row["id"] for row in read_rows(folder / "gdig" / RANKING)} == set(
        read_ranking(folder / "gdig_quality" / RANKING)
    )


def test_licences_and_layouts_concern_the_dataset_alone(checkout):
    try:
        checkout.change("dataset.layouts", ["sharegpt"])
        checkout.change("dataset.licences", [{"source": "grammar", "licence": "CC0-1.0"}])
        assert list(changes(checkout)) == ["dataset@embedded"]
        checkout.run(sys.executable, "-m", "stages", "dataset")
        assert [path.name for path in (folder(checkout) / "gdig").iterdir()] == ["8.sharegpt.json"]
        text = (folder(checkout) / "README.md").read_text("utf-8")
        assert yaml.safe_load(text.split("---\n")[1])["license"] == ["cc0-1.0"]
    finally:
        checkout.run("git", "checkout", "--", ".")
        checkout.dvc("checkout", "--force", "dataset@embedded")


def test_others_get_it_by_name_or_path_from_the_repository(checkout, tmp_path):
    """As docs/datasets.md says, from a clone without a cache and the remote."""
    repository = str(tmp_path / "clone")

    def git(*arguments):
        checkout.run("git", "-C", repository, "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments)

    checkout.dvc("push", "--quiet", "dataset@embedded")
    checkout.run("git", "clone", "--quiet", ".", repository)
    remote = str(checkout.folder.parent / "gdig-dvc-remote")
    checkout.dvc("--cd", repository, "remote", "modify", "local", "url", remote)
    git("commit", "--quiet", "--all", "--message", "remote")
    for name in ("subsets", "gdig"):
        git("tag", "--annotate", f"{name}@v1.0.0", "--message", "first")

    whole, one, path = (str(tmp_path / name) for name in ("whole", "one", "path"))
    checkout.dvc("artifacts", "get", repository, "subsets", "--rev", "v1.0.0", "--out", whole)
    assert digest(tmp_path / "whole") == digest(folder(checkout))
    checkout.dvc("artifacts", "get", repository, "gdig", "--out", one)
    checkout.dvc("get", repository, "data/embedded/dataset/gdig", "--rev", "subsets@v1.0.0", "--out", path)
    assert digest(tmp_path / "one") == digest(tmp_path / "path") == digest(folder(checkout) / "gdig")

    found = dvc.api.artifacts_show("subsets", repo=repository)
    assert found["path"] == "data/embedded/dataset"
    file = f"{found['path']}/gdig/8.jsonl"
    text = dvc.api.read(file, repo=repository, rev=found["rev"], encoding="utf-8")
    with dvc.api.open(file, repo=repository, rev=found["rev"], encoding="utf-8") as stream:
        assert stream.read() == text
    content = dvc.api.DVCFileSystem(repository, rev=found["rev"]).read_bytes(file)
    assert content == text.encode()
    assert hashlib.sha256(content).hexdigest() in (folder(checkout) / "README.md").read_text("utf-8")
