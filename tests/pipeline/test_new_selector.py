"""docs/new-selector.md, followed to the letter in a copy of the checkout."""

import shutil
import subprocess
import sys

import pytest

from gdig.config import OPTIONAL_PARAMS_FILE
from gdig.io.ranking import RANKING, read_ranking
from gdig.io.records import read_pairs
from tests.conftest import ROOT
from tests.docs.markdown import blocks
from tests.pipeline.conftest import CORE, Checkout, cell, is_up_to_date

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "new-selector.md"


@pytest.fixture
def copy(checkout, tmp_path):
    """A clone of the checkout that shares its cache."""
    folder = tmp_path / "repository"
    checkout.run("git", "clone", "--quiet", ".", str(folder))
    copy = Checkout(folder)
    copy.dvc("cache", "dir", "--local", str(checkout.folder / ".dvc" / "cache"))
    copy.dvc("checkout", "--quiet", *CORE)
    assert is_up_to_date(copy)
    return copy


def test_the_page_adds_a_selector_that_is_ranked_trained_on_and_compared(copy):
    patches = ""
    for block in blocks(PAGE):
        if block.language == "python":
            path = copy.folder / block.file
            assert not path.exists()
            path.write_text(block.text, "utf-8")
        elif block.file == OPTIONAL_PARAMS_FILE.as_posix():
            # This checkout's has micro params, and no comments.
            subprocess.run(["git", "apply", "--check"], cwd=ROOT, input=block.text, text=True, check=True)
            added = [line[1:] for line in block.text.splitlines() if line[0] == "+" and line[:3] != "+++"]
            with (copy.folder / OPTIONAL_PARAMS_FILE).open("a", encoding="utf-8") as stream:
                stream.writelines(f"{line}\n" for line in added)
        elif block.language == "diff":
            patches += block.text
    subprocess.run(["git", "apply"], cwd=copy.folder, input=patches, text=True, check=True)

    commands = next(block.text for block in blocks(PAGE) if block.language == "sh").splitlines()
    fix, reference, tests, ranked = commands
    copy.run("sh", "-c", fix)
    write_default(copy)
    copy.run("sh", "-c", reference)
    assert "rank_length_ratio" in (copy.folder / "docs" / "params.md").read_text("utf-8")
    copy.run("sh", "-c", f"{tests} -p no:cacheprovider")
    stage = "selectors/dvc.yaml:rank_length_ratio@embedded"
    assert copy.stages_run(copy.run("sh", "-c", ranked)) == [stage]
    # It is made by nobody who does not name it.
    assert is_up_to_date(copy)
    data = copy.folder / "data" / "embedded"
    ranking = read_ranking(data / "rankings" / "length_ratio" / RANKING)
    pool = {pair.id: pair for pair in read_pairs(data / "prepared" / "pool.jsonl")}
    assert sorted(ranking) == sorted(pool)

    copy.change("selectors", ["random", "length_ratio", "gdig"])
    ran = set(copy.stages_run(copy.dvc("repro", "collect@embedded-length_ratio", "subset")))
    assert ran == {*cell("embedded-length_ratio-8"), "subset@embedded-length_ratio", "collect@embedded-length_ratio"}
    subset = read_pairs(data / "subsets" / "length_ratio" / "8.jsonl")
    assert [pair.id for pair in subset] == ranking[:8]
    assert subset[0] == pool[ranking[0]]
    copy.run(sys.executable, "-m", "gdig.tools.contract")


def write_default(copy):
    """Put the default profile with the page's edit where it waits while micro params are in use."""
    default = copy.folder / "profiles" / "default"
    default.mkdir()
    for name in ("params.yaml", "selectors/params.yaml"):
        shutil.copy(ROOT / name, default / name.replace("/", "-"))
    (block,) = [block for block in blocks(PAGE) if block.file == OPTIONAL_PARAMS_FILE.as_posix()]
    patch = block.text.replace("selectors/params.yaml", "profiles/default/selectors-params.yaml")
    subprocess.run(["git", "apply"], cwd=copy.folder, input=patch, text=True, check=True)


def test_the_page_counts_what_it_touches():
    new = [block for block in blocks(PAGE) if block.language == "python"]
    edits = [block for block in blocks(PAGE) if block.language == "diff"]
    added = [line for block in edits for line in block.text.splitlines() if line[0] == "+" and line[:3] != "+++"]
    text = PAGE.read_text("utf-8")
    assert f"| new: selector, stage, test | {len(new)} | {sum(len(b.text.splitlines()) for b in new)} |" in text
    names = ", ".join(f"`{block.file}`" for block in edits)
    assert f"| edited: {names} | {len(edits)} | {len(added)} |" in text
