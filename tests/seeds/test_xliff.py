import pytest
from lxml import etree

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
        ("<xliff><file>", "not well-formed XML: .*line 1"),
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
    assert "secret" not in read(tmp_path, bomb).rows[0].target
