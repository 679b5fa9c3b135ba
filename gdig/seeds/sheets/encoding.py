"""Decode a returned text file, or name the byte that cannot be decoded."""

import codecs
from pathlib import Path

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_text(path: Path, encoding: str | None = None) -> str:
    """Read a file as UTF-8, as UTF-16 if it has a byte order mark, or in the given encoding.

    Raises:
        ValueError: the bytes are not valid in that encoding; names the byte, its line and the remedy.
    """
    content = path.read_bytes()
    mark, found = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", "utf-8"))
    if not mark and not encoding and b"\0" in content:
        # Check for zeros first: in UTF-16 the invalid byte is half a character, and would be guessed as cp1252.
        raise _zero(content.index(0))
    encoding = encoding or found
    try:
        text = content[len(mark) :].decode(encoding)
    except LookupError:
        raise ValueError(f"--encoding {encoding}: unknown encoding; try cp1252 or utf-16-le") from None
    except UnicodeDecodeError as error:
        start = error.start + len(mark)
        line = content[:start].count(b"\n") + 1
        raise ValueError(
            f"not {encoding.upper()}: byte {start} ({content[start : start + 1].hex()}) on line {line}; save the file "
            f"as UTF-8{_guess(content[start : start + 1])}"
        ) from None
    if "\0" in text:
        raise _zero(text.encode(encoding).index(0) + len(mark))
    return text


def _zero(place: int) -> ValueError:
    return ValueError(
        f"byte {place} is zero: this looks like UTF-16 without a byte order mark; save the file as UTF-8, or say "
        f"--encoding utf-16-le"
    )


def _guess(byte: bytes) -> str:
    try:
        return f", or say --encoding cp1252 if that byte is meant to be {byte.decode('cp1252')!r}"
    except UnicodeDecodeError:
        return ""
