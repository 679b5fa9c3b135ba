import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdig.cleaning.normalise import is_blank, normalise
from gdig.config import Rules
from tests.cleaning.test_clean import ALL_OFF

OFF = Rules.model_validate({key: value for key, value in ALL_OFF.items() if key != "overrides"})
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
    ],
)
def test_normalisation(raw, clean):
    assert normalise(raw, ON) == clean
    assert normalise(raw, OFF) == raw


@given(st.text())
def test_fast_ways_and_slow_one_agree(text):
    unwanted = {"Cc", "Cf", "Cs", "Co"}
    kept = (c for c in text if c.isspace() or c in "\u200c\u200d" or unicodedata.category(c) not in unwanted)
    expected = unicodedata.normalize("NFC", " ".join("".join(kept).split()))
    assert normalise(text, ON) == expected


def test_blank():
    assert is_blank("")
    assert is_blank(" \u3000\u200d ")
    assert not is_blank(".")
