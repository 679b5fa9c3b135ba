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
    with pytest.raises(ValueError, match=r"a\.tmx: not well-formed XML in line 1: Entity 'e' not defined") as error:
        read_content(tmp_path, "a.tmx", content.encode(), **DE_EN)
    assert "secret" not in str(error.value)


def declared(entities, german, kind="tmx"):
    """A file of ten lines with these declarations on line 2, and the German side on line 9."""
    body = tmx_of(unit(("de", german), ("en", "Yes"))).partition("?>")[2]
    if kind == "xlf":
        body = f"<xliff><trans-unit><source>{german}</source><target>Yes</target></trans-unit></xliff>"
    lines = "\n" * 7
    return f'<?xml version="1.0"?>\n<!DOCTYPE {kind} [{entities}]>{lines}{body}\n'.encode()


@pytest.mark.parametrize("kind", ["tmx", "xlf"])
def test_declared_entities_are_resolved(tmp_path, kind):
    layout = DE_EN if kind == "tmx" else {}
    for entities, text, seen in (
        ('<!ENTITY firm "Meier &#38;amp; Söhne">', "Bei &firm;.", "Bei Meier & Söhne."),
        ('<!ENTITY a "eins &b;"><!ENTITY b "&#x7a;wei">', "&a; &amp; &#100;rei", "eins zwei & drei"),
        ('<!ENTITY br "<ph>&#38;lt;br></ph>">', "eins&br;zwei", "eins zwei"),
    ):
        content = declared(entities, text, kind)
        assert read_content(tmp_path, f"a.{kind}", content, **layout) == [(seen, "Yes")]


@pytest.mark.parametrize("kind", ["tmx", "xlf"])
@pytest.mark.parametrize(
    ("entities", "text", "message"),
    [
        ("", "&nbsp;", "line 9: Entity 'nbsp' not defined; declare it in the DOCTYPE or write its text"),
        ('<!ENTITY a "x">', "&a; &nbsp;", "line 9: Entity 'nbsp' not defined"),
        ('<!ENTITY a "&b;"><!ENTITY b "&c;"><!ENTITY c "&nbsp;">', "&a;", "line 9: Entity 'nbsp' not defined"),
        ('<!ENTITY a "&b;"><!ENTITY b "&a;">', "&a;", "line 9: Detected an entity reference loop"),
        ('<!ENTITY a SYSTEM "http://localhost/x">', "&a;", "line 9: Entity 'a' not defined"),
        ('<!ENTITY % p SYSTEM "file:///etc/hostname"> %p; <!ENTITY a "&b;">', "&a;", "Entity '[pb]' not defined"),
        ('<!ENTITY a "</seg>">', "&a;", "line 9: "),
        ("", "a & b", "line 9: .*; repair the file, or export it again"),
    ],
)
def test_an_error_of_an_entity_names_file_and_line(tmp_path, kind, entities, text, message):
    layout = DE_EN if kind == "tmx" else {}
    with pytest.raises(ValueError, match=rf"a\.{kind}: not well-formed XML in .*{message}") as error:
        read_content(tmp_path, f"a.{kind}", declared(entities, text, kind), **layout)
    assert "\n" not in str(error.value)


def test_an_undeclared_entity_of_an_external_dtd_is_an_error(tmp_path):
    (tmp_path / "tmx14.dtd").write_text('<!ENTITY nbsp "x">')
    head, odd = f'<!DOCTYPE tmx SYSTEM "{tmp_path}/tmx14.dtd">', unit(("de", "a&nbsp;b"), ("en", "c"))
    text = f"{head}\n<tmx><body>\n{odd}</body></tmx>"
    with pytest.raises(ValueError, match="line 3: Entity 'nbsp' not defined"):
        read_content(tmp_path, "a.tmx", text.encode(), **DE_EN)


