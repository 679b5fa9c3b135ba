import math

import numpy as np
import pytest

from gdig.io.order import shuffle_key
from gdig.selectors import deita

IDS = [f"p{n:02d}" for n in range(20)]


def toy(seed):
    draw = np.random.default_rng(seed)
    points = draw.normal(size=(20, 4)).astype(np.float32)
    points[7], points[12] = points[3], 2 * points[5]  # the same, and the same direction
    judged = {i: (float(draw.integers(2, 13)) / 2, float(draw.integers(2, 13)) / 2) for i in IDS}
    judged["p04"], judged["p09"] = (None, None), judged["p10"]
    return judged, points


def similarity(a, b):
    dot = math.fsum(float(x) * float(y) for x, y in zip(a, b, strict=True))
    return dot / math.sqrt(math.fsum(float(x) ** 2 for x in a)) / math.sqrt(math.fsum(float(y) ** 2 for y in b))


def by_hand(judged, points, tau, seed):
    """One candidate after the other, compared with each that was taken; in plain floats."""
    score = {i: 0.0 if None in both else both[0] * both[1] for i, both in judged.items()}
    order = sorted(sorted(IDS, key=lambda i: shuffle_key(seed, i)), key=score.__getitem__, reverse=True)
    point = dict(zip(IDS, points, strict=True))
    taken, passed_over = [], []
    for i in order:
        is_near = any(similarity(point[i], point[j]) > tau + 1e-9 for j in taken)
        (passed_over if is_near else taken).append(i)
    return taken, passed_over, score


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tau", [-1.0, 0.0, 0.4, 0.9, 1.0])
@pytest.mark.parametrize("block", [3, 256])
def test_it_is_the_filter_and_then_those_passed_over(seed, tau, block, monkeypatch):
    monkeypatch.setattr(deita, "BLOCK", block)
    judged, points = toy(seed)
    taken, passed_over, score = by_hand(judged, points, tau, seed)
    scores = deita.evol_scores(judged)
    assert scores == pytest.approx(score, abs=1e-6)
    ranking, num_passed = deita.rank(scores, IDS, points, tau, 20, seed)
    assert (ranking, num_passed) == ([*taken, *passed_over], len(taken))
    for count in range(1, 21):
        assert deita.rank(scores, IDS, points, tau, count, seed) == (ranking[:count], min(count, num_passed))
    shuffled = np.random.default_rng(9).permutation(20)
    again = deita.rank(
        {IDS[n]: scores[IDS[n]] for n in shuffled},
        [IDS[n] for n in shuffled[::-1]],
        points[shuffled[::-1]],
        tau,
        20,
        seed,
    )
    assert again == (ranking, num_passed)


def test_ties_fall_by_the_seed_and_what_is_not_judged_is_last_but_for_the_filter():
    _, points = toy(1)
    same = dict.fromkeys(IDS, 4.0)
    assert len({tuple(deita.rank(same, IDS, points, 1.0, 20, seed)[0]) for seed in range(5)}) > 1
    assert deita.rank(same | {"p04": 0.0}, IDS, points, 1.0, 20, 1)[0][-1] == "p04"
    assert deita.evol_scores({"a": (None, 3.0), "b": (2.0, 3.5)}) == {"a": 0.0, "b": 7.0}


@pytest.mark.parametrize("quantile", [0.0, 0.3, 0.5, 1.0])
def test_tau_is_a_quantile_of_the_similarity_to_the_nearest_neighbour(quantile):
    _, points = toy(2)
    nearest = sorted(max(similarity(a, b) for n, b in enumerate(points) if n != m) for m, a in enumerate(points))
    at = quantile * 19
    low, part = math.floor(at), at - math.floor(at)
    expected = nearest[low] if low == 19 else nearest[low] * (1 - part) + nearest[low + 1] * part
    assert deita.calibrated_tau(IDS, points, quantile, 100, 1) == pytest.approx(expected, abs=1e-6)


def test_tau_does_not_depend_on_the_order_of_the_points():
    _, points = toy(2)
    taus = {deita.calibrated_tau(IDS, points, 0.5, 7, seed) for seed in range(6)}
    assert len(taus) > 1
    there, back = deita.calibrated_tau(IDS, points, 0.5, 7, 3), deita.calibrated_tau(IDS[::-1], points[::-1], 0.5, 7, 3)
    assert there == pytest.approx(back, abs=1e-12)
