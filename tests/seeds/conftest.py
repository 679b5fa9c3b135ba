"""Drafts with texts that files are known to spoil, and how other programs save a file of them."""

import csv
import io
import zipfile
from xml.sax.saxutils import escape

import pytest
from openpyxl import load_workbook

from gdig.io.records import Pair
from gdig.seeds.draft import drafts_digest
from gdig.seeds.import_ import Task
from gdig.seeds.rows import Handout

HARD = (
    "plain words {n}", '"quoted" at the start {n}', '"wholly quoted {n}"', 'in the "middle" {n}', "a lone \" mark {n}",
    "=SUM(A1:A{n})", "+{n} and more", "-{n} degrees", "@name{n}", "'apostrophe {n}", " leading space {n}",
    "trailing space {n} ", "two  spaces {n}", "line one\nline {n}", "carriage\r\nreturn {n}", "tab\there {n}",
    "no\u00a0break {n}", "\u3000ideographic space {n}", "emoji 👩\u200d👩\u200d👧 {n}", "שלום עולם {n}",
    "مرحبا \u200f{n}", "经济增长了{n}％。", "cafe\u0301 {n}", "café {n}", "00{n}", "{n}e5", "TRUE {n}",
    "2024-01-02 {n}", "a\u2028b\u0085c {n}", "<b>&amp; {n}</b>", "semi; colon, comma {n}", "_x000A_ {n} _x0041_",
    "back\\n slash {n}", "bell\x07 and \x1b[0m {n}", "%d of {{n}} {n}", "arrows ↵ ⇥ {n}", "a [b] [c] {n}",
    "\ufeffmark {n}", "zero\u200bwidth {n}", "ĳ ﬁ Ⅻ {n}",
)  # fmt: skip

COUNT = 256
RESERVE = 32


@pytest.fixture(scope="session")
def drafts() -> list[Pair]:
    bare = ["007", "1e5", "TRUE", "2024-01-02", "1/2", "=1+1", "#N/A", "NULL", "true", "-", "'", '"']
    pairs = [Pair(f"hard-{n:07d}", f"source of {text}", text) for n, text in enumerate(bare)]
    for n in range(len(bare), COUNT + RESERVE):
        text = HARD[n % len(HARD)].replace("{n}", str(n))
        pairs.append(Pair(f"hard-{n:07d}", f"{text} source", text))
    return pairs


@pytest.fixture(scope="session")
def task(drafts) -> Task:
    """Of a language whose script is not checked, as the texts are of many."""
    return Task(drafts, COUNT, ("de", "xx"), frozenset())


@pytest.fixture(scope="session")
def handout(drafts) -> Handout:
    return Handout(drafts[:COUNT], drafts[COUNT:], "de", "xx", drafts_digest(drafts))


def small_task(count: int = 10, reserve: int = 2, target: str = "en") -> Task:
    topics = (
        "tree",
        "house",
        "river",
        "stone",
        "cloud",
        "bread",
        "music",
        "window",
        "winter",
        "garden",
        "silver",
        "bee",
    )
    pairs = [
        Pair(f"s-{n}", f"Der deutsche Satz über {topic}, bitte", f"the english sentence about {topic}, please")
        for n, topic in enumerate(topics[: count + reserve])
    ]
    return Task(pairs, count, ("de", target), frozenset())


def handout_of(task: Task) -> Handout:
    return Handout(task.drafts[: task.count], task.drafts[task.count :], *task.languages, drafts_digest(task.drafts))


def libreoffice_table(path, *, delimiter="\t", quote_all=False, line_end="\n") -> str:
    """Return the text that LibreOffice Calc saves for a workbook: quotes where they are needed, or everywhere."""
    rows = [
        [(cell.value or "").replace("_x005F_", "_") for cell in row] for row in load_workbook(path)["seeds"].iter_rows()
    ]
    stream = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=line_end).writerows(rows)
    return stream.getvalue()