def test_an_undeclared_entity_far_into_a_file(tmp_path):
    units = "\n".join(unit(("de", f"Ja {n}"), ("en", f"Yes {n}")) for n in range(70_000))
    with pytest.raises(ValueError, match="line 70001: Entity 'x' not defined"):
        read_content(tmp_path, "a.tmx", f"<tmx><body>{units}\n<tu>&x;</tu></body></tmx>".encode(), **DE_EN)


@pytest.mark.parametrize("text", ["&e9;", "&e0;\n" * 400_000])
def test_entities_do_not_expand_without_bound(tmp_path, text):
    """A text of 10 GB from ten entities, and one of 40 GB from many references to one of 100 kB."""
    tens = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    entities = f'<!ENTITY e0 "{"x" * (10 if text == "&e9;" else 100_000)}">{tens}'
    with pytest.raises(
        ValueError, match=r"a\.tmx: not well-formed XML in line \d+: a limit of the XML parser is exceeded"
    ):
        read_content(tmp_path, "a.tmx", declared(entities, text), **DE_EN)


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


def xliff_of(*units, version="1.2", more=""):
    return f'<xliff version="{version}"{more}><file>{"".join(units)}</file></xliff>'.encode()


def unit_1(number, state="", more=""):
    sides = f"<source>Quelle {number}</source><target{state}>Target {number}</target>"
    return f'<trans-unit id="{number}"{more}>{sides}</trans-unit>'


def unit_2(number, state="", more=""):
    sides = f"<source>Quelle {number}</source><target>Target {number}</target>"
    return f'<unit id="u{number}"{more}><segment{state}>{sides}</segment></unit>'


def numbers(rows):
    return [int(src.split()[1]) for src, _ in good(rows)]


def test_xliff_12_units_by_state(tmp_path):
    states = [
        "new", "needs-translation", "needs-l10n", "needs-adaptation", "needs-review-translation", "needs-review-l10n",
        "translated", "signed-off", "final", "x-checked",
    ]  # fmt: skip
    units = [unit_1(n, f' state="{state}"') for n, state in enumerate(states)]
    rows = read_content(tmp_path, "a.xlf", xliff_of(*units, unit_1(10)))
    assert numbers(rows) == [*range(3, 11)]
    assert reasons(rows) == ["not translated"] * 3
    assert rows[1].text == 'state="needs-translation": Quelle 1 | Target 1'
    waits = '<trans-unit id="1"><source>A</source><target state="new"/></trans-unit>'
    assert reasons(read_content(tmp_path, "a.xlf", xliff_of(waits))) == ["not translated"]


def test_xliff_20_segments_by_state(tmp_path):
    states = ["initial", "translated", "reviewed", "final"]
    units = [unit_2(n, f' state="{state}"') for n, state in enumerate(states)]
    rows = read_content(tmp_path, "a.xlf", xliff_of(*units, unit_2(4), version="2.1"))
    assert numbers(rows) == [1, 2, 3, 4]
    assert rows[0].text == 'state="initial": Quelle 0 | Target 0'


@pytest.mark.parametrize("unit", [unit_1, unit_2])
def test_units_not_to_be_translated(tmp_path, unit):
    no, yes = ' translate="no"', ' translate="yes"'
    rows = read_content(
        tmp_path,
        "a.xlf",
        xliff_of(
            unit(0, more=no),
            unit(1, more=yes),
            f"<group{no}>{unit(2)}<group>{unit(3)}{unit(4, more=yes)}</group></group>",
            f"<group{no}><group{yes}>{unit(5)}</group></group>",
            unit(6),
        ),
    )
    assert numbers(rows) == [1, 4, 5, 6]
    assert reasons(rows) == ["not translated"] * 3
    content = xliff_of(unit(0), unit(1, more=yes)).replace(b"<file>", b'<file translate="no">')
    assert numbers(read_content(tmp_path, "a.xlf", content)) == [1]


