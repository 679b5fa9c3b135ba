"""Mutation testing: how many of a seeded sample of small faults in the numerics the tests notice.

    make mutants SAMPLE=150 SEED=23

mutmut (its settings are in pyproject.toml) makes mutants of the packages named there, one changed operator, number or
argument each, and runs for each the fast tests that reach the changed function. Everything happens in build/mutants, a
copy of the tracked files; tests must pass there unchanged. A mutant that no test notices has survived.
"""

import argparse
import json
import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from gdig.run.command import command

FOLDER = Path("build/mutants")
WARM_UP = "gdig.labels.x_has_labels__mutmut_1"
"""One quick mutant, by which mutmut makes all and finds out which tests reach which function. By its whole name: for a
pattern mutmut would run every test once more."""
KILLED = ("killed", "timeout", "segfault")
PARTS = ("gdig.influence", "gdig.selection", "gdig.selectors", "gdig.significance", "gdig.io", "gdig.labels")


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.mutants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample", type=int, default=150, help="mutants to run")
    parser.add_argument("--seed", type=int, default=23)
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time")
    arguments = parser.parse_args()
    if shutil.which("mutmut") is None:
        raise ValueError("mutmut is not installed; use `make mutants`")
    copy_tracked(FOLDER)
    run = ["mutmut", "run", "--max-children", str(arguments.jobs)]
    subprocess.run([*run, WARM_UP], cwd=FOLDER, check=True)
    names = sample(mutants(FOLDER / "mutants"), arguments.sample, arguments.seed)
    subprocess.run([*run, *names], cwd=FOLDER, check=True)
    listed = subprocess.run(
        ["mutmut", "results", "--all", "true"], cwd=FOLDER, check=True, capture_output=True, text=True
    )
    found = {name: status for name, status in statuses(listed.stdout).items() if name in set(names)}
    print(table(found))
    for name in sorted(name for name, status in found.items() if status not in KILLED):
        subprocess.run(["mutmut", "show", name], cwd=FOLDER, check=True)


def copy_tracked(folder: Path) -> None:
    """Copy the files that Git tracks or would, as they are, into an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], check=True, capture_output=True
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (path := Path(name)).is_file():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / path)


def mutants(folder: Path) -> list[str]:
    """Return the names of all mutants that mutmut has made, sorted."""
    return sorted(
        name for path in folder.rglob("*.py.meta") for name in json.loads(path.read_text("utf-8"))["exit_code_by_key"]
    )


def sample(names: Sequence[str], count: int, seed: int) -> list[str]:
    """Return a seeded sample without repeats, or all where there are no more."""
    return random.Random(seed).sample(names, min(count, len(names)))


def statuses(listed: str) -> dict[str, str]:
    """Return the status of each mutant from what `mutmut results` prints."""
    return dict(re.findall(r"^\s*(\S+__mutmut_\d+): (.+?)\s*$", listed, flags=re.MULTILINE))


def table(found: Mapping[str, str]) -> str:
    """Return a Markdown table: mutants, killed and not, by package."""
    lines = ["| package | mutants | killed | survived | reached by no test | score |", "|---|---|---|---|---|---|"]
    for part in (*PARTS, ""):
        counts = Counter(status for name, status in found.items() if name.startswith(part))
        if total := counts.total():
            killed, unreached = sum(counts[status] for status in KILLED), counts["no tests"]
            lines.append(
                f"| {part or 'all'} | {total} | {killed} | {total - killed - unreached} | {unreached} "
                f"| {killed / total:.1%} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
