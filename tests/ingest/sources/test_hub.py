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
        ({"columns": ["zh", "fr"]}, "no columns are named 'fr'; set `columns` to two of id, translation, zh, en"),
        ({"columns": ["zh", "id"]}, "column 'id' is int64, not text"),
    ],
)
def test_what_is_not_there_is_reported(folder, changes, message):
    with pytest.raises(ValueError, match=message) as error:
        rows_of(folder, **changes)
    assert "source 'x'" in str(error.value)


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


def test_a_damaged_file_is_named(folder):
    path = sorted((folder / "data").iterdir())[1]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match="source 'x'"):
        rows_of(folder)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("train.csv", b"zh,en\na,b\nc,d,e\n"),
        ("train.csv", "zh,en\nä,b\n".encode("latin-1")),
        ("train.jsonl", b'{"zh": "a", "en": "b"}\n{"zh": "a", "en"\n'),
        ("train.jsonl.gz", gzip.compress(b"".join(b'{"zh": "a%d", "en": "b"}\n' % n for n in range(999)))[:-99]),
    ],
    ids=["fields", "encoding", "json", "cut"],
)
def test_damage_of_any_format_names_the_source(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match="source 'x': dataset .* cannot be (opened|read on): "):
        rows_of(tmp_path)


def test_programs_are_not_run(tmp_path):
    (tmp_path / f"{tmp_path.name}.py").write_text("raise SystemExit('it ran')")
    with pytest.raises(ValueError, match="cannot be opened"):
        rows_of(tmp_path)
