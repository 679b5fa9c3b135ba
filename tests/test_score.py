import subprocess
import sys

import pytest

from gdig.score import score, signatures

# hypothesis, reference, BLEU, chrF: printed by the sacrebleu command line
HYPOTHESES = ["The cat sat on the mat.", "A dog barks loudly", "It rains."]
REFERENCES = ["The cat sat on a mat.", "The dog barks loudly.", "It is raining."]


def test_scores_equal_the_command_line(tmp_path):
    (tmp_path / "hyp").write_text("\n".join(HYPOTHESES) + "\n")
    (tmp_path / "ref").write_text("\n".join(REFERENCES) + "\n")
    ours = score(HYPOTHESES, REFERENCES)
    for metric in ("bleu", "chrf"):
        command = [sys.executable, "-m", "sacrebleu", str(tmp_path / "ref"), "-i", str(tmp_path / "hyp")]
        printed = subprocess.run(
            [*command, "-m", metric, "-b", "-w", "4"], check=True, capture_output=True, text=True
        ).stdout
        assert f"{ours[metric]:.4f}" == printed.strip()


def test_perfect_and_hopeless():
    assert score(REFERENCES, REFERENCES) == pytest.approx({"bleu": 100, "chrf": 100})
    assert score([""] * 3, REFERENCES)["bleu"] == 0


def test_signatures_say_tokeniser_and_version():
    found = signatures(HYPOTHESES, REFERENCES)
    assert "tok:13a" in found["bleu"]
    assert "version:" in found["chrf"]


@pytest.mark.parametrize(("hypotheses", "references"), [([], []), (["a"], ["a", "b"])])
def test_counts_must_match(hypotheses, references):
    with pytest.raises(ValueError, match="hypotheses for"):
        score(hypotheses, references)
