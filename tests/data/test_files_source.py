import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gdig.config import DataFile, Files, Pool
from gdig.data.sources.files import read, read_parallel
from gdig.files import digest

MULTI30K = Path(__file__).parents[3] / "shared" / "data" / "multi30k-de-en"
ROWS = [("Ein\u2028Haus", "A house"), ("Der\rHund\x85", "The dog"), ("Öl", "Oil")]
FILES = Files(train=None, test=None, source_column="de", target_column="en")


def data_file(path, sha256=None):
    return DataFile(path=str(path) if isinstance(path, Path) else [str(p) for p in path], sha256=sha256)


def write(tmp_path, kind):
    tsv = "de\ten\n" + "".join(f"{src}\t{trg}\n" for src, trg in ROWS)
    path = tmp_path / f"text.{kind}"
    if kind == "tsv":
        path.write_bytes(tsv.encode())
    elif kind == "tsv.gz":
        path.write_bytes(gzip.compress(("\ufeff" + tsv).encode()))
    elif kind == "jsonl":
        path.write_bytes("".join(json.dumps({"de": s, "en": t, "x": 1}) + "\n" for s, t in ROWS).encode())
    elif kind == "parquet":
        pq.write_table(pa.table({"x": [1, 2, 3], "en": [t for _, t in ROWS], "de": [s for s, _ in ROWS]}), path)
    else:
        path = [tmp_path / "text.de", tmp_path / "text.en"]
        for side, file in enumerate(path):
            file.write_bytes("".join(row[side] + "\n" for row in ROWS).encode())
    return path


@pytest.mark.parametrize("kind", ["tsv", "tsv.gz", "jsonl", "parquet", "two files"])
def test_every_kind_reads_the_same_rows_and_splits_on_line_feeds_alone(tmp_path, kind):
    rows = list(read_parallel(data_file(write(tmp_path, kind)), FILES))
    # In a TSV a carriage return before the line feed belongs to the line's end; none of these rows has one there.
    assert rows == ROWS


def expect_error(content, match, tmp_path, name="text.tsv"):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=match) as error:
        list(read_parallel(data_file(path), FILES))
    assert name in str(error.value)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"de\ten\nJa\n", "row 1 has 1 columns, but the header has 2"),
        (b"de\ten\nJa\tYes\nNein\t \n", "row 2 has no text in 'en'"),
        (b"de\ten\nJa\tYes\nN\xffein\tNo\n", "invalid UTF-8 at byte 14"),
        (b"source\ttarget\nJa\tYes\n", r"no single column 'de' among \['source', 'target'\]"),
        (b"de\ten\n", "has no rows"),
        (b"", "no single column 'de'"),
    ],
)
def test_malformed_tsv(tmp_path, content, match):
    expect_error(content, match, tmp_path)


def test_malformed_others(tmp_path):
    expect_error(b'{"de": "Ja"}\n', "row 1 has no text in 'en'", tmp_path, "text.jsonl")
    expect_error(b'{"de": 1, "en": "x"}\n', "row 1 has no text in 'de'", tmp_path, "text.jsonl")
    expect_error(b'{"de": "Ja"\n', "row 1 is not JSON", tmp_path, "text.jsonl")
    expect_error(b"[]\n", "row 1 is not a JSON object", tmp_path, "text.jsonl")
    expect_error(gzip.compress(b"de\ten\nJa\tYes\n" * 99)[:40], "damaged gzip", tmp_path, "text.tsv.gz")
    expect_error(b"", "unknown kind of file", tmp_path, "text.docx")


def test_two_files_must_be_of_one_length_and_have_no_empty_line(tmp_path):
    one, two = tmp_path / "a.de", tmp_path / "a.en"
    one.write_text("Ja\nNein\n")
    two.write_text("Yes\n")
    with pytest.raises(ValueError, match=r"a.en: ends after 1 lines"):
        list(read_parallel(data_file([one, two]), FILES))
    two.write_text("Yes\n\n")
    with pytest.raises(ValueError, match=r"a.en: line 2 is empty"):
        list(read_parallel(data_file([one, two]), FILES))


def pool(**changes):
    sizes = {"num_pool": 10, "num_heldout": 4, "num_valid": 3, "num_test": None, "num_base_text": 5}
    return Pool(source="files", seed=1, **(sizes | changes))


@pytest.fixture
def files(tmp_path):
    for name, count in (("train", 30), ("test", 6)):
        rows = "".join(f"{name} Satz {n}\t{name} sentence {n}\n" for n in range(count))
        (tmp_path / f"{name}.tsv").write_text("de\ten\n" + rows)
    return Files(
        train=data_file(tmp_path / "train.tsv"), test=data_file(tmp_path / "test.tsv"),
        source_column="de", target_column="en",
    )  # fmt: skip


def test_split_is_disjoint_seeded_and_stable_under_a_larger_pool(files):
    raw = read(pool(), files)
    parts = [raw.pool, raw.heldout, raw.valid, raw.base_text]
    assert [len(part) for part in parts] == [10, 4, 3, 5]
    ids = [pair.id for part in parts for pair in part]
    assert len(set(ids)) == len(ids)
    larger = read(pool(num_pool=15), files)
    assert (larger.heldout, larger.valid, larger.base_text) == (raw.heldout, raw.valid, raw.base_text)
    assert larger.pool[:10] == raw.pool
    assert read(pool(), files) == raw


def test_ids_are_row_numbers(files):
    raw = read(pool(), files)
    pair = raw.pool[0]
    assert pair.src == f"train Satz {int(pair.id.removeprefix('train-')) - 1}"


def test_too_few_rows_missing_file_and_wrong_hash(files, tmp_path):
    with pytest.raises(ValueError, match=r"train.tsv has 30 rows, but .* = 112"):
        read(pool(num_pool=100), files)
    with pytest.raises(ValueError, match=r"num_test = 7, but .*test.tsv has 6"):
        read(pool(num_test=7), files)
    path = tmp_path / "train.tsv"
    wrong = files.model_copy(update={"train": data_file(path, "0" * 64)})
    with pytest.raises(ValueError, match=f"has sha256 {digest(path)}, but the profile says 0000"):
        read(pool(), wrong)
    gone = files.model_copy(update={"train": data_file(tmp_path / "gone.tsv")})
    with pytest.raises(ValueError, match=r"files.train: there is no file .*gone.tsv"):
        read(pool(), gone)


@pytest.mark.skipif(not MULTI30K.is_dir(), reason=f"real text is not at {MULTI30K}")
def test_real_captions_are_read_whole():
    rows = list(read_parallel(data_file(MULTI30K / "train.tsv.gz"), FILES))
    assert len(rows) == 29_000
    assert rows[0][1] == "Two young, White males are outside near many bushes."
