import re

import pytest
from lxml import etree

from gdig.seeds.import_ import import_files
from gdig.seeds.problems import problems_of
from gdig.seeds.xliff import read_xliff, write_xliff
from tests.seeds.conftest import handout_of, small_task

TASK = small_task()


def read(tmp_path, text, encoding=None):
    (tmp_path / "a.xlf").write_text(text, "utf-8", newline="")
    return read_xliff(tmp_path / "a.xlf", encoding)


def one(unit, *, version="1.2"):
    body = f"<body>{unit}</body>" if version < "2" else unit
    languages = 'source-language="de" target-language="en"'
    return (
        f'<xliff version="{version}" xmlns="urn:oasis:names:tc:xliff:document:{version}" srcLang="de" trgLang="en">\n'
        f'<file original="x" id="f" datatype="plaintext" {languages}>{body}</file></xliff>'
    )


def test_what_is_written(tmp_path):
    for version, unit, target in (("1.2", "trans-unit", "target"), ("2.0", "unit", "segment")):
        write_xliff(tmp_path / "a.xlf", handout_of(TASK), version)
        root = etree.parse(str(tmp_path / "a.xlf")).getroot()
        space = f"{{urn:oasis:names:tc:xliff:document:{version}}}"
        assert (root.tag, root.get("version")) == (f"{space}xliff", version)
        units = list(root.iter(f"{space}{unit}"))
        assert [u.get("id") for u in units] == [pair.id for pair in TASK.drafts]
        assert next(units[0].iter(f"{space}{target}")).get("state") in ("needs-review-translation", "initial")
        back = read_xliff(tmp_path / "a.xlf")
        assert back.languages == ("de", "en")
        assert back.drafts == handout_of(TASK).drafts
        assert back.rows[0].comment == ""
        assert back.warnings == ()


UNIT_1 = '<trans-unit id="s-0"><source>{source}</source><target{state}>{target}</target>{more}</trans-unit>'


def unit_1(target, *, source="s", state="", more=""):
    return one(UNIT_1.format(source=source, target=target, state=state, more=more))


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (unit_1('a <g id="1">b <x id="2"/>c</g> d'), "a b c d"),
        (unit_1("<bpt id='1'>&lt;b&gt;</bpt>bold<ept id='1'>&lt;/b&gt;</ept>"), "<b>bold</b>"),
        (unit_1('<mrk mtype="seg" mid="1">One. </mrk><mrk mtype="seg" mid="2">Two.</mrk>'), "One. Two."),
        (unit_1("a<!-- nothing -->b"), "ab"),
        (unit_1("a", more="<alt-trans><source>x</source><target>other</target></alt-trans>"), "a"),
        (one("<trans-unit id='s-0'><source>s</source></trans-unit>"), ""),
        (one("<trans-unit id='s-0'><source>s</source><target/></trans-unit>", version="1.1"), ""),
        (one("<unit id='s-0'><segment><source>s</source><target>One.</target></segment><ignorable><source> </source>"
             "</ignorable><segment><source>t</source><target>Two <pc id='1'>x</pc>.</target></segment></unit>",
             version="2.1"), "One. Two x."),
    ],
)  # fmt: skip
def test_targets_of_translation_tools(tmp_path, text, target):
    rows = read(tmp_path, text).rows
    assert [(row.id, row.target) for row in rows] == [("s-0", target)]


@pytest.mark.parametrize(
    "text",
    [
        unit_1("t", more='<note from="reviser">Rejected, no sentence</note>'),
        unit_1("t", more="<note>rejected</note>"),
        unit_1("t", state=' state="needs-translation" state-qualifier="rejected-inaccurate"'),
        one(
            "<unit id='s-0'><notes><note>rejected</note></notes><segment><source>s</source></segment></unit>",
            version="2.0",
        ),
        one(
            "<unit id='s-0'><segment state='initial' subState='x:rejected'><source>s</source></segment></unit>",
            version="2.0",
        ),
    ],
)
def test_rejection(tmp_path, text):
    assert read(tmp_path, text).rows[0].status == "rejected"


def test_other_notes_are_comments_and_the_draft_is_none(tmp_path):
    row = read(
        tmp_path, unit_1("t", more='<note from="draft">rejected</note><note from="x">fine, not rejected</note>')
    ).rows[0]
    assert (row.status, row.comment) == ("", "fine, not rejected")


def test_units_that_are_left_unreviewed_are_reported(tmp_path):
    write_xliff(tmp_path / "b.xlf", handout_of(TASK), "1.2")
    text = (tmp_path / "b.xlf").read_text("utf-8").replace("needs-review-translation", "final", 9)
    assert read(tmp_path, text).warnings == ("3 of 12 units are still marked as not reviewed, such as s-9",)


