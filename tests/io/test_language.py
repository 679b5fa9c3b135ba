import pytest

from gdig.config import LanguageId, Languages
from gdig.io.language import wrong_language

SENTENCES = {
    "de": "Der Ausschuss nimmt den Bericht zur Kenntnis und dankt allen Beteiligten.",
    "en": "The committee takes note of the report and thanks everyone involved.",
    "zh": "委员会注意到该报告，并感谢所有参与编写工作的代表团和秘书处人员。",
    "fr": "Le comité prend note du rapport et remercie tous les participants.",
    "ru": "Комитет принимает к сведению доклад и благодарит всех участников.",
}
SETTINGS = LanguageId(min_characters=20, min_probability=0.99)


@pytest.mark.parametrize(("source", "target"), [("zh", "en"), ("de", "en"), ("en", "zh"), ("en", "de")])
def test_each_side_must_be_in_its_language(source, target):
    is_wrong_source, is_wrong_target = wrong_language(SETTINGS, Languages(source=source, target=target))
    assert [language for language, text in SENTENCES.items() if not is_wrong_source(text)] == [source]
    assert [language for language, text in SENTENCES.items() if not is_wrong_target(text)] == [target]


def test_what_is_short_or_uncertain_passes():
    languages = Languages(source="de", target="en")
    french = SENTENCES["fr"]
    assert wrong_language(SETTINGS, languages)[0](french)
    longer = LanguageId(min_characters=len(french) + 1, min_probability=0.99)
    assert not wrong_language(longer, languages)[0](french)
    # Names and numbers that the model takes for another language with little certainty.
    mixed = "CAT 5e UTP, 305 m, RJ45"
    assert wrong_language(LanguageId(min_characters=20, min_probability=0.0), languages)[0](mixed)
    assert not wrong_language(SETTINGS, languages)[0](mixed)


def test_languages_that_are_alike_are_not_held_against_each_other():
    norwegian = "Komiteen tar rapporten til etterretning og takker alle som har deltatt."
    lenient = LanguageId(min_characters=20, min_probability=0.0)
    assert not wrong_language(lenient, Languages(source="nb", target="en"))[0](norwegian)
    assert wrong_language(lenient, Languages(source="de", target="en"))[0](norwegian)


def test_an_unknown_language_is_reported_with_its_key():
    with pytest.raises(ValueError, match=r"languages\.target = 'gsw' is not a language .* known are af am"):
        wrong_language(SETTINGS, Languages(source="de", target="gsw"))
