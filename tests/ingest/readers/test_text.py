import csv

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gdig.ingest.readers import json_, text
from tests.ingest.readers.corpus import comma_separated, good, read_all, read_content, reasons, write

DE_EN = {"columns": ["de", "en"]}


def test_tsv_columns_by_name_or_number(tmp_path):
    header = b"x\ten\tde\n1\tYes\tJa\n"
    assert read_content(tmp_path, "a.tsv", header, **DE_EN) == [("Ja", "Yes")]
    assert read_content(tmp_path, "a.tsv", header, columns=[3, 2]) == [("de", "en"), ("Ja", "Yes")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"Ja", "wrong number of columns"),
        (b"Ja\tYes\tmore", "wrong number of columns"),
        (b"", "empty line"),
        (b"\r", "empty line"),
        (b"\t", "empty side"),
        (b"Ja\t \xe2\x80\xa8", "empty side"),
        (b"J\xffa\tYes", "invalid UTF-8"),
        (b"Ja\tY\0es", "NUL character"),
    ],
)
def test_a_malformed_line_is_reported_in_its_place(tmp_path, line, reason):
    content = b"de\ten\nEins\tOne\n" + line + b"\nZwei\tTwo\r\n"
    rows = read_content(tmp_path, "a.tsv", content, **DE_EN)
    assert [rows[0], rows[2]] == [("Eins", "One"), ("Zwei", "Two")]
    assert reasons(rows) == [reason]


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from([b"Ja\tYes", b"\xc3\x96l\tOil", b"J\xffa\tx", b"a\0\tb", b"x", b"", b"a\tb\r"])),
    st.booleans(),
)
def test_rows_do_not_depend_on_how_a_file_is_cut_into_blocks(tmp_path, lines, ends):
    content = b"\n".join(lines) + (b"\n" if ends else b"")
    whole = read_content(tmp_path, "a.tsv", b"de\ten\n" + content, **DE_EN)
    for block in (1, 5, 16):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(text, "BLOCK", block)
            assert read_content(tmp_path, "a.tsv", b"de\ten\n" + content, **DE_EN) == whole


def test_where_a_byte_is_wrong_is_reported(tmp_path):
    content = "de\ten\nÖl\tOil\n".encode() + b"N\xe9in\tNo\n"
    (_, rejected) = read_content(tmp_path, "a.tsv", content, **DE_EN)
    assert rejected.text.startswith(f"byte {content.index(0xE9)}: N\\xe9in")


def test_lines_end_at_line_feeds_alone_and_a_mark_is_skipped(tmp_path):
    content = "\ufeffde\ten\r\nEin\u2028Haus\x85\ta\rb\r\nOhne Ende\tno end"
    rows = [("Ein\u2028Haus\x85", "a\rb"), ("Ohne Ende", "no end")]
    assert read_content(tmp_path, "a.tsv", content.encode(), **DE_EN) == rows


def test_without_a_header_most_rows_say_how_many_columns_there_are(tmp_path):
    content = b"a\tb\tc\n" + b"1.0\tJa\tYes\n" * 3 + b"1.0\tN\tein\tNo\n"
    rows = read_content(tmp_path, "a.tsv", content, columns=[2, 3])
    assert reasons(rows) == ["wrong number of columns"]
    assert len(good(rows)) == 4
    with pytest.raises(ValueError, match="a.tsv: there are 4 columns, so there is no number 5"):
        read_content(tmp_path, "a.tsv", content, columns=[2, 5])


def test_wrong_column_names_are_reported_with_those_there_are(tmp_path):
    with pytest.raises(ValueError, match="no columns are named 'de'; set `columns` to two of src, trg"):
        read_content(tmp_path, "a.tsv", b"src\ttrg\nJa\tYes\n", **DE_EN)
    with pytest.raises(ValueError, match="2 columns are named 'en'"):
        read_content(tmp_path, "a.csv", b"de,en,en\nJa,Yes,Yes\n", **DE_EN)
    with pytest.raises(ValueError, match="the header cannot be read: invalid UTF-8"):
        read_content(tmp_path, "a.tsv", b"d\xffe\ten\nJa\tYes\n", **DE_EN)
    with pytest.raises(ValueError, match="no columns are named 'de'"):
        read_content(tmp_path, "a.tsv", b"", **DE_EN)


def test_scores(tmp_path):
    content = b"1.05\tJa\tYes\n1.03\tNein\tNo\nhigh\tEins\tOne\nnan\tZwei\tTwo\n1.04\tDrei\tThree\n"
    rows = read_content(tmp_path, "a.tsv", content, columns=[2, 3], score={"column": 1, "min": 1.04})
    assert reasons(rows) == ["score below 1.04", "score is no number", "score is no number"]
    assert good(rows) == [("Ja", "Yes"), ("Drei", "Three")]


