import pytest

from gdig.seeds.sheets.encoding import read_text


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        ("id\nna\u00efve".encode("cp1252"), None, "not UTF-8: byte 5 (ef) on line 2; save the file as UTF-8, or say "
         "--encoding cp1252 if that byte is meant to be 'ï'"),
        (b"\xef\xbb\xbfab\xff", None, "byte 5 (ff) on line 1"),
        (b"\xff\xfea\x00b", None, "not UTF-16-LE: byte 4 (62)"),
        ("id".encode("utf-16-le"), None, "byte 1 is zero: this looks like UTF-16 without a byte order mark"),
        ("Äpfel".encode("utf-16-le"), None, "byte 1 is zero: this looks like UTF-16 without a byte order mark"),
        (b"a\x81", "cp1252", "not CP1252: byte 1 (81)"),
        (b"a", "klingon", "--encoding klingon: unknown encoding"),
    ],
)  # fmt: skip
def test_wrong_encodings_are_reported_with_the_byte(tmp_path, content, encoding, message):
    (tmp_path / "a.tsv").write_bytes(content)
    with pytest.raises(ValueError, match="encoding|byte") as error:
        read_text(tmp_path / "a.tsv", encoding)
    assert message in str(error.value)


def test_encodings_given_by_the_user(tmp_path):
    (tmp_path / "a.tsv").write_bytes("naïve".encode("cp1252"))
    assert read_text(tmp_path / "a.tsv", "cp1252") == "naïve"
    (tmp_path / "a.tsv").write_bytes("naïve".encode("utf-16-le"))
    assert read_text(tmp_path / "a.tsv", "utf-16-le") == "naïve"
