import pytest
from sacrebleu.metrics import BLEU

from gdig.config import parse_params
from gdig.config.languages import language_code
from tests.conftest import default_values


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("zho", "zh"), ("chi", "zh"), ("cmn", "zh"), ("yue", "zh"), ("jpn", "ja"), ("kor", "ko"), ("deu", "de"),
        ("ger", "de"), ("eng", "en"), ("nob", "nb"), ("nor", "no"), ("arz", "ar"), ("ekk", "et"), ("pes", "fa"),
        ("gsw", "gsw"), ("la", "la"), ("zh", "zh"),
    ],
)  # fmt: skip
def test_every_code_of_a_language_is_that_of_iso_639_1(code, expected):
    assert language_code(code) == expected
    assert language_code(expected) == expected


@pytest.mark.parametrize("code", ["xx", "EN", "En", "english", "en-GB", "zh_Hans", "und", "mul", "roa", "x", "", "12"])
def test_what_is_no_code_is_refused(code):
    with pytest.raises(ValueError, match="is no code of a language; write one of ISO 639-1 or 639-3, as de, en, zh"):
        language_code(code)


def test_of_a_withdrawn_code_the_current_one_is_named():
    with pytest.raises(ValueError, match="'iw' is withdrawn from ISO 639; write 'he'"):
        language_code("iw")


def test_params_have_the_code_that_chooses_tokenisers_and_identifiers():
    values = default_values()
    params = parse_params(values | {"languages": {"source": "deu", "target": "cmn"}}, "params.yaml")
    assert (params.languages.source, params.languages.target) == ("de", "zh")
    assert BLEU(trg_lang=params.languages.target).tokenizer.signature() == "zh"


@pytest.mark.parametrize(
    ("languages", "message"),
    [
        ({"source": "de", "target": "xx"}, "languages.target: 'xx' is no code of a language"),
        ({"source": "German", "target": "en"}, "languages.source: 'German' is no code of a language"),
        ({"source": "de", "target": "de"}, "languages.source and languages.target are both 'de'; name two languages"),
        ({"source": "zh", "target": "cmn"}, "languages.source and languages.target are both 'zh'"),
        ({"source": "de", "target": None}, "languages.target = None: input should be a valid string"),
    ],
)
def test_every_mistake_in_languages_is_named(languages, message):
    with pytest.raises(ValueError, match="params.yaml: ") as error:
        parse_params(default_values() | {"languages": languages}, "params.yaml")
    assert message in str(error.value)
    assert "\n" not in str(error.value)
