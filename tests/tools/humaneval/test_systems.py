import json

import pytest

from gdig.tools.humaneval.systems import file_sources, segments_of


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "src.txt").write_text("eins\nzwei\u2028halb\ndrei\n", "utf-8")
    (tmp_path / "ref.txt").write_text("one\ntwo\nthree", "utf-8")
    return file_sources(tmp_path / "src.txt", tmp_path / "ref.txt")


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_lines_and_rows_give_the_same_segments(tmp_path, sources):
    (tmp_path / "a.txt").write_bytes("\ufeffa\r\n\r\nc\r\n".encode())
    rows = [{"id": f"line-00000{n}", "hypothesis": text} for n, text in ((3, "c"), (1, "a"), (2, ""))]
    b = write(tmp_path / "b.jsonl", rows)
    segments, origins = segments_of(sources, {"a": tmp_path / "a.txt", "b": b})
    assert [(s.id, s.source, s.reference, s.hypotheses) for s in segments] == [
        ("line-000001", "eins", "one", {"a": "a", "b": "a"}),
        ("line-000002", "zwei\u2028halb", "two", {"a": "", "b": ""}),
        ("line-000003", "drei", "three", {"a": "c", "b": "c"}),
    ]
    assert list(origins) == ["a", "b"]
    assert "b.jsonl sha256:" in origins["b"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"id": "line-000001", "hypothesis": "a"}, {"id": "x", "hypothesis": "b"}],
         "2 missing (line-000002, ...), 1 unknown (x); take translations of the same sources"),
        ([{"id": "line-000001", "text": "a"}], "line-000001 has no text in 'hypothesis'"),
    ],
)  # fmt: skip
def test_rows_of_other_sources(tmp_path, sources, rows, message):
    with pytest.raises(ValueError, match=r"a\.jsonl") as error:
        segments_of(sources, {"a": write(tmp_path / "a.jsonl", rows)})
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\nb\n", "a.txt: 2 lines for the 3 sources of"),
        (b"a\nb\nc\nd\n", "4 lines for the 3 sources"),
        (b"", "0 lines for the 3 sources"),
        (b"a\nb\n\xff", "a.txt: not UTF-8: byte 4 (ff) on line 3"),
    ],
)
def test_lines_that_do_not_fit(tmp_path, sources, content, message):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.txt") as error:
        segments_of(sources, {"a": tmp_path / "a.txt"})
    assert message in str(error.value)


def test_sources_must_not_be_empty(tmp_path):
    (tmp_path / "src.txt").write_text("eins\n \ndrei\n")
    with pytest.raises(ValueError, match="line-000002 is empty"):
        file_sources(tmp_path / "src.txt", None)
    (tmp_path / "src.txt").write_text("")
    with pytest.raises(ValueError, match="the file is empty"):
        file_sources(tmp_path / "src.txt", None)
