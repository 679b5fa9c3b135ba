import pytest

from gdig.io.files import digest
from gdig.seeds.revised import Revised
from gdig.seeds.store import check_name, save_revision, track

ROWS = [Revised("s-0", "a", "b", "edited", False, "A", "", 0.5)]
RECORD = {"count": 1}


def test_the_same_again_another_one_and_by_force(tmp_path):
    folder = tmp_path / "spring"
    assert not save_revision(folder, ROWS, RECORD, force=False)
    before = digest(folder)
    assert save_revision(folder, ROWS, RECORD, force=False)
    with pytest.raises(ValueError, match="holds another revision; choose another --name, or replace it with --force"):
        save_revision(folder, ROWS, {"count": 2}, force=False)
    assert digest(folder) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["spring"]
    assert not save_revision(folder, ROWS, {"count": 2}, force=True)
    assert digest(folder) != before


def test_a_revision_that_was_not_fetched_is_not_written_over(tmp_path):
    (tmp_path / "spring.dvc").write_text("outs:")
    with pytest.raises(ValueError, match="fetch it with `dvc pull"):
        save_revision(tmp_path / "spring", ROWS, RECORD, force=False)
    assert not save_revision(tmp_path / "spring", ROWS, RECORD, force=True)


@pytest.mark.parametrize("name", ["oracle", "none", "Spring", "a/b", "", "-a", "a.b"])
def test_names_that_cannot_be(name):
    with pytest.raises(ValueError, match="--name"):
        check_name(name)


def test_without_dvc_the_way_by_hand_is_reported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"spring is written, but DVC does not track it: .*; by hand: `dvc add .*`$"):
        track(tmp_path / "spring")
