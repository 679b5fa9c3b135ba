from pathlib import Path

import pytest

from gdig.io.folders import downloads_root, scratch_root


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
