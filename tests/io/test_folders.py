import ast
from pathlib import Path

import pytest

from gdig.io.folders import downloads_root, scratch_folder, scratch_root
from tests.conftest import ROOT


@pytest.mark.parametrize(("folder", "variable"), [(scratch_root, "GDIG_SCRATCH"), (downloads_root, "GDIG_DOWNLOADS")])
def test_a_folder_can_be_chosen(monkeypatch, tmp_path, folder, variable):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, "there")
    assert folder() == tmp_path / "there"


def test_both_lie_in_the_cache_folder_of_dvc_wherever_it_is(monkeypatch, tmp_path):
    from dvc.repo import Repo

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GDIG_SCRATCH", raising=False)
    monkeypatch.delenv("GDIG_DOWNLOADS", raising=False)
    Repo.init(no_scm=True).close()
    assert (scratch_root(), downloads_root()) == (
        tmp_path / ".dvc" / "cache" / "tmp" / "gdig",
        tmp_path / ".dvc" / "cache" / "downloads",
    )
    Path(".dvc/config.local").write_text(f"[cache]\n    dir = {tmp_path / 'elsewhere'}\n")
    assert downloads_root() == tmp_path / "elsewhere" / "downloads"


def test_a_scratch_folder_is_named_after_output_values_and_contents(monkeypatch, tmp_path):
    monkeypatch.setenv("GDIG_SCRATCH", str(tmp_path / "scratch"))
    data, out = tmp_path / "data", Path("data/embedded/influence")

    def name(text="a", value=1, out=out):
        data.write_text(text)
        return scratch_folder(out, value, [data])

    first = name()
    assert first.parent == tmp_path / "scratch"
    assert first.name.startswith("data-embedded-influence-")
    assert name() == first
    assert len({first, name(text="b"), name(value=2), name(out=Path("data/embedded/sketch"))}) == 4


def test_modules_of_ours_are_imported_at_the_top_of_a_file():
    """A fingerprint hashes the modules that are loaded: one that a function imports later would be missed."""
    late = []
    for path in [*(ROOT / "stages").glob("*.py"), *(ROOT / "gdig").rglob("*.py")]:
        name = path.relative_to(ROOT)
        if name.parts[:2] in [("gdig", "run"), ("gdig", "tools"), ("gdig", "report")]:
            continue
        functions = [
            node
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        for node in [inner for function in functions for inner in ast.walk(function)]:
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            late += [f"{name}:{node.lineno}" for module in modules if module.split(".")[0] in ("gdig", "stages")]
    assert late == []
