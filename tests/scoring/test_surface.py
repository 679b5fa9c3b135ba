import subprocess
import sys

import pytest

from gdig.scoring.surface import score, score_sets, signatures

# hypothesis, reference, BLEU, chrF: printed by the sacrebleu command line
HYPOTHESES = ["The cat sat on the mat.", "A dog barks loudly", "It rains."]
REFERENCES = ["The cat sat on a mat.", "The dog barks loudly.", "It is raining."]


def test_scores_equal_the_command_line(tmp_path):
    (tmp_path / "hyp").write_text("\n".join(HYPOTHESES) + "\n")
    (tmp_path / "ref").write_text("\n".join(REFERENCES) + "\n")
    ours = score(HYPOTHESES, REFERENCES, "en")
    for metric in ("bleu", "chrf"):
        command = [sys.executable, "-m", "sacrebleu", str(tmp_path / "ref"), "-i", str(tmp_path / "hyp")]
        printed = subprocess.run(
            [*command, "-m", metric, "-b", "-w", "4"], check=True, capture_output=True, text=True
        ).stdout
        assert f"{ours[metric]:.4f}" == printed.strip()


def test_perfect_and_hopeless():
    assert score(REFERENCES, REFERENCES, "en") == pytest.approx({"bleu": 100, "chrf": 100})
    assert score([""] * 3, REFERENCES, "en")["bleu"] == 0


def test_signatures_say_tokeniser_and_version():
    found = signatures(HYPOTHESES, REFERENCES, "en")
    assert "tok:13a" in found["bleu"]
    assert "version:" in found["chrf"]


@pytest.mark.parametrize(("hypotheses", "references"), [([], []), (["a"], ["a", "b"])])
def test_counts_must_match(hypotheses, references):
    with pytest.raises(ValueError, match="hypotheses for"):
        score(hypotheses, references, "en")


@pytest.mark.parametrize(
    ("language", "references", "tokeniser"),
    [
        ("en", REFERENCES, "13a"),
        ("de", ["Die Katze sitzt auf der Matte.", "Es regnet heute nicht."], "13a"),
        ("zh", ["猫坐在垫子上。", "今天不会下雨。"], "zh"),
    ],
)
def test_the_target_language_chooses_the_tokeniser(tmp_path, language, references, tokeniser):
    hypotheses = [
        text.replace("on a mat", "there").replace("Matte", "Bank").replace("垫子", "桌子") for text in references
    ]
    assert f"tok:{tokeniser}|" in signatures(hypotheses, references, language)["bleu"]
    (tmp_path / "hyp").write_text("\n".join(hypotheses) + "\n")
    (tmp_path / "ref").write_text("\n".join(references) + "\n")
    command = [sys.executable, "-m", "sacrebleu", str(tmp_path / "ref"), "-i", str(tmp_path / "hyp"), "-b", "-w", "4"]
    printed = subprocess.run([*command, "-tok", tokeniser], check=True, capture_output=True, text=True).stdout
    bleu = score(hypotheses, references, language)["bleu"]
    assert 0 < bleu < 100
    assert f"{bleu:.4f}" == printed.strip()


def test_a_tokeniser_that_is_not_installed_is_named():
    with pytest.raises(ValueError, match=r"languages.target = 'ja'.*pip install sacrebleu\[ja\]"):
        score(["猫"], ["猫"], "ja")


def test_test_sets_are_scored_together_and_apart():
    references = {f"{name}-{number}": text for name in ("news", "talks") for number, text in enumerate(REFERENCES)}
    hypotheses = {i: (text if i.startswith("news") else "") for i, text in references.items()}
    found = score_sets(hypotheses, references, "en")
    assert found["bleu_news"] == pytest.approx(100)
    assert found["bleu_talks"] == 0
    assert 0 < found["bleu"] < 100
    assert set(score_sets(hypotheses, references, "en", each=False)) == {"bleu", "chrf"}
    assert score_sets(dict(list(hypotheses.items())[:3]), dict(list(references.items())[:3]), "en") == pytest.approx(
        {"bleu": 100, "chrf": 100}
    )
