from pathlib import Path

import pytest

from tests.ingest.readers.corpus import FILES, ROWS, read_all, read_content, write

MULTI30K = Path(__file__).parents[4] / "shared" / "data" / "multi30k-de-en"


@pytest.mark.parametrize("kind", FILES)
def test_every_format_and_compression_reads_the_same_rows(tmp_path, kind):
    contents, layout = FILES[kind]
    assert read_all(write(tmp_path, contents), **layout) == ROWS


@pytest.mark.parametrize(
    ("name", "layout", "message"),
    [
        (
            "a.docx",
            {"columns": ["de", "en"]},
            "suffix of 'a.docx' says no format; known are .csv, .*; say `format`",
        ),
        ("a.tsv", {}, "columns = None; say two names where the file has a header, two numbers"),
        ("a.tsv", {"columns": [1, "en"]}, r"columns = \[1, 'en'\]; say two names"),
        ("a.tsv", {"columns": [0, 1]}, r"columns = \[0, 1\]; say two names"),
        ("a.tsv", {"columns": ["de", "de"]}, "'de' stands there twice"),
        ("a.tsv", {"columns": [1, 2], "score": {"column": "s", "min": 1.0}}, "score.column likewise"),
        ("a.jsonl", {"columns": [1, 2]}, "say two names; `a.b` is b inside a"),
        ("a.tmx", {"columns": None}, "say two language codes"),
        ("a.tmx", {"columns": ["de", "en"], "score": {"column": "s", "min": 1.0}}, "has no score to read"),
        ("a.xlf", {"columns": ["de", "en"]}, "has no columns to choose"),
        ("a.txt", {"format": "plain"}, "give two files or two members, source first"),
        ("a.parquet.gz", {"columns": ["de", "en"]}, "must be the .parquet file itself; unpack it"),
        ("a.tsv", {"columns": ["de", "en"], "member": "x"}, "is no archive"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused(tmp_path, name, layout, message):
    with pytest.raises(ValueError, match=message):
        read_content(tmp_path, name, b"", **layout)


def test_two_files_of_another_format_are_refused(tmp_path):
    paths = write(tmp_path, {"a.tsv": b"", "b.tsv": b""})
    with pytest.raises(ValueError, match="two files are two plain files"):
        read_all(paths, format="tsv", columns=["de", "en"])


@pytest.mark.skipif(not MULTI30K.is_dir(), reason=f"real text is not at {MULTI30K}")
def test_real_captions_are_read_whole():
    rows = read_all([MULTI30K / "train.tsv.gz"], columns=["de", "en"])
    assert len(rows) == 29_000
    assert rows[0][1] == "Two young, White males are outside near many bushes."
