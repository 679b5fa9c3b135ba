import pytest

from gdig.tools.humaneval.agreement import agreement, cohen_kappa, krippendorff_alpha

OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3),
    (0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0),
)
"""Four observers of twelve units; 0: not seen. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), C."""


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_krippendorffs_own_example(level, alpha):
    units = [[value for value in unit if value] for unit in zip(*OBSERVERS, strict=True)]
    assert krippendorff_alpha(units, level) == pytest.approx(alpha, abs=5e-4)


def test_alpha_of_two_observers_without_gaps():
    """Krippendorff (2011), A: ten units, two values."""
    one, other = (0, 1, 0, 0, 0, 0, 0, 0, 1, 0), (1, 1, 1, 0, 0, 1, 0, 0, 0, 0)
    assert krippendorff_alpha(list(zip(one, other, strict=True)), "nominal") == pytest.approx(0.095, abs=5e-4)


def test_alpha_at_its_ends():
    assert krippendorff_alpha([[1, 1], [2, 2]], "nominal") == 1
    assert krippendorff_alpha([[1, 2], [2, 1]], "nominal") < 0
    assert krippendorff_alpha([[1, 1], [1, 1]], "interval") is None
    assert krippendorff_alpha([[1], [2]], "nominal") is None


def test_cohen_kappa_of_a_textbook_example():
    """Twenty times both yes, fifteen both no, five and ten apart: agreement 0.7, by chance 0.5."""
    pairs = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    assert cohen_kappa(pairs, "nominal") == pytest.approx(0.4)
    assert cohen_kappa([(1, 1), (1, 1)], "nominal") is None


def test_squared_weights_forgive_near_misses():
    near, far = [(1, 2), (5, 5), (3, 3)], [(1, 5), (5, 5), (3, 3)]
    assert cohen_kappa(near, "interval") > cohen_kappa(far, "interval")
    assert cohen_kappa(near, "nominal") == pytest.approx(cohen_kappa(far, "nominal"), abs=0.15)


def test_agreement_takes_only_what_two_have_judged():
    units = [{1: 1, 2: 1}, {1: 1, 2: -1}, {1: 0}, {2: 1}, {1: 0, 2: 0}, {1: -1, 2: -1}]
    found = agreement(units, "nominal")
    assert (found["units"], found["raters"], found["share"]) == (4, 2, 0.75)
    assert found["cohen_kappa"] == pytest.approx(2 / 3, abs=0.05)
    assert agreement([{1: 1}, {2: 1}], "nominal") is None
    three = agreement([{1: 1, 2: 1, 3: 0}, {1: 0, 3: 0}], "nominal")
    assert three["cohen_kappa"] is None
    assert three["share"] == pytest.approx((1 / 3 + 1) / 2)