def test_utf16_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(ValueError, match=r"a.tsv: is UTF-16; convert it to UTF-8"):
        read_content(tmp_path, "a.tsv", "de\ten\nJa\tYes\n".encode("utf-16"), **DE_EN)


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_csv_fields_may_hold_anything(tmp_path, quoting):
    rows = [('Er sagte: "Ja, ja"', "one\nline, and\r\nanother"), ("你好\u2028", '"')]
    assert read_content(tmp_path, "a.csv", comma_separated(rows, quoting), **DE_EN) == rows


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'"Ja,Yes', "not CSV"),
        (b'"Ja" ja,Yes', "not CSV"),
        (b"Ja\rja,Yes", "not CSV"),
        (b"Ja,Y\xffes", "invalid UTF-8"),
        (b"Ja,Y\0es", "NUL character"),
        (b"", "empty line"),
        (b"Ja,Yes,more", "wrong number of columns"),
    ],
)
def test_a_malformed_csv_line_swallows_no_other(tmp_path, line, reason):
    """Two hundred lines: a stray quote neither reaches the end of the file nor is it looked for there."""
    before, after = ([(f"{word} {n}", f"{word} {n}") for n in range(200)] for word in ("vor", "nach"))
    content = comma_separated(before) + line + b"\n" + comma_separated(after).removeprefix(b"de,en\n")
    rows = read_content(tmp_path, "a.csv", content, **DE_EN)
    assert good(rows) == before + after
    assert reasons(rows) == [reason]


def test_two_stray_quotes_swallow_no_line_between_them(tmp_path):
    between = [(f"Wort {n}", f"word {n}") for n in range(50)]
    content = comma_separated(between).replace(b"de,en\n", b'de,en\n"Ja,Yes\n') + b'Nein,No"\n'
    rows = read_content(tmp_path, "a.csv", content, **DE_EN)
    assert good(rows) == [*between, ("Nein", 'No"')]
    assert reasons(rows) == ["not CSV"]


def test_json_lines(tmp_path):
    lines = [
        b'{"translation": {"de": "Ja", "en": "Yes\\u2028"}}',
        b'{"translation.de": "Nein", "translation": {"en": "No"}}',
        b'{"translation": {"de": "Ja"}}',
        b'{"translation": {"de": 1, "en": "x"}}',
        b'{"translation": "Ja"}',
        b'["Ja", "Yes"]',
        b'{"translation": ',
        b"[" * 100_000,
        b"1" * 10_000,
        b'{"translation": {"de": "\\ud800", "en": "x"}}',
        b'{"translation": {"de": "a\\u0000", "en": "x"}}',
        b"",
        b'{"translation": {"de": " ", "en": "x"}}',
    ]
    rows = read_content(tmp_path, "a.jsonl", b"\n".join(lines), columns=["translation.de", "translation.en"])
    assert good(rows) == [("Ja", "Yes\u2028"), ("Nein", "No")]
    assert reasons(rows) == [
        "side is not a text", "side is not a text", "side is not a text", "not a JSON object", "not JSON", "not JSON",
        "not JSON", "invalid UTF-8", "NUL character", "empty line", "empty side",
    ]  # fmt: skip
    for row in rows[2:]:
        row.text.encode()


def test_json_scores(tmp_path):
    content = b'{"s": {"x": 2}, "de": "Ja", "en": "Yes"}\n{"s": {"x": 1}, "de": "a", "en": "b"}\n{"de": "a", "en": "b"}'
    rows = read_content(tmp_path, "a.jsonl", content, **DE_EN, score={"column": "s.x", "min": 1.5})
    assert reasons(rows) == ["score below 1.5", "score is no number"]


def test_two_plain_files_go_in_step(tmp_path):
    contents = {"a.de": b"Ja\rja\nN\xffein\n\nVier\n", "a.en": "Yes\nNo\nThree\nFour\u2028".encode()}
    rows = read_all(write(tmp_path, contents))
    assert good(rows) == [("Ja\rja", "Yes"), ("Vier", "Four\u2028")]
    assert reasons(rows) == ["invalid UTF-8", "empty side"]


@pytest.mark.parametrize(("german", "english", "shorter"), [(b"a\nb\n", b"a\n", "a.en"), (b"a\n", b"a\nb\nc", "a.de")])
def test_two_plain_files_of_different_length(tmp_path, german, english, shorter):
    paths = write(tmp_path, {"a.de": german, "a.en": english})
    with pytest.raises(ValueError, match=f"{shorter}: ends after 1 lines, but its partner .* has more"):
        read_all(paths)


