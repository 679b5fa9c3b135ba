import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdig.io.records import Pair
from gdig.io.text import _COUNTED, _only_counted, is_of_word, is_symbol, keys_of, matching_key, visible, word_ngrams


def words(text):
    return list(word_ngrams(text, 1))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ein Haus.", "ein haus"),
        ("Straße", "STRASSE"),
        ("ＡＢＣ １２", "abc12"),
        ("a-b_c", "abc"),
        ("é", "e\u0301"),
        ("你好，世界！", "你好,世界!"),
        ("ｶﾞｷﾞ", "ガギ"),
        ("Μαΐου", "ΜΑΪ\u0301ΟΥ"),
        ("Wer ist da?", "„Wer ist da!“"),
        ("Das ist’s: ja", "das ists – ja ..."),
        ("- Milch", "• Milch"),
        ("* Milch", "Milch 🥛"),
        ("Bürger*innen", "Bürger:innen"),
        ("T-Shirt", "T Shirt"),
        ("Boeing-747", "Boeing 747"),
        ("Ja \u2764\ufe0f葛\U000e0100", "ja \u2764葛"),
        ("Donau\u00addampf\u200bschiff", "Donaudampfschiff"),
    ],
)
def test_case_width_and_punctuation_do_not_count(one, other):
    assert matching_key(one) == matching_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("?!", "..."), ("की", "का"), ("มี", "มา"), ("Masse 1", "Masse 2"), ("resume", "résumé"),
        ("F", "F#"), ("C#", "C♯"), ("p = q", "p ≠ q"), ("p = q", "p != q"), ("p -> q", "p > q"), ("p * q", "p / q"),
        ("A&O", "AO"), ("@otto", "Otto"), ("§ 8", "8"), ("30 °F", "30 F"), ("6′", "6″"), ("7 £", "7 ¥"), ("x²", "x2"),
    ],
)  # fmt: skip
def test_letters_and_symbols_count(one, other):
    assert matching_key(one) != matching_key(other)


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("2.75 l", ["275 l", "2 75 l", "2, 75 l", "2:75 l", "27.5 l", "2-75 l", "2/75 l"]),
        ("0,3", ["03", "0.3", ",3", "3"]),
        ("Es sind .25 m", ["Es sind 25 m"]),
        ("minus: -7", ["minus: 7", "minus: +7", "minus: ±7"]),
        ("y-7", ["y7", "y+7"]),
        ("3e-4", ["3e4"]),
        ("气温-3度", ["气温3度"]),
        ("4 * 5", ["45", "4 5", "4+5", "4÷5"]),
        ("9:15", ["915", "9 15"]),
        ("12.500", ["12500", "12,500", "12 500", "12'500"]),
        ("Seite 3, 4", ["Seite 34", "Seite 3,4", "Seite 3-4"]),
        ("[6][7]", ["67"]),
        ("7\u00a0000", ["7000"]),
        ("¾", ["34"]),
        ("2¼", ["21/4", "214"]),
        ("2⁵", ["25", "2"]),
        ("10⁻³", ["10-3", "10³", "103"]),
        ("①③", ["⑬", "13"]),
        ("101₂", ["1012"]),
        ("١٫٥", ["١٥"]),
        ("50%", ["50", "50‰"]),
        ("3~4", ["34", "3-4"]),
    ],
)
def test_the_marks_and_ends_of_numbers_count_in_keys_and_words(text, others):
    assert matching_key(text) not in {matching_key(other) for other in others}
    assert words(text) not in [words(other) for other in others]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("70 %", "70%"), ("8 €", "8€"), ("4 - 5", "4–5"), ("2 : 1", "2:1"), ("6 * 7", "6*7"), ("5 / 8", "⅝"),
        ("3¼ Tassen", "3 1/4 Tassen"), ("−8", "-8"), ("９．２５", "9.25"), ("2⁵", "2^5"), ("80 m²", "80 ㎡"),
        ("12’000", "12'000"), ("37 ℃", "37 °C"), ("am 3. Mai.", "Am 3 Mai"), ("(9)", "9!"), ("N₂O", "n2o"),
        ("7\u202f000", "7 000"), ("3,\u200b2", "3,2"), ("p != q", "p≠q"),
    ],
)  # fmt: skip
def test_numbers_and_operators_that_are_the_same(one, other):
    assert matching_key(one) == matching_key(other)


@given(st.text(st.characters(max_codepoint=0x24FF), max_size=20))
def test_what_counts_alone_is_what_is_kept(text):
    key = matching_key(text)
    assert matching_key(text + ".") == key or not any(is_of_word(c) or is_symbol(c) for c in key)
    assert words(text) == words(f"«{text}»") or not text.strip()


@given(st.text() | st.text(st.characters(max_codepoint=0xFF)))
def test_fast_way_and_slow_one_agree(text):
    assert _only_counted(text) == text.translate(_COUNTED)


def test_words():
    assert list(word_ngrams("Das ist C++, oder？", 2)) == ["das ist", "ist c", "c +", "+ +", "+ oder"]
    assert list(word_ngrams("在2024年。", 3)) == ["在 2024 年"]
    assert list(word_ngrams("カタカナ", 3)) == ["カ タ カ", "タ カ ナ"]
    assert list(word_ngrams("한국어 문장", 2)) == ["한국어 문장"]
    assert list(word_ngrams("हिन्दी में", 2)) == ["हिन्दी में"]
    assert list(word_ngrams("too short", 3)) == []
    assert words("Nur 2,5 kg (ca. 3 €) für A4-Papier, -1/2 und 3 - 4!") == [
        "nur", "2,5", "kg", "ca", "3", "€", "für", "a4", "papier", "-1/2", "und", "3-4",
    ]  # fmt: skip


def test_keys_of_parts():
    parts = [[Pair("a-1", "Eins!", "One")], [Pair("b-1", "eins", "1.5")]]
    assert keys_of(*parts) == {"eins", "one", "1.5"}


SEEN = (
    "\u0600 \u0605 \u06dd \u070f \u0890 \u08e2 \U000110bd \u180e \u200c \u200d \U000e0067 \U000e007f \U00013430 \u0378"
)
UNSEEN = (
    "\u00ad \u061c \u200b \u200e \u202e \u2060 \u2063 \u2066 \u206f \ufeff \ufff9 \U000e0001 \x00 \x1b \x7f \x9d \ue000"
)


@pytest.mark.parametrize("character", [*SEEN.split(" "), *"\n\u2028\x85\t\u00a0"])
def test_characters_that_are_seen_or_spell_words_are_visible(character):
    assert visible(f"a{character}b") == f"a{character}b"


@pytest.mark.parametrize("character", UNSEEN.split(" "))
def test_characters_without_a_shape_are_not(character):
    assert visible(f"a{character}b") == "ab"
    assert unicodedata.category(character) in ("Cf", "Cc", "Co")
