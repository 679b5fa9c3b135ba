"""docs/new-selector.md, followed to the letter in a copy of the checkout."""

import subprocess
import sys

import pytest

from gdig.io.ranking import read_ranking
from gdig.io.records import read_pairs
from tests.conftest import ROOT
from tests.docs.markdown import blocks
from tests.pipeline.conftest import Checkout

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "new-selector.md"


@pytest.fixture
def copy(checkout, tmp_path):
    """A clone of the checkout that shares its cache."""
    folder = tmp_path / "repository"
    checkout.run("git", "clone", "--quiet", ".", str(folder))
    copy = Checkout(folder)
    copy.dvc("cache", "dir", "--local", str(checkout.folder / ".dvc" / "cache"))
    copy.dvc("checkout")
    assert "up to date" in copy.dvc("status")
    return copy


def test_the_page_adds_a_selector_that_is_ranked_trained_on_and_compared(copy):
    patches = ""
    for block in blocks(PAGE):
        if block.language == "python":
            path = copy.folder / block.file
            assert not path.exists()
            path.write_text(block.text, "utf-8")
        elif block.language == "diff":
            patches += block.text
    subprocess.run(["git", "apply"], cwd=copy.folder, input=patches, text=True, check=True)
    # As `gdig.tools.profile use` would do, had this checkout not micro params.
    copy.change("rank_length_ratio", {"seed": 97})

    commands = next(block.text for block in blocks(PAGE) if block.language == "sh").splitlines()
    use, fix, reference, tests, ranked = commands
    assert use.startswith("python -m gdig.tools.profile use embedded --force ")
    copy.run("sh", "-c", fix)
    copy.run("sh", "-c", reference)
    # Beside those of the page, all that look at the set of selectors, params or stages.
    others = "tests/config/test_params.py tests/report/test_dag.py tests/reference"
    copy.run("sh", "-c", f"{tests} {others} -p no:cacheprovider")
    assert copy.stages_run(copy.run("sh", "-c", ranked)) == ["rank_length_ratio@embedded"]
    data = copy.folder / "data" / "embedded"
    ranking = read_ranking(data / "rankings" / "length_ratio.jsonl")
    pool = {pair.id: pair for pair in read_pairs(data / "prepared" / "pool.jsonl")}
    assert sorted(ranking) == sorted(pool)

    copy.change("selectors", ["random", "length_ratio", "gdig"])
    ran = set(copy.stages_run(copy.dvc("repro", "collect@embedded-length_ratio", "subset")))
    cell = {f"{stage}@embedded-length_ratio-8" for stage in ("subset", "finetune", "translate", "score")}
    assert ran == cell | {"collect@embedded-length_ratio"}
    subset = read_pairs(data / "subsets" / "length_ratio" / "8.jsonl")
    assert [pair.id for pair in subset] == ranking[:8]
    assert subset[0] == pool[ranking[0]]
    copy.run(sys.executable, "-m", "gdig.tools.contract")


def test_the_page_counts_what_it_touches():
    new = [block for block in blocks(PAGE) if block.language == "python"]
    edits = [block for block in blocks(PAGE) if block.language == "diff"]
    added = [line for block in edits for line in block.text.splitlines() if line[0] == "+" and line[:3] != "+++"]
    text = PAGE.read_text("utf-8")
    assert f"| new: selector, stage, test | {len(new)} | {sum(len(b.text.splitlines()) for b in new)} |" in text
    names = ", ".join(f"`{block.file}`" for block in edits)
    assert f"| edited: {names} | {len(edits)} | {len(added)} |" in text
