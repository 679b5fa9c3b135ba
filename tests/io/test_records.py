import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdig.io.records import Pair, read_pairs, read_rows, select, write_pairs

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(sides=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
def test_round_trip_of_any_text(tmp_path_factory, sides):
    path = tmp_path_factory.mktemp("rows") / "pairs.jsonl"
    pairs = [Pair(f"p{n}", src, trg) for n, (src, trg) in enumerate(sides)]
    write_pairs(path, pairs)
    assert read_pairs(path) == pairs


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b'{"id": "a", "src": "x", "trg": "y"}\n{"id": "a", "src": "x", "trg": "z"}\n', ":2: id 'a' repeats line 1"),
        (b'{"id": "a", "src": "x"}\n', ":1: a has no text in 'trg'"),
        (b'{"id": "a", "src": "", "trg": "y"}\n', ":1: a has no text in 'src'"),
        (b'{"id": 3, "src": "x", "trg": "y"}\n', ":1: every line must be an object with a string 'id'"),
        (b"[1]\n", ":1: every line must be an object"),
        (b'{"id": "a"\n', ":1: not JSON"),
        (b'{"id": "a", "src": "\xff", "trg": "y"}\n', ":1: invalid UTF-8 at byte 20"),
    ],
)
def test_bad_files_are_refused_with_file_and_line(tmp_path, content, message):
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="pairs.jsonl") as error:
        read_pairs(path)
    assert message in str(error.value)


def test_rows_too(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"")
    with pytest.raises(ValueError, match="the file is empty"):
        read_rows(tmp_path / "a.jsonl")


def test_select_takes_the_order_of_the_ids():
    pairs = [Pair(i, i, i) for i in "abc"]
    assert [pair.id for pair in select(pairs, ["c", "a"])] == ["c", "a"]
