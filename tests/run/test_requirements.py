import errno
import fcntl
import os
from pathlib import Path

import pytest

from gdig.config import parse_params
from gdig.run import requirements, stage
from gdig.run.requirements import check_requirements
from tests.conftest import ROOT, default_values, write_params


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with its unfinished work and its downloads elsewhere."""
    (tmp_path / "checkout" / ".dvc").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "checkout")
    monkeypatch.setenv("GDIG_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setenv("GDIG_DOWNLOADS", str(tmp_path / "downloads"))
    return tmp_path


def forbid_locks(monkeypatch, folder, number):
    """Make the file system of a folder one without locks."""
    flock = fcntl.flock

    def flock_elsewhere(stream, operation):
        descriptor = stream if isinstance(stream, int) else stream.fileno()
        if Path(f"/proc/self/fd/{descriptor}").readlink().is_relative_to(folder):
            raise OSError(number, os.strerror(number))
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock_elsewhere)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
@pytest.mark.parametrize(
    ("folder", "named", "remedy"),
    [
        ("checkout", ".dvc/tmp/gdig", "move this checkout to a disk that has them, since DVC needs them too"),
        ("scratch", "{}/scratch", "name a folder on another disk with GDIG_SCRATCH"),
        ("downloads", "{}/downloads", "name a folder on another disk with GDIG_DOWNLOADS"),
        ("checkout/profiles", "profiles", "move this checkout"),
    ],
)
def test_a_folder_without_locks_is_refused_before_any_work(checkout, monkeypatch, folder, named, remedy, number):
    source = {"name": "a", "kind": "urls", "url": "http://x/a.tsv", "weight": 1.0}
    values = default_values()
    values["pool"] |= {"sources": [source], "tests": [{"name": "test", "kind": "files", "path": "t.tsv"}]}
    values["pool"] |= {"valid": [], "num_valid": 9}
    params = parse_params(values, "params.yaml")
    check_requirements(params)
    forbid_locks(monkeypatch, checkout / folder, number)
    with pytest.raises(ValueError, match="the file system there has no locks") as error:
        check_requirements(params)
    start = f"{named.format(checkout)}: the file system there has no locks ({os.strerror(number)}); {remedy}"
    assert str(error.value).startswith(start)
    assert "\n" not in str(error.value)


def test_without_urls_the_folder_of_downloads_need_not_have_locks(checkout, monkeypatch):
    forbid_locks(monkeypatch, checkout / "downloads", errno.ENOLCK)
    check_requirements(parse_params(default_values(), "params.yaml"))
    assert not (checkout / "downloads").exists()


def test_a_stage_does_not_begin_without_locks(checkout, monkeypatch, capsys):
    begun = []

    def main(params, paths):
        begun.append(params)

    write_params(Path(), default_values())
    monkeypatch.setattr("sys.argv", ["stage"])
    monkeypatch.delenv("GDIG_DEBUG", raising=False)
    with monkeypatch.context() as patch:
        forbid_locks(patch, checkout / "scratch", errno.EOPNOTSUPP)
        with pytest.raises(SystemExit):
            stage.run(main)
    assert capsys.readouterr().err.startswith(f"error: {checkout}/scratch: the file system there has no locks")
    assert begun == []
    stage.run(main)
    assert len(begun) == 1


def missing(*modules):
    return lambda name: None if name in modules else object()


@pytest.mark.parametrize(
    ("section", "value", "module", "message"),
    [
        ("languages", {"source": "de", "target": "jpn"}, "MeCab", "languages.target = 'ja': needs MeCab"),
        ("languages", {"source": "de", "target": "ja"}, "ipadic", "ipadic, which is not installed"),
        ("languages", {"source": "de", "target": "kor"}, "mecab_ko", "`pip install 'sacrebleu[ko]'`"),
        ("translate", {"backend": "ctranslate2"}, "ctranslate2",
         "translate.backend = 'ctranslate2': needs ctranslate2"),
    ],
)  # fmt: skip
def test_a_missing_package_is_told_at_the_start(tmp_path, monkeypatch, section, value, module, message):
    monkeypatch.chdir(tmp_path)
    values = default_values()
    values[section] |= value
    params = parse_params(values, "params.yaml")
    monkeypatch.setattr(requirements, "find_spec", missing(module))
    with pytest.raises(ValueError, match="which is not installed") as error:
        check_requirements(params)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    monkeypatch.setattr(requirements, "find_spec", missing("another"))
    check_requirements(params)


def test_the_default_needs_no_package_that_is_optional(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(requirements, "find_spec", lambda name: pytest.fail(name))
    requirements.check_tokeniser("languages.target", "en")
