"""Commands in a folder whose name has a space, an umlaut, quotes and brackets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.conftest import new_checkout


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A checkout with the environment of these tests as its own."""
    folder = tmp_path_factory.mktemp("folder") / "Meine Übung (it's)"
    folder.mkdir()
    checkout = new_checkout(folder)
    (folder / ".venv").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        if (Path(sys.prefix) / name).exists():
            (folder / ".venv" / name).symlink_to(Path(sys.prefix) / name)
    # Newer than what it depends on, so that nothing is installed.
    (folder / ".venv" / ".installed").touch()
    return checkout


def make(site, *arguments):
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=site.folder,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stdout + done.stderr
    return done.stdout


def test_help_and_checks(site):
    assert "make repro" in make(site, "help")
    assert "stages match the code" in make(site, "contract")


@pytest.mark.parametrize("target", ["env", "repro", "check", "ablation", "evidence", "bench"])
def test_every_path_of_a_recipe_is_quoted(site, target):
    """The shell takes the recipe, with `test`, `touch` and Python replaced by what names its arguments."""
    recipe = make(site, "--dry-run", "--always-make", f"VENV={'.another' if target == 'env' else '.venv'}", target)
    assert f'"{site.folder}/' in recipe
    checked = subprocess.run(["bash", "-n"], input=recipe, text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    unquoted = recipe.replace(f'"{site.folder}', "")
    assert str(site.folder) not in unquoted


@pytest.mark.slow
def test_stages_run(site):
    for target in ("pool@embedded", "seeds@embedded", "prepare@embedded"):
        site.dvc("repro", "--single-item", target)
    assert (site.folder / "data" / "embedded" / "prepared" / "pool.jsonl").is_file()
    assert "up to date" in site.dvc("status", "prepare@embedded")
