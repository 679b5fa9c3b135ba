import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ingest.readers.corpus import good, read_all, reasons

DE_EN = {"columns": ["de", "en"]}


def read_table(folder, table, **layout):
    pq.write_table(table, folder / "a.parquet", row_group_size=2)
    return read_all([folder / "a.parquet"], **layout)


def test_columns_types_and_malformed_rows(tmp_path):
    german = pa.array(["Ja", None, " ", "a\0", "Fünf\u2028", "Sechs"])
    english = pa.array([b"Yes", b"No", b"x", b"x", b"Five", b"S\xffix"]).view(pa.string())
    table = pa.table({"x": range(6), "en": english.dictionary_encode(), "de": german.cast(pa.large_string())})
    rows = read_table(tmp_path, table, **DE_EN)
    assert good(rows) == [("Ja", "Yes"), ("Fünf\u2028", "Five")]
    assert reasons(rows) == ["side is not a text", "empty side", "NUL character", "invalid UTF-8"]
    assert rows[-1].text.startswith("byte 1 of a side")


def test_text_of_every_arrow_type(tmp_path):
    for kind in (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        table = pa.table({"de": pa.array(["Ja", "Nein"]).cast(kind), "en": ["Yes", "No"]})
        assert read_table(tmp_path, table, **DE_EN) == [("Ja", "Yes"), ("Nein", "No")]


def test_nested_columns_and_scores(tmp_path):
    pairs = [{"de": "Ja", "en": "Yes"}, None, {"de": "Nein", "en": "No"}, {"de": "Oh", "en": "Oh"}]
    table = pa.table({"translation": pairs, "meta": [{"score": score} for score in (2.0, 2.0, 1.0, None)]})
    columns = ["translation.de", "translation.en"]
    rows = read_table(tmp_path, table, columns=columns, score={"column": "meta.score", "min": 1.5})
    assert good(rows) == [("Ja", "Yes")]
    assert reasons(rows) == ["side is not a text", "score below 1.5", "score is no number"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["de", "fr"], "no columns are named 'fr'; set `columns` to two of de, en, n, t"),
        (["de", "n"], "column 'n' is int64, not text"),
        (["t.de", "t.fr"], "in column 't': no columns are named 'fr'; set `columns` to two of de"),
        (["de.x", "en"], "'de' is string, which has no columns inside"),
    ],
)
def test_wrong_columns_are_reported_with_those_there_are(tmp_path, columns, message):
    table = pa.table({"de": ["a"], "en": ["b"], "n": [1], "t": [{"de": "a"}]})
    with pytest.raises(ValueError, match=message):
        read_table(tmp_path, table, columns=columns)


def test_a_damaged_file_is_named(tmp_path):
    pq.write_table(pa.table({"de": ["a"], "en": ["b"]}), tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-10])
    with pytest.raises(ValueError, match=r"a.parquet: damaged Parquet file"):
        read_all([tmp_path / "a.parquet"], **DE_EN)
