import json
import os
import random
import subprocess
import sys

import numpy as np
import pytest

from gdig.scoring.surface import score
from gdig.significance.resampling import (
    Resampled,
    Resampler,
    draw,
    interval,
    mean_difference,
    sacrebleu_p_value,
    two_sided_p_value,
)

WORDS = ["the", "cat", "sat", "on", "a", "mat", "dogs", "bark", "loudly", "in", "rain", "nobody", "reads", "books"]

SACREBLEU = """
import numpy
made = numpy.array
numpy.array = lambda values, dtype=None: made(values, dtype="float64" if dtype == "float32" else dtype)
from sacrebleu.sacrebleu import main
main()
"""
"""Its command in double precision: with NumPy 2, version 2.6.0 stays in single, and cannot print that as JSON."""


def corpus(num_segments, language="en", seed=0):
    source = random.Random(seed)
    words = WORDS if language == "en" else list("猫坐在垫子上今天不会下雨我们读书")
    space = " " if language == "en" else ""
    return [space.join(source.choices(words, k=source.randint(4, 14))) + "." for _ in range(num_segments)]


def damaged(texts, rate, seed):
    """Return the texts with this share of their characters lost; some are lost whole."""
    source = random.Random(seed)
    return ["".join(c for c in text if source.random() > rate) if source.random() > 0.02 else "" for text in texts]


def by_id(texts, name="test"):
    return {f"{name}-{number:03d}": text for number, text in enumerate(texts)}


@pytest.mark.parametrize(
    ("language", "tokeniser", "seed", "rates"),
    [
        ("en", "13a", 12345, (0.10, 0.11, 0.30)),
        ("en", "13a", 7, (0.20, 0.195, 0.3)),
        ("zh", "zh", 3, (0.1, 0.12, 0.3)),
    ],
)
def test_equals_the_command_line(tmp_path, language, tokeniser, seed, rates):
    references = corpus(80, language)
    systems = [damaged(references, rate, number) for number, rate in enumerate(rates)]
    for name, texts in zip(("ref", "base", "near", "far"), (references, *systems), strict=True):
        (tmp_path / name).write_text("\n".join(texts) + "\n", encoding="utf-8")
    command = [sys.executable, "-c", SACREBLEU, "ref", "-i", "base", "near", "far", "-m", "bleu", "chrf",
               "-tok", tokeniser, "--paired-bs", "--paired-bs-n", "1000", "-f", "json"]  # fmt: skip
    environment = os.environ | {"SACREBLEU_SEED": str(seed)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    printed = json.loads(done.stdout)

    resampler = Resampler(by_id(references), language, 1000, seed)
    found = [resampler(by_id(texts), {}) for texts in systems]
    verdicts = set()
    for ours, theirs in zip(found, printed, strict=True):
        for metric, title in (("bleu", "BLEU"), ("chrf", "chrF2")):
            assert ours[metric].score == pytest.approx(theirs[title]["score"], abs=1e-6)
            assert ours[metric].samples.mean() == pytest.approx(theirs[title]["mean"], abs=1e-6)
            assert np.ptp(np.sort(ours[metric].samples)[25:-25]) / 2 == pytest.approx(theirs[title]["ci"], abs=1e-6)
            if ours is not found[0]:
                p = sacrebleu_p_value(ours[metric], found[0][metric])
                assert p == pytest.approx(theirs[title]["p_value"], abs=1e-6)
                verdicts.add(p < 0.05)
    assert verdicts == {True, False}


def test_test_sets_are_resampled_together_and_apart():
    news, talks = corpus(20), corpus(30, seed=1)
    references = by_id(news, "news") | by_id(talks, "talks")
    hypotheses = by_id(damaged(news, 0.1, 0), "news") | by_id(damaged(talks, 0.3, 0), "talks")
    found = Resampler(references, "en", 100, 5)(hypotheses, {})
    assert set(found) == {"bleu", "chrf", "bleu_news", "chrf_news", "bleu_talks", "chrf_talks"}
    own = {i: text for i, text in hypotheses.items() if i.startswith("news")}
    alone = Resampler(by_id(news, "news"), "en", 100, 5)(own, {})
    assert found["bleu_news"].score == alone["bleu"].score
    assert (found["bleu_news"].samples == alone["bleu"].samples).all()
    assert found["chrf"].score == pytest.approx(
        score(list(hypotheses.values()), list(references.values()), "en")["chrf"]
    )


def test_hypotheses_are_matched_by_id_and_must_be_all_there():
    references = by_id(corpus(10))
    resampler = Resampler(references, "en", 10, 1)
    backwards = resampler(dict(reversed(references.items())), {})
    assert backwards["bleu"].score == pytest.approx(100)
    with pytest.raises(ValueError, match="9 hypotheses for 10 references; 'test-000' has not both"):
        resampler({i: text for i, text in references.items() if i != "test-000"}, {})
    with pytest.raises(ValueError, match="11 hypotheses for 10 references; 'other' has not both"):
        resampler(references | {"other": "x"}, {})


def test_empty_translations_score_nothing_on_every_resample():
    references = by_id(corpus(10))
    found = Resampler(references, "en", 20, 1)(dict.fromkeys(references, ""), {})
    for resampled in found.values():
        assert resampled.score == 0
        assert (resampled.samples == 0).all()


def test_draws_are_numpys_and_count_every_segment():
    counts = draw(7, 50, 3)
    drawn = np.random.default_rng(3).choice(7, size=(50, 7), replace=True)
    assert (counts == [[np.sum(row == segment) for segment in range(7)] for row in drawn]).all()


def test_equal_translations_differ_in_nothing():
    found = Resampler(references := by_id(corpus(12)), "en", 200, 1)(by_id(damaged(references.values(), 0.2, 1)), {})
    difference = mean_difference([(found["bleu"], found["bleu"])])
    assert two_sided_p_value(difference) == 1
    assert sacrebleu_p_value(found["bleu"], found["bleu"]) == 1 / 201  # as sacreBLEU has it: never rely on it alone


def test_differences_are_averaged_over_training_seeds():
    def resampled(score, *samples):
        return Resampled(score, np.array(samples))

    pairs = [
        (resampled(5.0, 4.0, 6.0), resampled(1.0, 1.0, 2.0)),
        (resampled(3.0, 2.0, 3.0), resampled(2.0, 3.0, 1.0)),
    ]
    difference = mean_difference(pairs)
    assert difference.score == 2.5
    assert difference.samples.tolist() == [1.0, 3.0]


def test_under_no_difference_one_test_in_twenty_rejects_and_the_interval_covers():
    """Simulated segments of means 0: the test must neither see what is not there nor be blind."""
    counts = draw(100, 400, 0)
    values = np.random.default_rng(1).normal(size=(1000, 100))
    found = [Resampled(float(row.mean()), counts @ row / 100) for row in values]
    rejected = np.mean([two_sided_p_value(difference) <= 0.05 for difference in found])
    covered = [interval(difference.samples, 0.95) for difference in found]
    assert 0.03 < rejected < 0.08
    assert 0.92 < np.mean([one["low"] <= 0 <= one["high"] for one in covered]) < 0.97
    shifted = [Resampled(one.score + 0.4, one.samples + 0.4) for one in found]
    assert np.mean([two_sided_p_value(difference) <= 0.05 for difference in shifted]) > 0.9
