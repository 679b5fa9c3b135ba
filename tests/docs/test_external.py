"""docs/external.md: its three commands take scores of a tool to a ranking, as written."""

import re
import shlex
import subprocess
import sys

import pytest
from dvc.utils.hydra import apply_overrides

from gdig.config import OPTIONAL_PARAMS_FILE, PARAMS_FILE, load_params
from gdig.io.ranking import read_ranking
from gdig.io.records import write_pairs
from gdig.run.paths import Paths
from stages import bitext_external, rank_bitext
from tests.conftest import ROOT, toy_pairs

POOL = toy_pairs(12)


@pytest.fixture
def commands():
    """The three of the page; a command that ends with a backslash goes on in the next line."""
    text = (ROOT / "docs" / "external.md").read_text("utf-8")
    block = re.search(r"(?m)(^    python -m gdig.dataset.*\n(?:^    .*\n)+)", text)[1]
    lines = [" ".join(line.split()) for line in block.replace("\\\n", " ").splitlines()]
    assert len(lines) == 3
    return lines


def test_three_commands_lead_from_the_pool_to_a_ranking(commands, tmp_path, monkeypatch):
    checkout = tmp_path / "gdig"
    for name in (PARAMS_FILE, OPTIONAL_PARAMS_FILE):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes((ROOT / name).read_bytes())
    (checkout / "data" / "external").mkdir(parents=True)
    monkeypatch.chdir(checkout)
    subprocess.run(["git", "init", "--quiet"], check=True)
    write_pairs(Paths(profile="embedded").pool, POOL)
    export, paste, experiment = commands

    _, *arguments = shlex.split(export)
    subprocess.run([sys.executable, *arguments], check=True, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"})
    targets = (tmp_path / "scoring" / "targets.txt").read_text("utf-8").splitlines()
    (tmp_path / "scoring" / "scores.txt").write_text("".join(f"{len(target)}\n" for target in targets))
    subprocess.run(paste, shell=True, check=True)
    assert subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout == (
        "data/external/mine.tsv\n"
    )
    words = shlex.split(experiment)
    assert words[:3] == ["dvc", "exp", "run"]
    for override in words[4::2]:
        # As `dvc exp run -S` divides and applies it.
        file, colon, change = override.partition(":")
        path, change = (file, change) if colon and file.endswith(".yaml") else (PARAMS_FILE, override)
        apply_overrides(str(checkout / path), [change])
    params = load_params()
    assert params.selectors == ["random", "external", "gdig"]
    paths = Paths(profile="embedded", selector="external", external=params.external.scores)
    bitext_external.main(params, paths, "external")
    rank_bitext.main(params, paths, "external")
    length = {pair.id: len(pair.trg) for pair in POOL}
    assert [length[i] for i in read_ranking(paths.ranking)] == sorted(length.values(), reverse=True)
