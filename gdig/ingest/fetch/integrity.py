"""Integrity check of compressed files: decompress to the end and compare the stored checksums."""

import bz2
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zstandard

from gdig.run.progress import track_bytes

CHUNK = 2**16
"""Bytes read at once; small, since one compressed byte may expand to a thousand."""

_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    ".gz": lambda: zlib.decompressobj(wbits=31),
    ".tgz": lambda: zlib.decompressobj(wbits=31),
    ".bz2": bz2.BZ2Decompressor,
    ".xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ),
    ".zst": lambda: zstandard.ZstdDecompressor(max_window_size=2**31).decompressobj(),
}


def can_be_checked(name: str) -> bool:
    """Return whether the format of a file with this name marks its own end."""
    suffix = Path(name).suffix
    return suffix in _DECOMPRESSORS or suffix == ".zip"


def read_through(path: Path, name: str) -> int:
    """Decompress a file without storing it, and compare its checksums.

    Args:
        path: the file.
        name: its name; the suffix gives the compression.

    Returns:
        number of concatenated streams; truncation between two streams cannot be detected.

    Raises:
        ValueError: the file is truncated or damaged; names the position.
    """
    if Path(name).suffix == ".zip":
        _read_zip(path, name)
        return 1
    return _read_streams(path, name, _DECOMPRESSORS[Path(name).suffix])


def _read_streams(path: Path, name: str, new: Callable[[], Any]) -> int:
    count, position, current = 0, 0, None
    with path.open("rb") as stream, track_bytes(f"checking {name}", total=path.stat().st_size) as show:
        try:
            while data := stream.read(CHUNK):
                position += len(data)
                while data:
                    if current is None:
                        # Tools that write fixed-size blocks pad with zeros.
                        data = data.lstrip(b"\0") if count else data
                        if not data:
                            break
                        current, count = new(), count + 1
                    current.decompress(data)
                    data = current.unused_data if current.eof else b""
                    current = None if current.eof else current
                show(position)
        except (zlib.error, OSError, lzma.LZMAError, zstandard.ZstdError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # a disk error; the OSError of bzip2 has no errno
            raise ValueError(f"{path}: damaged within the {CHUNK} bytes before byte {position}: {error}") from None
    if current is not None or not count:
        raise ValueError(f"{path}: ends early, after {position} bytes")
    return count


def _read_zip(path: Path, name: str) -> None:
    member = "its table of members"
    try:
        with (
            path.open("rb") as stream,
            zipfile.ZipFile(stream) as archive,
            track_bytes(f"checking {name}", total=sum(info.file_size for info in archive.infolist())) as show,
        ):
            done = 0
            for info in archive.infolist():
                member = f"member {info.filename}"
                with archive.open(info) as unpacked:
                    while data := unpacked.read(2**20):
                        done += len(data)
                        show(done)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError) as error:
        raise ValueError(f"{path}: damaged zip file, in {member}: {error}") from None
