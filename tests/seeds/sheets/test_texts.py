import re

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gdig.seeds.sheets.texts import comparable, difference, flat, shown, unflat, words

TEXT = st.text(st.characters())


@given(TEXT)
def test_shown_text_fits_every_file_and_is_comparable_to_the_text(text):
    seen = shown(text)
    element = etree.Element("a")
    element.text = seen
    assert etree.fromstring(etree.tostring(element)).text == (seen or None)
    assert not re.search("[\t\n\r]", flat(seen))
    assert len(seen.encode()) > 0 or not text
    assert comparable(unflat(flat(seen))) == comparable(text)


def test_control_characters_are_seen_and_line_ends_are_one():
    assert shown("a\x07b\r\nc\rd\ufffe") == "a␇b\nc\nd␦"
    assert flat("a\tb\nc") == "a⇥b↵c"


def test_normal_forms_and_outer_white_space():
    assert comparable("cafe\u0301") == comparable("café") != comparable("cafe")
    assert comparable("a ") != comparable("a")
    assert words(" a\u00a0 b\n") == "a b"


def test_difference():
    assert difference("a b c d", "a x c d e") == "a [-b-]{+x+} c d {+e+}"
