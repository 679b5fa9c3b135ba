import json

import pytest

from gdig.config import ExternalSystem
from gdig.io.files import digest
from gdig.scoring.external import read_system

SEGMENTS = {"news": ["news-0", "news-1", "news-2"], "talks": ["talks-0", "talks-1"]}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "all.txt").write_text("a\n\nc\u2028still c\nd\ne\n", encoding="utf-8")
    (tmp_path / "news.txt").write_bytes(b"a\r\nb\r\nc")
    rows = [{"id": i, "hypothesis": i.upper()} for i in reversed(SEGMENTS["talks"])]
    (tmp_path / "talks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def read(**keys):
    return read_system(ExternalSystem(**{"name": "Moses"} | keys), SEGMENTS)


def test_one_file_of_all_test_sets_may_have_empty_lines(folder):
    texts, hashes = read(hypotheses="all.txt")
    assert texts == {"news-0": "a", "news-1": "", "news-2": "c\u2028still c", "talks-0": "d", "talks-1": "e"}
    assert hashes == {"all test sets": digest(folder / "all.txt")}


def test_a_file_a_test_set_and_rows_by_id(folder):
    hashes = {name: digest(folder / file) for name, file in (("news", "news.txt"), ("talks", "talks.jsonl"))}
    texts, found = read(hypotheses={"news": "news.txt", "talks": "talks.jsonl"}, sha256=hashes)
    assert found == {f"test set {name}": sha256 for name, sha256 in hashes.items()}
    assert texts == {"news-0": "a", "news-1": "b", "news-2": "c", "talks-0": "TALKS-0", "talks-1": "TALKS-1"}
    assert set(read(hypotheses={"talks": "talks.jsonl"})[0]) == set(SEGMENTS["talks"])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"hypotheses": "none.txt"}, "systems: Moses: there is no file none.txt; paths are relative to the repository"),
        ({"hypotheses": "news.txt"}, "Moses: news.txt has 3 lines, but all test sets has 5 segments; a line each"),
        ({"hypotheses": {"talks": "news.txt"}}, "news.txt has 3 lines, but test set talks has 2 segments"),
        (
            {"hypotheses": {"news": "talks.jsonl"}},
            "has 2 translations, but test set news has 3 segments; 'news-0' has not",
        ),
        ({"hypotheses": "all.txt", "sha256": "0" * 64}, "all.txt has sha256 [0-9a-f]{64}, but the params say 0000"),
    ],
)
def test_what_does_not_fit_is_reported(keys, message):
    with pytest.raises(ValueError, match=message):
        read(**keys)


def test_files_of_one_name_in_two_folders_are_both_told(folder):
    for name, text in (("news", "a\nb\nc\n"), ("talks", "d\ne\n")):
        (folder / name).mkdir()
        (folder / name / "out.en").write_text(text)
    assert len(read(hypotheses={name: f"{name}/out.en" for name in SEGMENTS})[1]) == 2


def test_a_row_without_text_is_reported(folder):
    (folder / "talks.jsonl").write_text('{"id": "talks-0"}\n{"id": "talks-1", "hypothesis": "x"}\n')
    with pytest.raises(ValueError, match=r"talks.jsonl: talks-0 has no text in 'hypothesis'"):
        read(hypotheses={"talks": "talks.jsonl"})


def test_hashes_have_the_form_of_the_files():
    with pytest.raises(ValueError, match="system 'Moses': sha256 must have the form of hypotheses"):
        read(hypotheses={"news": "news.txt"}, sha256="0" * 64)
    with pytest.raises(ValueError, match="system 'Moses': sha256 must have the form of hypotheses"):
        read(hypotheses="all.txt", sha256={"news": "0" * 64})
