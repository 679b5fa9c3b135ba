import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdig.cleaning.normalise import is_blank, normalise
from gdig.config import Rules
from gdig.io.text import visible
from tests.cleaning.test_clean import ALL_OFF

OFF = Rules.model_validate({key: value for key, value in ALL_OFF.items() if key != "overrides"})
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
ON = OFF.model_copy(update={"normalise_unicode": True, "drop_control_characters": True})


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Scho\u0308n\u00a0 und\x07 gut\u2028", "Schön und gut"),
        (" Nice\tand\r\ngood ", "Nice and good"),
        ("你好，世界！\u3000", "你好，世界！"),
        ("soft\u00adhyphen\ufeff \u200bmark\u200e", "softhyphen mark"),
        ("a\u200b\u0308", "ä"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("\ue000private\ud800", "private"),
        ("\u06dd٣ \u0601١٢", "\u06dd٣ \u0601١٢"),
        (f"{SCOTLAND}\u2067 ja", f"{SCOTLAND} ja"),
    ],
)
def test_normalisation(raw, clean):
    assert normalise(raw, ON) == clean
    assert normalise(raw, OFF) == raw.replace("\r\n", " ")


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (" zwei\nZeilen ", " zwei Zeilen "),
        ("a\r\nb\rc\n\nd", "a b c  d"),
        ("a\u2028b\u2029c\x85d\x0be\tf", "a\u2028b\u2029c\x85d\x0be\tf"),
        ("zero\u200bwidth  and\xa0more\ufeff", "zero\u200bwidth  and\xa0more\ufeff"),
        ("a\u0308\x07", "ä\x07"),
    ],
)
def test_texts_that_are_not_edited_stay_one_line(raw, line):
    assert normalise(raw, OFF.model_copy(update={"normalise_unicode": True})) == line


@given(st.text())
def test_fast_ways_and_slow_one_agree(text):
    expected = unicodedata.normalize("NFC", " ".join("".join(visible(c) for c in text).split()))
    assert normalise(text, ON) == expected


def test_blank():
    assert is_blank("")
    assert is_blank(" \u3000\u200d ")
    assert is_blank("\u200b\ufeff \x07")
    assert not is_blank("\u200b\u0600")
    assert not is_blank(".")
