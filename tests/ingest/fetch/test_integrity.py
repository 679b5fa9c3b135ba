import bz2
import gzip
import io
import lzma
import zipfile

import pytest
import zstandard

from gdig.ingest.fetch.integrity import can_be_checked, read_through
from tests.ingest.fetch.conftest import noise


def zipped(data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", data[: len(data) // 2])
        archive.writestr("b.txt", data[len(data) // 2 :])
    return stream.getvalue()


PACK = {
    "gz": lambda data: gzip.compress(data, mtime=0),
    "tgz": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    "zip": zipped,
}


@pytest.mark.parametrize("kind", PACK)
def test_whole_files_pass(tmp_path, kind):
    path = tmp_path / "file"
    for data in (b"", b"text", noise(300_000), bytes(3_000_000)):
        path.write_bytes(PACK[kind](data))
        assert read_through(path, f"file.{kind}") == 1


@pytest.mark.parametrize("kind", PACK)
def test_no_cut_passes(tmp_path, kind):
    path, data = tmp_path / "file", PACK[kind](noise(200) + bytes(100_000) + noise(70_000))
    for end in [*range(0, len(data), 997), *range(len(data) - 30, len(data))]:
        path.write_bytes(data[:end])
        with pytest.raises(ValueError, match="ends early|damaged"):
            read_through(path, f"file.{kind}")


@pytest.mark.parametrize("kind", PACK)
def test_damage_in_the_middle_is_found_and_reported(tmp_path, kind):
    path, data = tmp_path / "file", bytearray(PACK[kind](noise(200_000)))
    for at in range(1000, len(data) - 1000, 20_011):
        broken = data.copy()
        broken[at] ^= 0xFF
        path.write_bytes(broken)
        with pytest.raises(ValueError, match=r"file: damaged (within the 65536 bytes before byte|zip file, in member)"):
            read_through(path, f"file.{kind}")


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst"])
def test_streams_are_counted_and_padding_is_none(tmp_path, kind):
    path, data = tmp_path / "file", PACK[kind](noise(65_000, 1)) + PACK[kind](b"") + PACK[kind](noise(70_000, 2))
    path.write_bytes(data)
    assert read_through(path, f"file.{kind}") == 3
    path.write_bytes(data + bytes(100_000))
    assert read_through(path, f"file.{kind}") == 3
    path.write_bytes(data + b"more")
    with pytest.raises(ValueError, match="damaged|ends early"):
        read_through(path, f"file.{kind}")


def test_a_web_page_is_not_packed(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"<html>")
    for kind in PACK:
        with pytest.raises(ValueError, match="damaged|ends early"):
            read_through(path, f"file.{kind}")


def test_plain_files_say_nothing_of_themselves():
    assert [can_be_checked(name) for name in ("a.txt.gz", "a.zip", "a.txt", "a.tsv")] == [True, True, False, False]
