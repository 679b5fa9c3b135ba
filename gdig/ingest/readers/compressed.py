"""Local files as byte streams, decompressed and unpacked."""

import bz2
import errno
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, BinaryIO

import zstandard

from gdig.run.progress import Meter

BLOCK = 1 << 16
MAX_NAMES = 20
"""Archive members listed in an error message."""

_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    ".gz": lambda: zlib.decompressobj(wbits=31),
    ".zst": lambda: zstandard.ZstdDecompressor(max_window_size=2**31).decompressobj(),
    ".xz": lzma.LZMADecompressor,
    ".bz2": bz2.BZ2Decompressor,
}
_DAMAGE = (
    EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, zipfile.BadZipFile, tarfile.TarError, struct.error,
    NotImplementedError, RuntimeError, UnicodeDecodeError,
)  # fmt: skip


@contextmanager
def open_text(path: Path, member: str | None = None, meter: Meter | None = None) -> Iterator[io.BufferedReader]:
    """Open a file for reading its decompressed bytes; the stream's `name` is that of the file and the member.

    Args:
        path: plain, or .gz, .zst, .xz, .bz2, .zip, .tar, .tgz, .tar.<one of the former>.
        member: exact name or pattern (`*`, `?`) that matches one file of the archive; None if the archive has one file.
            A compressed member is decompressed.
        meter: receives the bytes read and the size on disk.

    Raises:
        ValueError: no member matches, or more than one; `member` is set but the file is no archive. While reading: the
            compressed data is damaged or truncated; names the byte of text reached.
    """
    meter = meter or Meter()
    kind = _archive(path)
    if kind is None and member is not None:
        raise ValueError(f"{path}: is no archive, so `member` {member!r} must be left out")
    with ExitStack() as stack:
        if kind is None:
            yield stack.enter_context(_open(path, meter))
            return
        with _damage_named(path):
            name, content = (_from_zip if kind == "zip" else _from_tar)(path, member, stack, meter)
        yield _stream(content, name, f"{path}: {name}", meter if kind == "zip" else Meter())


def text_name(path: Path, member: str | None) -> str:
    """Return the name of the uncompressed file; its suffix gives the format."""
    kind = _archive(path)
    if member is None and kind is not None:
        with _damage_named(path), ExitStack() as stack:
            member, _ = (_from_zip if kind == "zip" else _from_tar)(path, None, stack, Meter())
    name = member if member and kind else path.name
    return name.removesuffix(_compression(name))


@contextmanager
def _open(path: Path, meter: Meter) -> Iterator[io.BufferedReader]:
    meter.total += path.stat().st_size
    with path.open("rb") as file:
        yield _stream(file, path.name, str(path), meter)


def _stream(source: Any, name: str, shown: str, meter: Meter | None = None) -> io.BufferedReader:
    return io.BufferedReader(_Text(source, _DECOMPRESSORS.get(_compression(name)), shown, meter or Meter()), 16 * BLOCK)


class _Text(io.RawIOBase):
    """The decompressed bytes of a stream; any damage raises a ValueError.

    The standard library treats trailing bytes after a complete bzip2 or xz stream as padding, and zstandard accepts a
    truncated frame. This reader requires the whole file to be intact.
    """

    def __init__(self, source: BinaryIO, decompressor: Callable[[], Any] | None, name: str, meter: Meter) -> None:
        self.name = name
        self._source = source
        self._new = decompressor
        self._current: Any = None
        self._num_whole = 0
        self._ready = memoryview(b"")
        self._given = 0
        self._meter = meter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            try:
                data = self._source.read(BLOCK)
                self._meter.done += len(data)
                if not data and self._current is None:
                    return 0
                self._ready = memoryview(self._decompress(data) if self._new else data)
            except OSError as error:
                if error.errno is not None:
                    raise
                raise self._damaged(error) from None
            except _DAMAGE as error:
                raise self._damaged(error) from None
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        self._given += size
        return size

    def _decompress(self, data: bytes) -> bytes:
        assert self._new is not None
        if not data:
            raise EOFError("it ends in the middle of a compressed stream")
        texts = []
        while data:
            if self._current is None:
                # Streams may be concatenated, with zero padding between them.
                data = data.lstrip(b"\0") if self._num_whole else data
                if not data:
                    break
                self._current = self._new()
            texts.append(self._current.decompress(data))
            if not self._current.eof:
                break
            data = self._current.unused_data
            self._current = None
            self._num_whole += 1
        return b"".join(texts)

    def _damaged(self, error: Exception) -> ValueError:
        return ValueError(
            f"{self.name}: damaged or cut off after {self._given} bytes of text ({error}); download it again"
        )


def _from_zip(path: Path, member: str | None, stack: ExitStack, meter: Meter) -> tuple[str, Any]:
    archive = stack.enter_context(zipfile.ZipFile(path))
    name = _pick(path, _zip_names(archive), member)
    meter.total += archive.getinfo(name).file_size
    return name, stack.enter_context(archive.open(name))


def _from_tar(path: Path, member: str | None, stack: ExitStack, meter: Meter) -> tuple[str, Any]:
    name = _pick(path, _tar_names(path), member)
    packed = stack.enter_context(_open(path, meter))
    archive = stack.enter_context(tarfile.TarFile.open(fileobj=packed, mode="r|"))
    return name, archive.extractfile(next(entry for entry in archive if entry.name == name and entry.isfile()))


def _archive(path: Path) -> str | None:
    name = path.name
    if name.endswith(".zip"):
        return "zip"
    return "tar" if name.endswith(".tgz") or name.removesuffix(_compression(name)).endswith(".tar") else None


def _compression(name: str) -> str:
    if name.endswith(".tgz"):
        return ".gz"
    return next((suffix for suffix in _DECOMPRESSORS if name.endswith(suffix)), "")


def _zip_names(archive: zipfile.ZipFile) -> list[str]:
    return [entry.filename for entry in archive.infolist() if not entry.is_dir()]


def _tar_names(path: Path) -> list[str]:
    with _open(path, Meter()) as packed:
        with tarfile.open(fileobj=packed, mode="r|") as archive:
            names = [entry.name for entry in archive if entry.isfile()]
        while packed.read(BLOCK):  # read to the end to verify the checksum
            pass
    return names


def _pick(path: Path, names: list[str], member: str | None) -> str:
    shown = ", ".join(sorted(names)[:MAX_NAMES]) + (", ..." if len(names) > MAX_NAMES else "") or "no files"
    if member is None:
        if len(names) != 1:
            raise ValueError(f"{path}: the archive holds {len(names)} files; say as `member` which: {shown}")
        return names[0]
    found = [name for name in names if name == member] or [name for name in names if fnmatchcase(name, member)]
    if len(found) != 1:
        raise ValueError(f"{path}: member {member!r} fits {len(found) or 'none'} of its files: {shown}")
    return found[0]


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise ValueError(f"{path}: damaged archive ({error}); download it again") from None
    except OSError as error:
        # A wrong offset in the zip directory may make a seek position negative.
        if error.errno != errno.EINVAL:
            raise
        raise ValueError(f"{path}: damaged archive ({error}); download it again") from None