SEPARATORS = ["\u2028", "\u2029", "\x85", "\v", "\f", "\x1c", "\x1d", "\x1e", "\r"]
"""What str.splitlines takes for the end of a line, and our formats do not."""


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("side", [0, 1])
def test_a_separator_in_one_side_shifts_no_row(tmp_path, separator, side):
    rows = [(f"Wort {n}", f"word {n}") for n in range(5)]
    odd = tuple(f"a{separator}b" if n == side else "c" for n in range(2))
    rows.insert(2, odd)
    lines = [f"{src}\t{trg}\n" for src, trg in rows]
    assert read_content(tmp_path, "a.tsv", "".join(["de\ten\n", *lines]).encode(), **DE_EN) == rows
    sides = {f"a.{code}": "".join(f"{row[n]}\n" for row in rows).encode() for n, code in enumerate(DE_EN["columns"])}
    assert read_all(write(tmp_path, sides)) == rows
    assert read_content(tmp_path, "a.csv", comma_separated(rows, csv.QUOTE_ALL), **DE_EN) == rows
    objects = "".join(f'{{"de": "{src}", "en": "{trg}"}}\n' for src, trg in rows if "\r" not in separator)
    if separator not in "\r\v\f\x1c\x1d\x1e":
        assert read_content(tmp_path, "a.jsonl", objects.encode(), **DE_EN) == rows


@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_separator_in_an_unquoted_csv_field(tmp_path, separator):
    content = f"de,en\nEins,One\na{separator}b,c\nZwei,Two\n".encode()
    rows = read_content(tmp_path, "a.csv", content, **DE_EN)
    assert [rows[0], rows[2]] == [("Eins", "One"), ("Zwei", "Two")]
    assert (reasons(rows) == ["not CSV"]) if separator == "\r" else (rows[1] == (f"a{separator}b", "c"))


@pytest.mark.parametrize("ends", ["\n\n", "\n\r\n", "\r\n\n", "\r\n\r\n"])
def test_line_feeds_with_and_without_carriage_returns_are_the_same_lines(tmp_path, ends):
    german, english = ends[: ends.index("\n") + 1], ends[ends.index("\n") + 1 :]
    contents = {"a.de": f"Ja{german}Nein{german}".encode(), "a.en": f"Yes{english}No{english}".encode()}
    assert read_all(write(tmp_path, contents)) == [("Ja", "Yes"), ("Nein", "No")]


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl"])
def test_lines_that_end_with_carriage_returns_alone_are_refused(tmp_path, name):
    content = b"de\ten\rJa\tYes\rNein\tNo\r".replace(b"\t", b"," if name == "a.csv" else b"\t")
    with pytest.raises(ValueError, match=f"{name}: line 1 has carriage returns and no line feed; convert"):
        read_content(tmp_path, name, content, **DE_EN)


def test_two_plain_files_with_carriage_returns_alone_are_not_one_pair(tmp_path):
    with pytest.raises(ValueError, match=r"a\.(de|en): line 1 has carriage returns and no line feed"):
        read_all(write(tmp_path, {"a.de": b"Ja\rNein\r", "a.en": b"Yes\rNo\r"}))


ARRAY = '[{"de": "Ja", "en": "Yes"}, {"de": "Öl\u2028 [,] \\\\", "en": "a\\"b"}, {"de": "Nein", "en": "No"}]'


@pytest.mark.parametrize("block", [1, 2, 7, 1 << 16])
def test_a_json_array_is_read_in_blocks(tmp_path, monkeypatch, block):
    monkeypatch.setattr(json_, "BLOCK", block)
    content = "\ufeff\n " + ARRAY.replace("}, {", "}\n,\r\n{") + "\n"
    rows = [("Ja", "Yes"), ("Öl\u2028 [,] \\", 'a"b'), ("Nein", "No")]
    assert read_content(tmp_path, "a.json", content.encode(), **DE_EN) == rows
    assert read_content(tmp_path, "a.json", b"[ ]", **DE_EN) == []


def test_malformed_rows_of_a_json_array(tmp_path):
    values = [
        b'{"de": "Ja", "en": null}', b'{"de": "Ja"}', b'["Ja", "Yes"]', b"12", b'{"de": "J\xffa", "en": "x"}',
        b'{"de": "J\0a", "en": "x"}', b'{"de": "a\nb", "en": "c"}',
    ]  # fmt: skip
    rows = read_content(tmp_path, "a.json", b"[" + b",".join(values) + b"]", **DE_EN)
    assert good(rows) == [("a\nb", "c")]
    assert reasons(rows) == [
        "side is not a text", "side is not a text", "not a JSON object", "not a JSON object", "invalid UTF-8",
        "NUL character",
    ]  # fmt: skip
    for row in rows[:-1]:
        row.text.encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"de": "Ja", "en": "Yes"},\n {"de": "Nein" "en": "No"}]', "line 2: no JSON value and no end of the array"),
        ('[\n{"de": "Ja", "en": "Yes"}\n', "line 2: no JSON value and no end"),
        ('[{"de": "Ja", "en": "Yes"},\n]', "line 2: no JSON value"),
        ('[{"de": "Ja", "en": "Yes"}]\n[1]', r"line 2: text after the array: '\[1\]'; remove it"),
        ("[" * 100_000, "line 1: no JSON value"),
    ],
)
def test_a_damaged_json_array_names_file_and_line(tmp_path, content, message):
    with pytest.raises(ValueError, match=rf"a\.json: {message}"):
        read_content(tmp_path, "a.json", content.encode(), **DE_EN)
