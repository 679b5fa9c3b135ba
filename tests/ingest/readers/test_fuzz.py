"""Ten thousand random edits of bytes: no crash, no side beside another's, no row lost but where the edit is."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.readers.corpus import FILES, NUM_ROWS, good, number_of, read_all, write

EDITS = {
    "tsv": 1000, "tsv without header": 1200, "csv": 1200, "csv quoted": 1200, "jsonl": 1200, "two plain": 1200,
    "json": 200, "json of lines": 200, "parquet": 400, "tmx": 300, "xliff 1.2": 250, "xliff 2.0": 250, "gz": 200,
    "zst": 200, "xz": 200, "bz2": 200, "zip": 200, "two plain in a zip": 200, "tgz": 100, "two plain in a tar.gz": 100,
}  # fmt: skip
LINES = {"tsv", "tsv without header", "csv", "csv quoted", "jsonl", "two plain"}

edits = st.tuples(
    st.sampled_from(["flip", "insert", "delete", "truncate"]),
    st.integers(0, 2**24 - 1),
    st.one_of(st.integers(0, 255), st.sampled_from(b'\n\r\t",\0<>&{}[]:\\')),
    st.integers(0, 1),
)


def edited(content, kind, share, byte):
    place = share * len(content) // 2**24
    match kind:
        case "flip":
            return content[:place] + bytes([byte]) + content[place + 1 :]
        case "insert":
            return content[:place] + bytes([byte]) + content[place:]
        case "delete":
            return content[:place] + content[place + 1 :]
    return content[:place]


def test_there_are_ten_thousand_edits_over_every_kind():
    assert sum(EDITS.values()) == 10_000
    assert EDITS.keys() == FILES.keys()


@pytest.mark.parametrize("kind", FILES)
def test_edits(kind, tmp_path):
    contents, layout = FILES[kind]
    seen = {"read": 0, "refused": 0}

    @settings(
        max_examples=EDITS[kind], derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(edits)
    def check(edit):
        how, share, byte, file = edit
        changed = dict(contents)
        name = list(contents)[file % len(contents)]
        changed[name] = edited(contents[name], how, share, byte)
        try:
            rows = read_all(write(tmp_path, changed), **layout)
        except ValueError as error:
            seen["refused"] += 1
            assert "text." in str(error), "the file must be named"
            return
        if not good(rows):  # a wrong header: drawing from such a source is refused
            seen["refused"] += 1
            return
        seen["read"] += 1
        for src, trg in good(rows):
            assert number_of(src) == number_of(trg) or None in (number_of(src), number_of(trg)), (src, trg)
        if how != "truncate" and kind in LINES:
            assert NUM_ROWS - 1 <= len(rows) <= NUM_ROWS + 1
            assert len(good(rows)) >= NUM_ROWS - 2

    check()
    assert sum(seen.values()) >= EDITS[kind]
    assert seen["read"] or kind not in LINES, "nothing was ever read"
    assert seen["refused"], "nothing was ever refused"
