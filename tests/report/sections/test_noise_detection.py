import pytest

from gdig.report.sections.noise_detection import noise_detection_section, ranking_quality


def test_ranking_quality_by_hand():
    kinds = {"a": "clean", "b": "clean", "c": "shuffled", "d": "truncated", "e": "truncated"}
    found = ranking_quality(["a", "d", "b"], kinds, {"b0001": 1, "b0002": 2})
    # Of six pairs (clean, noisy): a is before all three, b before c and e, behind d.
    assert found["auc"] == pytest.approx(5 / 6)
    assert found["b0001"] == {"precision": 1.0, "recall": 0.5, "rejected": {"shuffled": 1.0, "truncated": 1.0}}
    assert found["b0002"] == {"precision": 0.5, "recall": 0.5, "rejected": {"shuffled": 1.0, "truncated": 0.5}}
    # c and e share the last place with nobody clean; were b left out, it would tie with both of them.
    assert ranking_quality(["a", "d"], kinds, {"b0001": 1})["auc"] == pytest.approx((3 + 0.5 + 0.5) / 6)


def test_ranking_quality_is_shown_where_noise_was_planted():
    kinds = {"a": "clean", "b": "shuffled", "c": "clean", "d": "shuffled"}
    page = noise_detection_section({"gdig": ["a", "b", "c"]}, kinds, {"b0001": 1, "b0002": 2})
    assert "<td>0.750</td><td>100.0%</td><td>50.0%</td>" in page
    assert "Noise kept out at 2 pairs" in page
    assert noise_detection_section({}, None, {"b0001": 1}) == ""
