"""Returned files with random damage: each is refused, or read without a crash and without a shift between rows."""

import io
import random
import zipfile

import pytest

from gdig.seeds.import_ import import_files
from gdig.seeds.tsv import read_tsv, write_tsv
from gdig.seeds.xliff import read_xliff, write_xliff
from gdig.seeds.xlsx import read_xlsx, write_xlsx
from tests.seeds.conftest import handout_of, libreoffice_workbook, small_task

TASK = small_task()
DRAFTS = {pair.id: pair for pair in TASK.drafts}
PIECES = [b"\t", b"\n", b'"', b"<", b">", b"&", b"\0", b"\xff", b";", b"=", b"\r", b"\xe2\x80\xa8", b"1e5"]


def damaged(content, generator):
    content = bytearray(content)
    for _ in range(generator.choice([1, 1, 2, 5])):
        place, other = generator.randrange(len(content) + 1), generator.randrange(len(content) + 1)
        kind = generator.randrange(10)
        if kind < 3:
            content[place : place + 1] = bytes([generator.randrange(256)])
        elif kind < 5:
            del content[place : place + generator.choice([1, 2, 10, 100])]
        elif kind < 7:
            content[place:place] = generator.choice(PIECES)
        elif kind < 9:
            content[place:place] = content[other : other + generator.choice([3, 30, 300])]
        else:
            del content[place:]
    return bytes(content)


def damaged_part(content, generator):
    """Damage one part of a ZIP file inside, so that its checksums are right."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        hit = generator.choice(old.namelist())
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, damaged(part, generator) if name == hit else part)
    return out.getvalue()


def write(path):
    if path.suffix == ".tsv":
        write_tsv(path, handout_of(TASK))
    elif path.suffix == ".xlf":
        write_xliff(path, handout_of(TASK), "2.0" if path.stem == "2" else "1.2")
    else:
        write_xlsx(path, handout_of(TASK))
        if path.stem == "libreoffice":
            libreoffice_workbook(path, path)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["a.tsv", "1.xlf", "2.xlf", "own.xlsx", "libreoffice.xlsx"])
def test_damage(tmp_path, name):
    path = tmp_path / name
    write(path)
    whole, generator = path.read_bytes(), random.Random(name)
    drafts = {pair.id: pair for pair in TASK.drafts}
    taken = refused = 0
    for _ in range(300):
        in_part = path.suffix == ".xlsx" and generator.random() < 0.8
        path.write_bytes((damaged_part if in_part else damaged)(whole, generator))
        try:
            read = {".tsv": lambda path: read_tsv(path, DRAFTS), ".xlf": read_xliff, ".xlsx": read_xlsx}[path.suffix]
            report = import_files([read(path)], [], TASK, partial=False)
        except ValueError:
            refused += 1
            continue
        if report.problems:
            refused += 1
            continue
        taken += 1
        assert [(row.id, row.src) for row in report.rows] == [(pair.id, pair.src) for pair in TASK.drafts]
        others = {pair.trg for pair in TASK.drafts}
        assert not any(row.trg in others - {drafts[row.id].trg} for row in report.rows)
    assert taken > 10
    assert refused > 10
