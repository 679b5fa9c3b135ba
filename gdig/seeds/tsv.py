"""Revision files as tab-separated text."""

from collections.abc import Mapping
from pathlib import Path

from gdig.io.records import Pair
from gdig.seeds.rows import COLUMNS, KNOWN, Handout, Returned, row_of
from gdig.seeds.sheets.table import Line
from gdig.seeds.sheets.texts import words
from gdig.seeds.sheets.tsv import read_table, write_table


def write_tsv(path: Path, handout: Handout) -> None:
    """Write one line per draft."""
    write_table(path, COLUMNS, handout.cells())


def read_tsv(path: Path, drafts: Mapping[str, Pair], encoding: str | None = None) -> Returned:
    """Read a returned table; `drafts` are the drafts sent, by id.

    Raises:
        ValueError: wrong encoding or header.
    """

    def is_as_sent(line: Line) -> bool:
        draft = drafts.get(line.texts.get("id", "").strip())
        if draft is None or words(line.texts.get("source", "")) != words(draft.src):
            return False
        # Only targets may contain quotation marks.
        return words(line.texts.get("original target", draft.trg)) == words(draft.trg)

    table = read_table(path, KNOWN, is_as_sent, encoding)
    return Returned(path, list(map(row_of, table.lines)), is_plain_table=True, warnings=table.warnings)