def libreoffice_workbook(path, out, *, who="", when="2025-03-01T10:00:00Z", edits=None) -> None:
    """Save a workbook in the parts and forms that LibreOffice Calc writes: strings shared, some of them in runs.

    Args:
        path: a workbook.
        out: where to save it.
        who: who saved it last.
        when: when.
        edits: new XML of single cells, by place.
    """
    book = load_workbook(path)
    digest = book.custom_doc_props.props[0].value
    strings: list[str] = []
    lines = []
    for row in book["seeds"].iter_rows():
        cells = []
        for cell in row:
            if edits and cell.coordinate in edits:
                cells.append(edits[cell.coordinate])
            elif cell.value is None:
                cells.append(f'<c r="{cell.coordinate}" s="1"/>')
            else:
                cells.append(f'<c r="{cell.coordinate}" s="1" t="s"><v>{len(strings)}</v></c>')
                strings.append(cell.value)
        lines.append(f'<row r="{row[0].row}" customFormat="false" ht="12.8" hidden="false">{"".join(cells)}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(
            f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-{kind}+xml"/>'
            for name, kind in (
                ("xl/workbook.xml", "officedocument.spreadsheetml.sheet.main"),
                ("xl/worksheets/sheet1.xml", "officedocument.spreadsheetml.worksheet"),
                ("xl/styles.xml", "officedocument.spreadsheetml.styles"),
                ("xl/sharedStrings.xml", "officedocument.spreadsheetml.sharedStrings"),
                ("docProps/core.xml", "package.core-properties"),
                ("docProps/custom.xml", "officedocument.custom-properties"),
            )
        )
        + "</Types>",
        "_rels/.rels": _relations(
            package,
            (f"{office}/relationships/officeDocument", "xl/workbook.xml"),
            (f"{package}/relationships/metadata/core-properties", "docProps/core.xml"),
            (f"{office}/relationships/custom-properties", "docProps/custom.xml"),
        ),
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{package}/metadata/core-properties" '
        'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:creator>G-DIG</dc:creator>'
        f"<cp:lastModifiedBy>{who}</cp:lastModifiedBy>"
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{when}</dcterms:modified></cp:coreProperties>',
        "docProps/custom.xml": f'<Properties xmlns="{office}/custom-properties" xmlns:vt="{office}/docPropsVTypes">'
        '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="gdig drafts"><vt:lpwstr>'
        f"{digest}</vt:lpwstr></property></Properties>",
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}/relationships"><sheets>'
        '<sheet name="seeds" sheetId="1" state="visible" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            package,
            (f"{office}/relationships/worksheet", "worksheets/sheet1.xml"),
            (f"{office}/relationships/styles", "styles.xml"),
            (f"{office}/relationships/sharedStrings", "sharedStrings.xml"),
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><numFmts count="1"><numFmt numFmtId="164" formatCode="General"/>'
        '</numFmts><fonts count="1"><font><sz val="10"/><name val="Arial"/></font></fonts><fills count="1"><fill>'
        '<patternFill patternType="none"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/>'
        '</border></borders><cellStyleXfs count="1"><xf numFmtId="164"/></cellStyleXfs><cellXfs count="2">'
        '<xf numFmtId="164" xfId="0"/><xf numFmtId="49" xfId="0"/></cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}" count="{len(strings)}" uniqueCount="{len(strings)}">'
        + "".join(map(_shared_string, strings, range(len(strings))))
        + "</sst>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><dimension ref="A1:G{len(lines)}"/>'
        f"<sheetData>{''.join(lines)}</sheetData></worksheet>",
    }
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + text)


def _relations(package, *targets):
    rows = "".join(f'<Relationship Id="rId{n}" Type="{t}" Target="{f}"/>' for n, (t, f) in enumerate(targets, start=1))
    return f'<Relationships xmlns="{package}/relationships">{rows}</Relationships>'


def _shared_string(text, number):
    if number % 5 or len(text) < 4:
        return f'<si><t xml:space="preserve">{escape(text)}</t></si>'
    runs = (text[:2], text[2:])
    return (
        "<si>"
        + "".join(f'<r><rPr><sz val="10"/></rPr><t xml:space="preserve">{escape(t)}</t></r>' for t in runs)
        + "</si>"
    )
