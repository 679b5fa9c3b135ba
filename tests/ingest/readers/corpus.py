"""One small corpus, written in every format that is read, with the number of each row on both of its sides."""

import bz2
import csv
import gzip
import io
import json
import lzma
import re
import tarfile
import zipfile
from collections import Counter
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from gdig.config import FilesSource
from gdig.ingest.readers.parallel import read
from gdig.ingest.readers.rows import Malformed
from gdig.run.progress import Meter

NUM_ROWS = 14


def row(number):
    """A row that says its number three times on either side, so that one wrong byte cannot make it another's."""
    mark = f"[{number:03d}]"
    return f"{mark} Grüße, {mark} „Öl“ {mark} 你好。", f"{mark} Greetings, {mark} 'oil' {mark} hello."


ROWS = [row(number) for number in range(NUM_ROWS)]


def tsv(rows, header="de\ten\n"):
    return (header + "".join(f"{src}\t{trg}\n" for src, trg in rows)).encode()


def comma_separated(rows, quoting=csv.QUOTE_MINIMAL):
    text = io.StringIO(newline="")
    csv.writer(text, quoting=quoting, lineterminator="\n").writerows([("de", "en"), *rows])
    return text.getvalue().encode()


def json_lines(rows):
    return "".join(json.dumps({"id": 1, "translation": {"de": s, "en": t}}) + "\n" for s, t in rows).encode()


def json_array(rows):
    values = [{"id": n, "translation": {"de": s, "en": t}} for n, (s, t) in enumerate(rows)]
    return json.dumps(values, ensure_ascii=False, indent=2).encode()


def parquet(rows):
    stream = io.BytesIO()
    table = pa.table({"number": range(len(rows)), "en": [t for _, t in rows], "de": [s for s, _ in rows]})
    pq.write_table(table, stream, write_page_checksum=True)
    return stream.getvalue()


def tmx(rows):
    units = "".join(
        f'<tu><prop type="x">y</prop><tuv xml:lang="en-GB"><seg>{escape(t)}</seg></tuv>'
        f'<tuv xml:lang="de"><seg>{escape(s)}</seg></tuv></tu>\n'
        for s, t in rows
    )
    return f'<?xml version="1.0"?><tmx version="1.4"><header srclang="de"/><body>{units}</body></tmx>'.encode()


def xliff12(rows):
    units = "".join(
        f'<trans-unit id="{n}"><source>{escape(s)}</source><target state="final">{escape(t)}</target>'
        f"<alt-trans><source>another</source><target>suggestion</target></alt-trans></trans-unit>\n"
        for n, (s, t) in enumerate(rows)
    )
    return (
        f'<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"><file original="x"><body>{units}</body>'
        f"</file></xliff>"
    ).encode()


def xliff20(rows):
    units = "".join(
        f'<unit id="u{n}"><segment><source>{escape(s)}</source><target>{escape(t)}</target></segment></unit>\n'
        for n, (s, t) in enumerate(rows)
    )
    return (
        f'<xliff version="2.0" xmlns="urn:oasis:names:tc:xliff:document:2.0" srcLang="de" trgLang="en">'
        f'<file id="f">{units}</file></xliff>'
    ).encode()


def plain(rows, side):
    return "".join(f"{row[side]}\n" for row in rows).encode()


def zipped(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return stream.getvalue()


def tarred(**members):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"folder/{name.replace('_', '.')}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


NAMES = ["de", "en"]
NESTED = ["translation.de", "translation.en"]
BOTH = {"text_de": plain(ROWS, 0), "text_en": plain(ROWS, 1)}

FILES = {
    "tsv": ({"text.tsv": tsv(ROWS)}, {"columns": NAMES}),
    "tsv without header": ({"text.txt": tsv(ROWS, "")}, {"columns": [1, 2], "format": "tsv"}),
    "csv": ({"text.csv": comma_separated(ROWS)}, {"columns": NAMES}),
    "csv quoted": ({"text.csv": comma_separated(ROWS, csv.QUOTE_ALL)}, {"columns": NAMES}),
    "jsonl": ({"text.jsonl": json_lines(ROWS)}, {"columns": NESTED}),
    "json": ({"text.json": json_array(ROWS)}, {"columns": NESTED}),
    "json of lines": ({"text.json": json_lines(ROWS)}, {"columns": NESTED}),
    "parquet": ({"text.parquet": parquet(ROWS)}, {"columns": NAMES}),
    "tmx": ({"text.tmx": tmx(ROWS)}, {"columns": NAMES}),
    "xliff 1.2": ({"text.xlf": xliff12(ROWS)}, {}),
    "xliff 2.0": ({"text.xliff": xliff20(ROWS)}, {}),
    "two plain": ({"text.de": plain(ROWS, 0), "text.en": plain(ROWS, 1)}, {}),
    "gz": ({"text.tsv.gz": gzip.compress(tsv(ROWS))}, {"columns": NAMES}),
    "zst": ({"text.tsv.zst": zstandard.ZstdCompressor(write_checksum=True).compress(tsv(ROWS))}, {"columns": NAMES}),
    "xz": ({"text.tsv.xz": lzma.compress(tsv(ROWS))}, {"columns": NAMES}),
    "bz2": ({"text.tsv.bz2": bz2.compress(tsv(ROWS))}, {"columns": NAMES}),
    "zip": ({"text.zip": zipped(text_tsv=tsv(ROWS))}, {"columns": NAMES}),
    "two plain in a zip": ({"text.zip": zipped(**BOTH)}, {"member": ["text.de", "*.en"]}),
    "tgz": ({"text.tgz": tarred(notes_txt=b"x", text_tmx=tmx(ROWS))}, {"columns": NAMES, "member": "*.tmx"}),
    "two plain in a tar.gz": ({"text.tar.gz": tarred(**BOTH)}, {"member": ["folder/text.de", "folder/*.en"]}),
}
"""Of each kind: contents by file name, and what its source says of it."""


def write(folder, contents):
    """Write files; return their paths."""
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


def source(paths, **layout):
    """The source of one file or two."""
    path = str(paths[0]) if len(paths) == 1 else [str(path) for path in paths]
    return FilesSource(**({"name": "x", "kind": "files", "path": path, "weight": 1.0} | layout))


def read_all(paths, **layout):
    """Return all rows of files, malformed ones too."""
    return list(read(paths, source(paths, **layout), Meter()))


def read_content(folder, name, content, **layout):
    """Return all rows of one file with this content."""
    return read_all(write(folder, {name: content}), **layout)


def reasons(rows):
    """Return why rows were rejected, in order."""
    return [row.reason for row in rows if isinstance(row, Malformed)]


def good(rows):
    """Return the rows that were not rejected."""
    return [row for row in rows if not isinstance(row, Malformed)]


def number_of(side):
    """Return the number that a side says most often, None where it says none."""
    found = Counter(re.findall(r"\[(\d{3})\]", side)).most_common(2)
    return found[0][0] if found and (len(found) == 1 or found[0][1] > found[1][1]) else None
