import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gdig.config import HubSource
from gdig.ingest.readers.rows import Malformed
from gdig.ingest.sources.hub import open_source

PAIRS = [("你好，世界！", "Hello, world!"), ("一只猫\u2028坐着。", "A cat sits."), ("谢谢", "Thanks")]


def source(dataset, **changes):
    given = {
        "name": "x",
        "kind": "hub",
        "dataset": str(dataset),
        "split": "train",
        "columns": ["zh", "en"],
        "weight": 1.0,
    }
    return HubSource(**(given | changes))


def rows_of(dataset, **changes):
    return list(open_source(source(dataset, **changes)).rows)


@pytest.fixture(params=["parquet", "jsonl"])
def folder(tmp_path, request):
    data = [{"id": n, "translation": {"zh": zh, "en": en}, "zh": zh, "en": en} for n, (zh, en) in enumerate(PAIRS)]
    (tmp_path / "data").mkdir()
    for part in range(2):
        rows = data[:2] if part == 0 else data[2:]
        path = tmp_path / "data" / f"train-0000{part}-of-00002.{request.param}"
        if request.param == "parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
        else:
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return tmp_path


def test_a_local_folder_is_streamed_in_order(folder):
    assert rows_of(folder) == PAIRS
    assert rows_of(folder, columns=["translation.zh", "translation.en"]) == PAIRS


def test_one_local_file_will_do(folder):
    path = sorted((folder / "data").iterdir())[0]
    assert rows_of(path) == PAIRS[:2]


def test_scores_and_empty_sides(tmp_path):
    pq.write_table(
        pa.table({"s": [2.0, 1.0, 3.0], "zh": ["好", "坏", ""], "en": ["good", "bad", "x"]}), tmp_path / "a.parquet"
    )
    rows = rows_of(tmp_path, score={"column": "s", "min": 1.5})
    assert rows[0] == ("好", "good")
    assert [row.reason for row in rows if isinstance(row, Malformed)] == ["score below 1.5", "empty side"]


def test_provenance_pins_the_bytes_of_a_local_folder(folder):
    before = open_source(source(folder)).provenance
    assert before["split"] == "train"
    path = sorted((folder / "data").iterdir())[0]
    path.rename(path.with_name("train-00009-of-00002" + path.suffix))
    assert open_source(source(folder)).provenance["sha256"] != before["sha256"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "dev"}, "cannot be opened: .*dev"),
        ({"revision": "abc"}, "is local, so it has no revision"),
    ],
)
def test_what_is_not_there_is_reported(folder, changes, message):
    with pytest.raises(ValueError, match=message) as error:
        rows_of(folder, **changes)
    assert "source 'x'" in str(error.value)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["zh", "fr"], "no columns are named 'fr'; set `columns` to two of id, translation, zh, en"),
        (["zh", "id"], "column 'id' is int64, not text"),
    ],
)
def test_wrong_columns(folder, columns, message):
    """A table is refused. Objects have no common columns: each row is rejected, and shown where none is good."""
    if any(folder.rglob("*.jsonl")):
        rows = rows_of(folder, columns=columns)
        assert [row.reason for row in rows] == ["side is not a text"] * len(PAIRS)
        assert '"translation"' in rows[0].text
    else:
        with pytest.raises(ValueError, match=f"source 'x'.*{message}"):
            rows_of(folder, columns=columns)


def test_a_hub_id_needs_a_revision_and_the_hub(tmp_path):
    with pytest.raises(ValueError, match="is no local folder, and on the hub its files may change; say as `revision`"):
        rows_of("someone/corpus")
    with pytest.raises(ValueError, match=r"there is no folder \./gone"):
        rows_of("./gone")
    # HF_HUB_OFFLINE is set for all tests: nothing is looked up.
    with pytest.raises(ValueError, match="someone/corpus cannot be opened: .*Offline.*; where HF_HUB_OFFLINE is 1"):
        rows_of("someone/corpus", revision="0" * 40)


