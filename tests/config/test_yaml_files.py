import pytest
from ruamel.yaml import YAML

from gdig.config import load_params, read_values
from gdig.config.entries import load_entries
from gdig.config.section import Section
from gdig.config.yaml_files import load_yaml
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", ", line 3: the key a stands there twice; take one out"),
        ("pool:\n  seed: 1\n  rows: 2\n  seed: 3\n", ", line 4: the key seed stands there twice; take one out"),
        ("a: [", ", line 1: not YAML: "),
        ("a: 1\n\tb: 2\n", ", line 2: not YAML: "),
        ("a: !!python/object:os.system x\n", ", line 1: not YAML: "),
        ("a: 2026-02-31\n", ": not YAML: day is out of range for month"),
        ("a: \x07\n", ": not YAML: "),
        ("[" * 5000, ": not YAML: "),
    ],
)
@pytest.mark.parametrize("yaml", [None, "round trip"])
def test_a_mistake_is_one_line_with_file_and_line(tmp_path, text, message, yaml):
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    if yaml and "python/object" in text:
        return  # kept as it is, and never made an object
    with pytest.raises(ValueError, match="not YAML|twice") as error:
        load_yaml(path, YAML() if yaml else None)
    assert str(error.value).startswith(f"{path}{message}")
    assert "\n" not in str(error.value)


def test_text_that_is_not_utf_8_is_told(tmp_path):
    (tmp_path / "params.yaml").write_bytes("a: ü".encode("latin-1"))
    with pytest.raises(ValueError, match=r"params.yaml: invalid UTF-8 at byte 3; convert the file to UTF-8"):
        load_yaml(tmp_path / "params.yaml")


def test_outside_the_root_the_root_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"^there is no params.yaml here; commands run in the root of the repository"):
        load_params()
    with pytest.raises(ValueError, match=f"cd {ROOT}$"):
        read_values()
    root = tmp_path / "a clone"
    (root / "docs").mkdir(parents=True)
    (root / "dvc.yaml").touch()
    monkeypatch.chdir(root / "docs")
    with pytest.raises(ValueError, match=f"cd '{root}'$"):
        load_params()


class Entry(Section):
    seed: int


def test_entries_are_checked_in_one_line(tmp_path):
    path = tmp_path / "entries.yaml"
    for text, message in (
        ("a: {seed: 1}\na: {seed: 2}", f"{path}, line 2: the key a stands there twice; take one out"),
        ("a: {seed: 1, sed: 2}", f"{path}: a.sed = 2 is not a known key; check its spelling and section"),
        ("1: {seed: 1}", f"{path}: 1 is no name; write it in quotes"),
        ("- 1", f"{path}: must be a mapping of entries by name"),
        ("a: null", f"{path}: a = None: input should be"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=r".") as error:
            load_entries(path, Entry, "entries")
        assert str(error.value).startswith(message)
        assert "\n" not in str(error.value)
