"""Lines of text: TSV, CSV, and two line-aligned plain files.

Only `\n` ends a line. A side may contain U+2028, U+0085, a vertical tab, a form feed or a carriage return;
str.splitlines splits at these, which would misalign every later row. A file whose lines end with carriage returns alone
is refused.
"""

import csv
import io
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice, zip_longest
from typing import Any

from gdig.config import ScoreColumn
from gdig.ingest.readers.rows import Malformed, Row, column_index, excerpt, is_blank, score_problem

BLOCK = 1 << 16
"""Bytes decoded at a time."""
NUM_PROBED = 1000
"""Rows read to infer the number of columns of a file without a header."""
MAX_RECORD_LINES = 100
"""Maximum lines of one quoted CSV record, so that a stray quote cannot consume the whole file."""

Columns = list[str] | list[int]
"""Two names if the file has a header, else two numbers, counted from 1."""


def tsv(stream: io.BufferedReader, columns: Columns, score: ScoreColumn | None) -> Iterator[Row | Malformed]:
    """Yield the rows of a tab-separated file; quotes have no special meaning."""
    records = (line if isinstance(line, Malformed) else line.split("\t") for line in lines(stream))
    yield from _delimited(records, columns, score, stream.name)


def comma_separated(
    stream: io.BufferedReader, columns: Columns, score: ScoreColumn | None
) -> Iterator[Row | Malformed]:
    """Yield the rows of a CSV file; quoted fields may contain commas, quotes and line feeds."""
    yield from _delimited(_csv_records(stream), columns, score, stream.name)


def plain(source: io.BufferedReader, target: io.BufferedReader) -> Iterator[Row | Malformed]:
    """Yield the rows of two line-aligned files, one side per line.

    Raises:
        ValueError: one has more lines than the other.
    """
    for number, (src, trg) in enumerate(zip_longest(lines(source), lines(target))):
        if src is None or trg is None:
            shorter, longer = (source, target) if src is None else (target, source)
            raise ValueError(
                f"{shorter.name}: ends after {number} lines, but its partner {longer.name} has more; the two must have "
                f"the same number of lines, ended by line feeds"
            )
        if isinstance(src, Malformed):
            yield src
        elif isinstance(trg, Malformed):
            yield trg
        elif is_blank(src) or is_blank(trg):
            yield Malformed("empty side", excerpt(f"{src} | {trg}"))
        else:
            yield src, trg


def lines(stream: io.BufferedReader) -> Iterator[str | Malformed]:
    """Yield lines without their end (`\\n` or `\\r\\n`).

    Decodes whole blocks; only a block with an error is decoded line by line.
    """
    offset = skip_mark(stream)
    while block := stream.read(BLOCK) + stream.readline():
        try:
            text = block.decode()
            sound = "\0" not in text
        except UnicodeDecodeError:
            sound = False
        if not sound:
            yield from _examined(block, offset)
        elif "\r" in text:
            yield from [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
        else:
            yield from text.removesuffix("\n").split("\n")
        offset += len(block)


def _examined(block: bytes, offset: int) -> Iterator[str | Malformed]:
    for raw in io.BytesIO(block):
        try:
            line = raw.decode()
        except UnicodeDecodeError as error:
            yield _undecodable(raw, offset, error)
        else:
            if "\0" in line:
                yield Malformed("NUL character", excerpt(f"byte {offset + raw.index(0)}: {line!r}"))
            else:
                yield line.removesuffix("\n").removesuffix("\r")
        offset += len(raw)


def skip_mark(stream: io.BufferedReader) -> int:
    """Skip a UTF-8 byte order mark; return its length.

    Raises:
        ValueError: the stream is UTF-16, or its lines end with carriage returns alone.
    """
    start = stream.peek()
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ValueError(f"{stream.name}: is UTF-16; convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)")
    if b"\r" in start and b"\n" not in start:
        raise ValueError(
            f"{stream.name}: line 1 has carriage returns and no line feed; convert the line ends (tr '\\r' '\\n')"
        )
    return len(stream.read(3)) if start[:3] == b"\xef\xbb\xbf" else 0


def _undecodable(raw: bytes, offset: int, error: UnicodeDecodeError) -> Malformed:
    text = raw.decode("utf-8", "backslashreplace")
    return Malformed("invalid UTF-8", excerpt(f"byte {offset + error.start}: {text}"))


def _csv_records(stream: io.BufferedReader) -> Iterator[list[str] | Malformed]:
    offset = skip_mark(stream)
    width = 0
    waiting: deque[bytes] = deque()
    taken: list[bytes] = []

    def record_lines() -> Iterator[str]:
        while len(taken) < MAX_RECORD_LINES and (raw := waiting.popleft() if waiting else stream.readline()):
            taken.append(raw)
            yield raw.decode("utf-8", "surrogateescape")

    while True:
        taken.clear()
        record: list[str] | Malformed | None
        try:
            record = next(csv.reader(record_lines(), strict=True), None)
            width = width or len(record or ())
            if record and len(taken) > 1 and len(record) != width:
                raise csv.Error("two stray quotes can be taken for a pair")
        except csv.Error:
            # A stray quote may have opened the record: read its other lines again as separate rows.
            waiting.extendleft(reversed(taken[1:]))
            del taken[1:]
            record = Malformed("not CSV", excerpt(taken[0].decode("utf-8", "backslashreplace")))
        if record is None:
            return
        raw = b"".join(taken)
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            record = _undecodable(raw, offset, error)
        if b"\0" in raw:
            record = Malformed("NUL character", excerpt(f"byte {offset + raw.index(0)}: {raw!r}"))
        yield record
        offset += len(raw)


def _delimited(
    records: Iterable[list[str] | Malformed], columns: Columns, score: ScoreColumn | None, file: str
) -> Iterator[Row | Malformed]:
    """Yield the two columns of the records with the expected number of columns."""
    records = iter(records)
    wanted: list[Any] = [*columns, *([score.column] if score else [])]
    if isinstance(wanted[0], str):
        header = next(records, [])
        if isinstance(header, Malformed):
            raise ValueError(f"{file}: the header cannot be read: {header.reason}, {header.text}")
        places = [column_index(header, name, file) for name in wanted]
        width = len(header)
    else:
        probed = list(islice(records, NUM_PROBED))
        records = chain(probed, records)
        places = [number - 1 for number in wanted]
        width = _usual_width(probed, max(wanted), file)
    src_place, trg_place, *score_places = places
    for fields in records:
        if isinstance(fields, Malformed):
            yield fields
            continue
        if len(fields) != width:
            reason = "wrong number of columns" if any(fields) else "empty line"
            yield Malformed(reason, excerpt("\t".join(fields)))
            continue
        if score is not None and (problem := score_problem(fields[score_places[0]], score.min)):
            yield Malformed(problem, excerpt("\t".join(fields)))
            continue
        src, trg = fields[src_place], fields[trg_place]
        # is_blank inlined: saves two calls per row
        if not src or not trg or src.isspace() or trg.isspace():
            yield Malformed("empty side", excerpt("\t".join(fields)))
        else:
            yield src, trg


def _usual_width(records: list[list[str] | Malformed], least: int, file: str) -> int:
    """Return the most common number of columns: a row with more has a tab inside a text, which shifts its columns."""
    widths = Counter(len(fields) for fields in records if not isinstance(fields, Malformed))
    if widths and max(widths) < least:
        raise ValueError(
            f"{file}: there are {max(widths)} columns, so there is no number {least}; set `columns` (counted from 1)"
        )
    return max((width for width in widths if width >= least), key=lambda w: (widths[w], -w), default=least)