def test_a_revision_that_may_move_is_reported(caplog):
    for revision in ("main", "0" * 40):
        with pytest.raises(ValueError, match="cannot be opened"):
            open_source(source("someone/corpus", revision=revision))
    assert [record.getMessage() for record in caplog.records if record.name.startswith("gdig")] == [
        "x: revision 'main' is a branch or tag, which may move; a commit cannot"
    ]


def test_a_damaged_file_is_named_or_its_row_rejected(folder):
    path = sorted((folder / "data").iterdir())[1]
    path.write_bytes(path.read_bytes()[:-9])
    if path.suffix == ".parquet":
        with pytest.raises(ValueError, match="source 'x'"):
            rows_of(folder)
    else:
        assert [row.reason for row in rows_of(folder) if isinstance(row, Malformed)] == ["not JSON"]


ONE_ODD_ROW = [
    ("csv", b"zh,en\n", b"c,d,e", "wrong number of columns"),
    ("csv", b"zh,en\n", b"eins\rzwei,x", "not CSV"),
    ("csv", b"zh,en\n", b"x,eins\rzwei\rdrei", "not CSV"),
    ("csv", b"zh,en\n", b"f\0unf,x", "NUL character"),
    ("csv", b"zh,en\n", b'"a\0\rb",x', "NUL character"),
    ("csv", b"zh,en\n", "ä,b".encode("latin-1"), "invalid UTF-8"),
    ("csv", b"zh,en\n", b"x,", "empty side"),
    ("tsv", b"zh\ten\n", b"a\0\tb", "NUL character"),
    ("tsv", b"zh\ten\n", b"a\tb\tc", "wrong number of columns"),
    ("jsonl", b"", b'{"zh": "a", "en"', "not JSON"),
    ("jsonl", b"", b'{"zh": null, "en": "b"}', "side is not a text"),
    ("jsonl", b"", b'{"zh": {"deep": 1}, "en": "b"}', "side is not a text"),
    ("ndjson", b"", b'{"zh": "a\\u0000", "en": "b"}', "NUL character"),
]


def around(suffix, odd):
    """Two rows before an odd one and three after it, and what they must be."""
    form = {"csv": "{},{}", "tsv": "{}\t{}"}.get(suffix, '{{"zh": "{}", "en": "{}"}}')
    pairs = [(f"字{n}", f"word {n}") for n in range(5)]
    lines = [form.format(*pair).encode() for pair in pairs]
    return b"\n".join([*lines[:2], odd, *lines[2:], b""]), pairs


@pytest.mark.parametrize("where", ["file", "gz", "folder"])
@pytest.mark.parametrize(("suffix", "head", "odd", "reason"), ONE_ODD_ROW)
def test_an_odd_row_of_local_text_is_rejected_alone(tmp_path, suffix, head, odd, reason, where):
    lines, pairs = around(suffix, odd)
    path = tmp_path / (f"train.{suffix}.gz" if where == "gz" else f"train.{suffix}")
    path.write_bytes(gzip.compress(head + lines) if where == "gz" else head + lines)
    rows = rows_of(tmp_path if where == "folder" else path)
    assert [row for row in rows if not isinstance(row, Malformed)] == pairs
    assert isinstance(rows[2], Malformed)
    assert rows[2].reason == reason


@pytest.mark.parametrize("cell", ["a\rb", "a\r\nb", "\ra", "a\u2028b\x85\v\f", 'say ""a\r""', "NA", "null", "007"])
def test_a_careful_reader_keeps_the_cell(tmp_path, cell):
    (tmp_path / "train.csv").write_bytes(f'zh,en\nx,y\n"{cell}",b\nz,w\n'.encode())
    expected = [("x", "y"), (cell.replace('""', '"'), "b"), ("z", "w")]
    assert rows_of(tmp_path / "train.csv") == rows_of(tmp_path) == expected


