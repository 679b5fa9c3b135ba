import pytest

from gdig.seeds.problems import share_in_script


@pytest.mark.parametrize(
    ("text", "language", "share"),
    [
        ("An English sentence, 2024.", "en", 1.0),
        ("经济增长", "en", 0.0),
        ("经济增长了", "zh", 1.0),
        ("使用 JavaScript", "zh", 6 / 16),
        ("ＡＢＣ", "en", 1.0),
        ("это по-русски", "ru", 1.0),
        ("это по-русски", "de", 0.0),
        ("ひらがなとカタカナ漢字ー", "ja", 1.0),
        ("2024-01-02 …", "en", None),
        ("anything", "xx", None),
    ],
)
def test_share(text, language, share):
    assert share_in_script(text, language) == pytest.approx(share)