def test_words_that_are_not_to_be_translated_are_text(tmp_path):
    sides = "<source>Die <mrk translate='no'>GmbH</mrk></source><target>The <mrk translate='no'>GmbH</mrk></target>"
    content = xliff_of(f"<trans-unit id='1'>{sides}</trans-unit>")
    assert read_content(tmp_path, "a.xlf", content) == [("Die GmbH", "The GmbH")]


def test_translations_that_a_reviser_rejected(tmp_path):
    rows = read_content(tmp_path, "a.xlf", xliff_of(unit_1(0, ' state-qualifier="rejected-grammar"'), unit_1(1)))
    assert numbers(rows) == [1]
    rows += read_content(tmp_path, "a.xlf", xliff_of(unit_2(0, ' state="translated" subState="x:rejected"')))
    assert reasons(rows) == ["rejected by a reviser"] * 2


INLINE = [
    ('eins<x id="1"/>zwei', "eins zwei"),
    ("eins<ph>&lt;br/></ph><it pos='begin'>i</it>zwei<ut>u</ut>3", "eins zwei 3"),
    ('eins <x id="1"/>zwei<x id="2"/> drei', "eins zwei drei"),
    ('Ende.<x id="1"/>Anfang', "Ende. Anfang"),
    ('(<x id="1"/>eins<x id="2"/>), zwei<x id="3"/>.', "(eins), zwei."),
    ('eins<x id="1"/>(zwei)<x id="2"/>drei', "eins (zwei) drei"),
    ('un<g id="1">glaub</g>lich', "unglaublich"),
    ('un<bpt id="1">b</bpt>glaub<ept id="1">/b</ept>lich', "unglaublich"),
    ('un<hi type="b">glaub</hi><mrk mtype="term">lich</mrk>', "unglaublich"),
    ('un<bx id="1" ctype="bold"/>glaub<ex id="1"/>lich<bx id="2"/>eins<ex id="2"/>zwei', "unglaublich eins zwei"),
    ('un<sc id="1" type="fmt"/>glaub<ec startRef="1"/>lich<sc id="2"/>eins', "unglaublich eins"),
    ('un<it type="italic" pos="begin">i</it>glaublich', "unglaublich"),
    ('eins<ph type="fmt" subType="xlf:lb"/>zwei<g ctype="lb"/>drei', "eins zwei drei"),
    ('<mrk mtype="seg">Eins.</mrk><mrk mtype="seg">Zwei.</mrk>', "Eins. Zwei."),
    ('<bpt type="struct">td</bpt>eins<ept>/td</ept>', "eins"),
    ('eins<bpt type="struct">td</bpt>zwei', "eins zwei"),
    ('点击<x id="1"/>按钮', "点击按钮"),
    ('使用<x id="1"/>Python', "使用Python"),
    ('한국<x id="1"/>어', "한국 어"),
    ('कि<x id="1"/>ताब', "कि ताब"),
    ('l\'<x id="1"/>eau E<x id="2"/>-Mail', "l'eau E-Mail"),
    ("eins<ph>a<sub>Fußnote</sub>b</ph>zwei", "eins zwei"),
    ('eins<cp hex="001F"/>zwei', "eins zwei"),
    ("eins<!-- x -->zwei<?x y?>drei", "einszweidrei"),
    ("Eins\u2028zwei\u0085drei", "Eins\u2028zwei\u0085drei"),
]


@pytest.mark.parametrize(("german", "seen"), INLINE)
def test_inline_markup_does_not_glue_words(tmp_path, german, seen):
    """The same rule for both formats."""
    side = f"<trans-unit><source>{german}</source><target>{german}</target></trans-unit>"
    assert read_content(tmp_path, "a.xlf", xliff_of(side)) == [(seen, seen)]
    assert read_content(tmp_path, "a.tmx", tmx_of(unit(("de", german), ("en", german))).encode(), **DE_EN) == [
        (seen, seen)
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