@pytest.mark.parametrize(
    ("name", "head", "row", "last", "reason"),
    [
        ("train.csv", "zh,en\n", "a,\n", "a,b\n", "empty side"),
        ("train.jsonl", "", '{"zh": "a", "en": null}\n', '{"zh": "a", "en": "b"}\n', "side is not a text"),
        ("train.jsonl", "", '{"zh": "a"}\n', '{"zh": "a", "en": "b"}\n', "side is not a text"),
    ],
)
def test_a_column_of_nulls_is_rejected_row_by_row(tmp_path, name, head, row, last, reason):
    (tmp_path / name).write_text(head + row * 2000 + last)
    for dataset in (tmp_path, tmp_path / name):
        rows = rows_of(dataset)
        assert [row.reason for row in rows[:-1]] == [reason] * 2000
        assert rows[-1] == ("a", "b")


def test_nulls_of_nested_and_of_other_types_in_tables(tmp_path):
    table = pa.table({"t": pa.nulls(2), "zh": ["a", "b"], "en": pa.array([None, None], pa.float64())})
    for path in (tmp_path / "a.parquet", tmp_path):
        pq.write_table(table, tmp_path / "a.parquet")
        for columns in (["zh", "en"], ["t.zh", "t.en"]):
            rows = rows_of(path, columns=columns)
            assert [row.reason for row in rows] == ["side is not a text"] * 2


def test_files_of_a_split_in_order_and_no_others(tmp_path):
    for name in ("train-1", "train-0", "test-0"):
        (tmp_path / f"{name}.csv").write_text(f"zh,en\n{name},x\n")
    assert [src for src, _ in rows_of(tmp_path)] == ["train-0", "train-1"]
    assert [src for src, _ in rows_of(tmp_path, split="test")] == ["test-0"]
    with pytest.raises(ValueError, match="cannot be opened: .*dev"):
        rows_of(tmp_path, split="dev")


def test_a_json_array_and_a_score(tmp_path):
    content = [{"zh": "好", "en": "good", "s": 2}, {"zh": "坏", "en": "bad", "s": 1}]
    (tmp_path / "train.json").write_text(json.dumps(content))
    for path in (tmp_path, tmp_path / "train.json"):
        rows = rows_of(path, score={"column": "s", "min": 1.5})
        assert rows[0] == ("好", "good")
        assert rows[1].reason == "score below 1.5"


@pytest.mark.parametrize("separator", [";", "\t"])
def test_options_of_a_card_are_kept_with_a_warning(tmp_path, caplog, separator):
    options = f'- config_name: default\n  data_files: "*.csv"\n  sep: "{separator}"'.replace("\t", "\\t")
    (tmp_path / "README.md").write_text(f"---\nconfigs:\n{options}\n---\n")
    (tmp_path / "a.csv").write_text(f"zh{separator}en\na,b{separator}c\n")
    assert rows_of(tmp_path) == [("a,b", "c")]
    assert "x: the datasets library reads this CSV: a carriage return ends a row" in caplog.text


def test_cut_data_and_unknown_files_are_named(tmp_path):
    data = gzip.compress(b"".join(b'{"zh": "a%d", "en": "b"}\n' % n for n in range(999)))[:-99]
    (tmp_path / "train.jsonl.gz").write_bytes(data)
    for path in (tmp_path, tmp_path / "train.jsonl.gz"):
        with pytest.raises(ValueError, match=r"train\.jsonl\.gz: damaged or cut off after"):
            rows_of(path)
    (tmp_path / "a.docx").write_bytes(b"")
    with pytest.raises(
        ValueError, match=r"a\.docx cannot be opened: known are a folder and single files \.csv, .*\.tsv"
    ):
        rows_of(tmp_path / "a.docx")


def test_programs_are_not_run(tmp_path):
    (tmp_path / f"{tmp_path.name}.py").write_text("raise SystemExit('it ran')")
    with pytest.raises(ValueError, match="cannot be opened"):
        rows_of(tmp_path)
