"""docs/tutorial.md: every command runs as written in a fresh clone, and prints what the page shows.

The environment is that of the tests, in place of one that `make env` would fetch for many minutes.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.markdown import Block, blocks

BIN = Path(sys.executable).parent
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (BIN / "activate").is_file(), reason="the tutorial activates a virtual environment"),
]

MARK = "=== block"


def git(*arguments, cwd):
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments], cwd=cwd, check=True)


@pytest.fixture
def clone(tmp_path):
    """A clone of what this repository has in Git, edits that are not committed too, with an environment."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    origin = tmp_path / "origin"
    for name in filter(lambda name: (ROOT / name).is_file(), listed):
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        (origin / name).write_bytes((ROOT / name).read_bytes())
        (origin / name).chmod((ROOT / name).stat().st_mode)
    git("init", "--quiet", cwd=origin)
    git("add", "--all", cwd=origin)
    git("commit", "--quiet", "--message", "x", cwd=origin)
    folder = tmp_path / "home" / "gdig"
    git("clone", "--quiet", str(origin), str(folder), cwd=tmp_path)
    # A folder of links, since Git ignores a folder of that name; newer than what it is made from.
    (folder / ".venv").mkdir()
    for path in BIN.parent.iterdir():
        if path.name != ".installed":
            (folder / ".venv" / path.name).symlink_to(path)
    (folder / ".venv" / ".installed").touch()
    return folder


def environment():
    """Return a newcomer's: without what `make test` sets, and with no virtual environment yet."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "GDIG_", "PYTEST_", "COV_"))}
    path = [folder for folder in kept["PATH"].split(":") if Path(folder) != BIN]
    who = {f"GIT_{role}_{what}": "t@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return kept | who | {"PATH": ":".join(path), "COLUMNS": "120"}


def steps() -> list[tuple[Block, list[str]]]:
    """Return the commands of the page, and the lines that it shows of what each of them prints."""
    found: list[tuple[Block, list[str]]] = []
    for block in blocks(ROOT / "docs" / "tutorial.md"):
        if block.language == "sh":
            found.append((block, []))
        elif block.language == "text":
            found[-1][1].extend(block.text.splitlines())
    return found


def normalised(line):
    """Return a line with all numbers alike, which differ a little between machines, and all space."""
    return " ".join(re.sub(r"-?\d[\d,]*(\.\d+)?", "0", line).split())


def is_shown(line, printed):
    """Return whether a line that the page shows is among those printed; `...` stands for anything."""
    pattern = re.compile(".*".join(re.escape(part) for part in normalised(line).split("...")))
    return any(pattern.fullmatch(other) for other in printed)


def test_every_command_runs_as_written_and_prints_what_the_page_shows(clone):
    script = ["set -eo pipefail"]
    for number, (block, _) in enumerate(steps()):
        script += [f'echo "{MARK} {number} at $SECONDS s"', "times", block.text]
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)], cwd=clone, env=environment(), text=True, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    # Wall and CPU seconds before each block, by which the times of the page can be checked: pytest -s.
    print(*re.findall(rf"^{MARK}.*\n.*\n.*", done.stdout, re.MULTILINE), sep="\n")
    assert done.returncode == 0, done.stdout[-6000:]
    outputs = re.split(rf"^{MARK} \d+ at .*\n", done.stdout, flags=re.MULTILINE)[1:]
    assert len(outputs) == len(steps()) > 8
    for (block, shown), output in zip(steps(), outputs, strict=True):
        printed = [normalised(line) for line in output.splitlines()]
        missing = [line for line in shown if not is_shown(line, printed)]
        assert not missing, f"{block.text} does not print {missing}, but\n{output[-6000:]}"


def test_the_page_tells_the_time_of_every_block():
    text = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    headings = re.findall(r"^## \d+\. .*$", text, re.MULTILINE)
    assert len(headings) >= 6
    assert all(re.search(r"\(\d+ (s|min|to)", heading) for heading in headings)
