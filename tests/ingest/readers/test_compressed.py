import bz2
import gzip
import io
import lzma
import zipfile

import pytest
import zstandard

from gdig.ingest.readers.compressed import open_text, text_name
from gdig.run.progress import Meter
from tests.ingest.readers.corpus import tarred, zipped

TEXT = b"".join(b"line %06d of some length\n" % number for number in range(40_000))

PACKED = {
    "plain.txt": TEXT,
    "a.gz": gzip.compress(TEXT),
    "a.zst": zstandard.compress(TEXT),
    "a.xz": lzma.compress(TEXT),
    "a.bz2": bz2.compress(TEXT),
    "a.zip": zipped(a_txt=TEXT),
    "a.tgz": tarred(a_txt=TEXT),
    "a.tar.gz": tarred(a_txt=TEXT),
    "inner.zip": zipped(a_gz=gzip.compress(TEXT)),
}


def read(path, member=None, meter=None):
    with open_text(path, member, meter) as stream:
        return stream.read()


@pytest.fixture
def packed(tmp_path):
    def write(name, content=None):
        (tmp_path / name).write_bytes(PACKED[name] if content is None else content)
        return tmp_path / name

    return write


@pytest.mark.parametrize("name", PACKED)
def test_every_kind_gives_the_same_bytes_and_tells_how_much_it_read(packed, name):
    meter = Meter()
    assert read(packed(name), meter=meter) == TEXT
    assert meter.done == meter.total > 0


@pytest.mark.parametrize(("name", "pack"), [("a.gz", gzip.compress), ("a.zst", zstandard.compress),
                                            ("a.xz", lzma.compress), ("a.bz2", bz2.compress)])  # fmt: skip
def test_streams_that_follow_each_other_are_read_to_the_end(packed, name, pack):
    parts = [pack(TEXT[:1000]), pack(b""), pack(TEXT[1000:])]
    assert read(packed(name, b"".join(parts))) == TEXT
    assert read(packed(name, (b"\0" * 8).join(parts) + b"\0" * 4)) == TEXT


@pytest.mark.parametrize("name", [name for name in PACKED if name != "plain.txt"])
def test_a_file_cut_anywhere_is_an_error_that_names_it(packed, name):
    whole = PACKED[name]
    for share in range(1, 20):
        path = packed(name, whole[: len(whole) * share // 20])
        with pytest.raises(ValueError, match="damaged") as error:
            read(path)
        assert name in str(error.value)


@pytest.mark.parametrize("name", ["a.gz", "a.zst", "a.xz", "a.bz2"])
def test_what_follows_a_whole_stream_is_not_taken_for_padding(packed, name):
    """The standard library's bz2 and lzma files stop there without a word."""
    with pytest.raises(ValueError, match=f"{name}: damaged or cut off after .* bytes of text"):
        read(packed(name, PACKED[name] + b"garbage"))


def test_damage_in_the_middle_says_how_far_it_came(packed):
    whole = PACKED["a.gz"]
    middle = len(whole) // 2
    with pytest.raises(ValueError, match=r"a.gz: damaged or cut off after (\d+) bytes of text") as error:
        read(packed("a.gz", whole[:middle] + b"\0" * 50 + whole[middle + 50 :]))
    assert "download it again" in str(error.value)


def test_members_by_name_and_pattern(packed):
    for name, folder, content in (("a.zip", "", zipped(x_de=b"Ja", x_en=b"Yes")),
                                  ("a.tar.gz", "folder/", tarred(x_de=b"Ja", x_en=b"Yes"))):  # fmt: skip
        path = packed(name, content)
        assert read(path, f"{folder}x.de") == b"Ja"
        assert read(path, "*.en") == b"Yes"
        for member, message in (
            (None, r"the archive holds 2 files; say as `member` which: .*x.de, .*x.en"),
            ("*.fr", r"member '\*.fr' fits none of its files: .*x.de, .*x.en"),
            ("*x*", r"member '\*x\*' fits 2 of its files"),
        ):
            with pytest.raises(ValueError, match=message):
                read(path, member)
    with pytest.raises(ValueError, match="is no archive, so `member` 'x' must be left out"):
        read(packed("a.gz"), "x")


def test_an_exact_name_is_no_pattern(packed):
    assert read(packed("a.zip", zipped(**{"a[1]": b"this", "a1": b"that"})), "a[1]") == b"this"


def test_an_encrypted_zip_is_refused(packed):
    content = bytearray(zipped(a_txt=b"text"))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    with pytest.raises(ValueError, match="a.zip: damaged archive .*password"):
        read(packed("a.zip", bytes(content)))


def test_the_checksum_at_the_end_is_looked_at(packed):
    content = bytearray(PACKED["a.zip"])
    with zipfile.ZipFile(io.BytesIO(PACKED["a.zip"])) as archive:
        crc = archive.infolist()[0].CRC.to_bytes(4, "little")
    place = bytes(content).rindex(crc)
    content[place] ^= 1
    with pytest.raises(ValueError, match="a.zip"):
        read(packed("a.zip", bytes(content)))


def test_the_name_inside_says_the_format(packed):
    assert text_name(packed("a.gz").with_name("x.tsv.gz"), None) == "x.tsv"
    assert text_name(packed("a.tgz"), None) == "folder/a.txt"
    assert text_name(packed("a.zip"), "*.tmx.gz") == "*.tmx"