def test_encodings(tmp_path):
    text = unit_1("naïve")
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / "b.xlf").write_bytes(text.encode(encoding))
        assert read_xliff(tmp_path / "b.xlf").rows[0].target == "naïve"
    (tmp_path / "b.xlf").write_bytes(('<?xml version="1.0" encoding="ISO-8859-1"?>' + text).encode("latin-1"))
    assert read_xliff(tmp_path / "b.xlf").rows[0].target == "naïve"
    (tmp_path / "b.xlf").write_bytes(('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode("cp1252"))
    with pytest.raises(ValueError, match=r"not UTF-8: byte \d+ \(ef\) on line 3"):
        read_xliff(tmp_path / "b.xlf")
    assert read_xliff(tmp_path / "b.xlf", "cp1252").rows[0].target == "naïve"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<xliff>\n<file>", "not well-formed XML in line 2: .*; repair the file, or export it again"),
        (
            "<?xml version='1.0'\nencoding='UTF-8'?>\n<xliff>\n<file>&no;",
            "in line 4: Entity 'no' not defined; declare it",
        ),
        ("", "not well-formed XML"),
        ("<tmx/>", "not an XLIFF file: the root element is <tmx>"),
    ],
)
def test_what_is_no_xliff(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read(tmp_path, text)


def test_entities_of_other_files_are_not_read(tmp_path):
    (tmp_path / "secret").write_text("secret")
    bomb = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>' + unit_1("a &e;")
    with pytest.raises(ValueError, match="in line 2: Entity 'e' not defined"):
        read(tmp_path, bomb)


def test_declared_entities_are_resolved(tmp_path):
    head = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE xliff [<!ENTITY firm "Meier &#38;amp; Co">]>\n'
    assert read(tmp_path, head + unit_1("by &firm;.")).rows[0].target == "by Meier & Co."


def test_codes_between_words(tmp_path):
    text = unit_1('one<x id="1"/>two<ph id="2">&lt;br&gt;</ph>three', source="eins<ph id='1'/>zwei, <g id='2'>d</g>rei")
    row = read(tmp_path, text).rows[0]
    assert (row.source, row.target) == ("eins zwei, drei", "one two<br>three")


def test_segments_without_white_space_between_them(tmp_path):
    segments = "".join(f"<segment><source>{s}</source><target>{t}</target></segment>" for s, t in ("a1", "b2"))
    row = read(tmp_path, one(f"<unit id='s-0'>{segments}</unit>", version="2.0")).rows[0]
    assert (row.source, row.target) == ("a b", "1 2")


NOT_TRANSLATED = [
    unit_1("t", state=' state="new"'),
    unit_1("t", state=' state="needs-translation"'),
    unit_1("", state=' state="needs-l10n"'),
    one('<trans-unit id="s-0" translate="no"><source>s</source><target>t</target></trans-unit>'),
    one('<group translate="no"><trans-unit id="s-0"><source>s</source><target>t</target></trans-unit></group>'),
    one('<unit id="s-0" translate="no"><segment><source>s</source><target>t</target></segment></unit>', version="2.0"),
]


@pytest.mark.parametrize("text", NOT_TRANSLATED)
def test_a_unit_that_is_not_translated_is_one_problem(tmp_path, text):
    (row,) = read(tmp_path, text).rows
    assert row.fault.startswith("the unit is marked as not translated (")
    found = list(problems_of(row, TASK.drafts[0], "en", frozenset(), is_plain_table=False))
    assert found == [row.fault]
    assert "\n" not in row.fault


@pytest.mark.parametrize("state", ["needs-review-translation", "needs-adaptation", "translated", "final", "x-done"])
def test_other_states_are_translated(tmp_path, state):
    assert read(tmp_path, unit_1("t", state=f' state="{state}"')).rows[0].fault == ""


def test_a_unit_may_be_translated_in_a_group_that_is_not(tmp_path):
    unit = '<trans-unit id="s-0" translate="yes"><source>s</source><target>t</target></trans-unit>'
    assert read(tmp_path, one(f'<group translate="no"><group>{unit}</group></group>')).rows[0].fault == ""


def test_a_rejected_unit_need_not_be_translated(tmp_path):
    (row,) = read(tmp_path, unit_1("t", state=' state="new"', more="<note>rejected: no sentence</note>")).rows
    assert (row.status, row.fault) == ("rejected", "")


@pytest.mark.parametrize("version", ["1.2", "2.0"])
def test_one_untranslated_unit_of_our_own_file_stops_the_import(tmp_path, version):
    write_xliff(tmp_path / "b.xlf", handout_of(TASK), version)
    assert import_files([read_xliff(tmp_path / "b.xlf")], [], TASK, partial=False).problems == []
    text = (tmp_path / "b.xlf").read_text("utf-8")
    changed = text.replace('id="s-3"', 'id="s-3" translate="no"')
    assert changed != text
    (problem,) = import_files([read(tmp_path, changed)], [], TASK, partial=False).problems
    assert re.search(r"a\.xlf: line \d+ \(s-3\): the unit is marked as not translated \(translate=\"no\"\)", problem)
