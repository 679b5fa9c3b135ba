import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.ingest.readers.corpus import good, read_content, reasons, row, tmx, xliff12, xliff20

DE_EN = {"columns": ["de", "en"]}


def tmx_of(*units):
    return f'<?xml version="1.0"?><tmx version="1.4"><body>{"".join(units)}</body></tmx>'


def unit(*variants):
    return "<tu>" + "".join(f'<tuv xml:lang="{code}"><seg>{text}</seg></tuv>' for code, text in variants) + "</tu>"


def test_tmx_takes_languages_by_code(tmp_path):
    content = tmx_of(
        unit(("EN_us", "Yes"), ("DE", "Ja"), ("fr", "Oui")),
        '<tu><tuv lang="de-AT"><seg>A <ph>&lt;b&gt;</ph>fett<!-- no --><?no?> &amp; <it>x</it>.</seg></tuv>'
        '<tuv lang="en"><note>n</note><seg>Bold</seg></tuv></tu>',
        unit(("de", "nur")),
        unit(("de-DE", "a"), ("de-AT", "b"), ("en", "c")),
        unit(("de", " "), ("en", "c")),
        unit(("den", "a"), ("en", "c")),
    ).encode()
    rows = read_content(tmp_path, "a.tmx", content, **DE_EN)
    assert good(rows) == [("Ja", "Yes"), ("A fett & .", "Bold")]
    assert reasons(rows) == ["no text in 'en'", "more than one text in 'de'", "empty side", "no text in 'de'"]
    assert read_content(tmp_path, "a.tmx", content, columns=["de-at", "en"])[3] == ("b", "c")


def test_tmx_in_utf16_as_many_tools_write_it(tmp_path):
    content = tmx_of(unit(("de", "Öl 你好"), ("en", "Oil"))).replace('"1.0"', '"1.0" encoding="UTF-16"', 1)
    assert read_content(tmp_path, "a.tmx", content.encode("utf-16"), **DE_EN) == [("Öl 你好", "Oil")]


def test_xml_that_is_not_well_formed_names_file_and_line(tmp_path):
    with pytest.raises(ValueError, match=r"a.tmx: not well-formed XML in line 2: .*"):
        read_content(tmp_path, "a.tmx", b"<tmx>\n<tu></tmx>", **DE_EN)


def test_an_entity_reads_no_other_file(tmp_path):
    (tmp_path / "secret").write_text("secret")
    head = f'<!DOCTYPE tmx [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>'
    content = tmx_of(unit(("de", "x &e;"), ("en", "y"))).replace("<tmx", f"{head}<tmx", 1)
    assert "secret" not in str(read_content(tmp_path, "a.tmx", content.encode(), **DE_EN)).replace("/secret", "")


def test_xliff_takes_the_translation_and_no_suggestion(tmp_path):
    for content in (xliff12([row(1), row(2)]), xliff20([row(1), row(2)])):
        assert read_content(tmp_path, "a.xlf", content) == [row(1), row(2)]


def test_xliff_units_without_a_side_and_with_tags(tmp_path):
    content = (
        b'<xliff version="1.2"><file><body><group>'
        b'<trans-unit id="1"><source>A <g id="1">b</g><x id="2"/>.</source><target>C.</target></trans-unit>'
        b'<trans-unit id="2"><source>A</source></trans-unit>'
        b'<trans-unit id="3"><source>A</source><target/></trans-unit>'
        b"</group></body></file></xliff>"
    )
    rows = read_content(tmp_path, "a.xlf", content)
    assert good(rows) == [("A b.", "C.")]
    assert reasons(rows) == ["no target", "empty side"]


def test_markup_of_the_document_is_no_text(tmp_path):
    german = (
        b'Ein <bpt i="1">{\\b </bpt>Wort<ept i="1">}</ept> <hi>mit <ph>&lt;br/&gt;</ph>mehr</hi><it pos="end">}</it>.'
    )
    unit = b'<tu><tuv xml:lang="de"><seg>%b</seg></tuv><tuv xml:lang="en"><seg>A word.</seg></tuv></tu>' % german
    assert read_content(tmp_path, "a.tmx", b"<tmx><body>%b</body></tmx>" % unit, **DE_EN) == [
        ("Ein Wort mit mehr.", "A word.")
    ]
    unit = b"<trans-unit><source>%b</source><target>A word.</target></trans-unit>" % german
    assert read_content(tmp_path, "a.xlf", b"<xliff><file><body>%b</body></file></xliff>" % unit) == [
        ("Ein Wort mit mehr.", "A word.")
    ]


MEASURE = """
import re, sys
from pathlib import Path
from gdig.ingest.readers.parallel import read
from gdig.run.progress import Meter
from tests.ingest.readers.corpus import source
for path in map(Path, sys.argv[1:]):
    layout = {"columns": ["de", "en"]} if path.suffix == ".tmx" else {}
    print(sum(1 for _ in read([path], source([path], **layout), Meter())))
    print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.parametrize(("suffix", "write"), [("tmx", tmx), ("xlf", xliff12), ("xliff", xliff20)])
def test_memory_does_not_grow_with_the_file(tmp_path, suffix, write):
    paths = [tmp_path / f"{count}.{suffix}" for count in (100, 40_000)]
    for path in paths:
        path.write_bytes(write([row(number % 1000) for number in range(int(path.stem))]))
    # In a process of its own: a peak is that of all that went before.
    out = subprocess.run([sys.executable, "-c", MEASURE, *paths], capture_output=True, text=True, check=True, cwd=ROOT)
    few, before, many, after = map(int, out.stdout.split())
    assert (few, many) == (100, 40_000)
    assert (after - before) * 1024 < paths[1].stat().st_size / 4
