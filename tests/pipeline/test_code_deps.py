"""Which stages an edit of code makes stale: packages, templates, one selector, files of an editor."""

import json
import shutil
from contextlib import contextmanager

import pytest
from ruamel.yaml import YAML

from tests.pipeline.conftest import cell, changes, is_up_to_date, locked, outputs


@contextmanager
def appended(checkout, text, *names):
    """Files of the checkout with text at their ends, until the block ends."""
    before = {checkout.folder / name: (checkout.folder / name).read_text("utf-8") for name in names}
    try:
        for path, content in before.items():
            path.write_text(content + text, "utf-8")
        yield
    finally:
        for path, content in before.items():
            path.write_text(content, "utf-8")


def files_of(checkout, folder):
    return [path.relative_to(checkout.folder).as_posix() for path in (checkout.folder / folder).rglob("*.py")]


@pytest.mark.parametrize(
    ("folder", "stale"),
    [
        ("gdig/report", {"report@embedded"}),
        ("gdig/dataset", {"dataset@embedded"}),
        ("gdig/significance", {"significance@embedded"}),
        ("gdig/tools", set()),
        ("gdig/config", set()),
        ("gdig/run", set()),
    ],
)
def test_a_comment_in_every_file_of_a_package_makes_no_stage_before_collect_stale(checkout, folder, stale):
    names = files_of(checkout, folder)
    assert names
    with appended(checkout, "# A comment.\n", *names):
        assert set(changes(checkout)) == stale


def test_a_template_of_the_report_makes_the_report_stale_and_nothing_else(checkout):
    with appended(checkout, "\n", "gdig/report/templates/style.css"):
        assert set(changes(checkout)) == {"report@embedded"}


@pytest.mark.parametrize("selector", ["full", "random", "loss", "base_loss", "gdig_quality", "gdig"])
def test_a_selector_of_its_own_makes_its_ranking_stale_and_nothing_else(checkout, selector):
    with appended(checkout, "# A comment.\n", f"gdig/selectors/{selector}.py"):
        assert set(changes(checkout)) == {f"rank_{selector}@embedded"}


@pytest.mark.slow
def test_what_follows_a_ranking_runs_where_its_bytes_change(restored):
    after_all = {f"{name}@embedded" for name in ("significance", "selection", "dataset", "report")}
    with appended(restored, "# A comment.\n", "gdig/selectors/random.py"):
        assert restored.stages_run(restored.dvc("repro")) == ["rank_random@embedded"]
    path = restored.folder / "gdig" / "selectors" / "random.py"
    path.write_text(path.read_text("utf-8") + "\n\n_rank = rank\nrank = lambda *given: _rank(*given)[::-1]\n", "utf-8")
    ran = set(restored.stages_run(restored.dvc("repro")))
    own = {"rank_random@embedded", "subset@embedded-random", "collect@embedded-random", *cell("embedded-random-8")}
    assert own <= ran <= own | after_all
    assert {"selection@embedded", "dataset@embedded"} <= ran


def test_what_an_editor_and_python_leave_in_a_package_makes_nothing_stale(checkout):
    folder = checkout.folder / "gdig" / "lm"
    left = [
        folder / ".load.py.swp", folder / "load.py~", folder / "#load.py#", folder / ".#load.py",
        folder / "__pycache__" / "left.cpython-311.pyc", folder / "passes" / ".load.py.swp",
        checkout.folder / "gdig" / "report" / "templates" / ".style.css.swp",
    ]  # fmt: skip
    try:
        for path in left:
            path.parent.mkdir(exist_ok=True)
            if path.name.startswith(".#"):
                path.symlink_to("someone@machine.4711")  # as Emacs locks a file: it leads nowhere
            else:
                path.write_bytes(b"\0")
        assert changes(checkout) == {}
    finally:
        for path in left:
            path.unlink(missing_ok=True)


@pytest.mark.slow
def test_an_optional_selector_is_switched_on_by_its_name_and_its_own_stages_run(restored):
    """One edit, then `dvc repro`; its params re-run its ranking, and what follows where the bytes change."""
    optional, had = "selectors/dvc.yaml:", set(locked(restored))
    restored.change("selectors", ["random", "gdig", "rds"])
    ran = set(restored.stages_run(restored.dvc("repro")))
    own = {"subset@embedded-rds", "collect@embedded-rds", *cell("embedded-rds-8")}
    after_all = {f"{name}@embedded" for name in ("significance", "selection", "dataset", "report")}
    before = {f"{optional}representations@embedded", f"{optional}rank_rds@embedded"}
    assert ran == before | own | after_all
    assert is_up_to_date(restored)
    assert set(locked(restored)) - had == before | own
    metrics = json.loads((restored.folder / "metrics" / "embedded" / "rds.json").read_text())
    assert metrics["b0008"]["num_pairs"] == 8

    restored.run("git", "add", "--all")
    try:
        ran = set(restored.stages_run(restored.dvc("exp", "run", "-S", "selectors/params.yaml:rank_rds.seed=3")))
        assert f"{optional}rank_rds@embedded" in ran
        assert ran <= {f"{optional}rank_rds@embedded"} | own | after_all
        assert is_up_to_date(restored)
        # Switched off, nothing of it runs, and what tells of all selectors is as before.
        restored.run("git", "checkout", "HEAD", "--", "params.yaml")
        ran = set(restored.stages_run(restored.dvc("repro")))
        assert ran <= after_all
        lock = YAML(typ="safe", pure=True).load(restored.run("git", "show", "HEAD:dvc.lock"))["stages"]
        now = locked(restored)
        for name in (*after_all, "subset@embedded-gdig"):
            assert now[name]["outs"] == lock[name]["outs"], name
    finally:
        restored.run("git", "reset", "--quiet", "--hard")
        # What is left of it in the folders of subsets, scores and metrics.
        shutil.rmtree(outputs(restored))
