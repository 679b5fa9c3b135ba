import math
from collections import Counter

import numpy as np
import pytest
from scipy.optimize import linprog

from gdig.io.order import shuffle_key
from gdig.selectors import tsds

generator = np.random.default_rng(5)
IDS = [f"p{n}" for n in range(20)]
SEED_IDS = [f"s{n}" for n in range(4)]
POINTS = generator.normal(size=(20, 3))
POINTS[10:13] = POINTS[9] + 0.05 * generator.normal(size=(3, 3))  # four near-duplicates
SEEDS = POINTS[[2, 5, 9, 14]] + 0.3 * generator.normal(size=(4, 3))


def density(point, width):
    if width == 0:
        return 1.0
    return sum(max(0.0, 1 - sum((a - b) ** 2 for a, b in zip(point, p, strict=True)) / width**2) for p in POINTS)


def transport(alpha, scale, width):
    """The linear programme itself: g_ij and t = M max rho_j g_ij, solved by another's solver."""
    num_seeds, num_points = len(SEEDS), len(POINTS)
    size = num_seeds * num_points
    distances = [math.dist(s, p) for s in SEEDS for p in POINTS]
    costs = np.array([alpha / scale * d for d in distances] + [1 - alpha])
    given = np.zeros((num_seeds, size + 1))
    capped = np.zeros((size, size + 1))
    for i in range(num_seeds):
        given[i, i * num_points : (i + 1) * num_points] = 1
        for j in range(num_points):
            capped[i * num_points + j, [i * num_points + j, size]] = num_seeds * density(POINTS[j], width), -1
    done = linprog(costs, capped, np.zeros(size), given, np.full(num_seeds, 1 / num_seeds), method="highs")
    assert done.success
    return done.x[:size].reshape(num_seeds, num_points).sum(axis=0)


@pytest.mark.parametrize("width", [0.0, 0.3, 5.0])
@pytest.mark.parametrize(("alpha", "scale"), [(0.5, 1.0), (0.5, 5.0), (0.9, 1.0), (0.99, 0.1), (0.1, 3.0), (0.02, 9.0)])
def test_probabilities_solve_the_linear_programme(alpha, scale, width):
    found = tsds.probabilities(POINTS, SEEDS, alpha, scale, width, 20)
    assert found == pytest.approx(transport(alpha, scale, width), abs=1e-6)
    assert found.sum() == pytest.approx(1)


def test_the_cases_reach_from_nearest_alone_to_the_whole_pool():
    def support(alpha, scale):
        return (tsds.probabilities(POINTS, SEEDS, alpha, scale, 0.3, 20) > 0).sum()

    nearest = {min(range(20), key=lambda n: math.dist(POINTS[n], s)) for s in SEEDS}
    assert support(0.99, 0.1) == len(nearest)
    assert support(0.02, 9.0) == len(POINTS)
    assert len(nearest) < support(0.6, 1.0) < len(POINTS)


def test_densities_count_near_duplicates():
    found = tsds.densities(POINTS, POINTS, 0.3)
    assert found == pytest.approx([density(p, 0.3) for p in POINTS], abs=1e-12)
    assert found[9:13].min() > 2
    assert found[0] == pytest.approx(1)


def test_near_duplicates_share_what_one_of_them_would_have():
    """Where everything has a share: four of them what one other has, and without the kernel four times that."""
    with_kernel, without = (tsds.probabilities(POINTS, SEEDS, 0.02, 9.0, width, 20) for width in (0.3, 0.0))
    assert with_kernel[9:13].sum() == pytest.approx(with_kernel[0], rel=0.1)
    assert without[9:13].sum() == pytest.approx(4 * without[0])


def test_more_neighbours_than_the_optimum_needs_change_nothing_and_fewer_are_refused():
    whole = tsds.probabilities(POINTS, SEEDS, 0.6, 1.0, 0.3, 20)
    assert tsds.probabilities(POINTS, SEEDS, 0.6, 1.0, 0.3, 16) == pytest.approx(whole, abs=1e-12)
    with pytest.raises(ValueError, match=r"rank_tsds.num_neighbours = 2 are fewer .* raise it, or alpha = 0.5"):
        tsds.probabilities(POINTS, SEEDS, 0.5, 1.0, 0.3, 2)


def ranked(order=range(20), seed=1, how="sample", points=POINTS, alpha=0.6, seed_order=range(4)):
    rows, columns = list(order), list(seed_order)
    return tsds.rank(
        [IDS[n] for n in rows], points[rows], [SEED_IDS[n] for n in columns], SEEDS[columns], alpha=alpha, scale=1.0,
        width=0.3, num_neighbours=20, order=how, seed=seed,
    )  # fmt: skip


def test_a_draw_is_a_race_of_exponential_times_and_the_rest_follows_by_distance():
    ranking, probability = ranked()
    assert sorted(ranking) == sorted(IDS)

    def time(i):
        number = int.from_bytes(shuffle_key(1, f"draw/{i}")[:8], "big")
        return -math.log((number + 0.5) / 2**64) / probability[i]

    drawn = sorted((i for i in IDS if probability[i] > 0), key=time)
    rest = {i: min(math.dist(POINTS[IDS.index(i)], s) for s in SEEDS) for i in IDS if not probability[i]}
    assert rest
    assert ranking == drawn + sorted(rest, key=lambda i: rest[i])


def test_the_first_is_drawn_by_its_probability():
    firsts = Counter(ranked(seed=seed)[0][0] for seed in range(3000))
    probability = ranked()[1]
    for i in IDS:
        deviation = math.sqrt(probability[i] * (1 - probability[i]) / 3000)
        assert firsts[i] / 3000 == pytest.approx(probability[i], abs=4 * deviation)


def test_highest_probability_first():
    ranking, probability = ranked(how="probability")
    values = [probability[i] for i in ranking]
    assert values == sorted(values, reverse=True)
    assert ranking != ranked()[0]


@pytest.mark.parametrize("how", ["sample", "probability"])
def test_neither_the_order_of_pool_nor_of_seeds_matters_and_ties_fall_by_the_seed(how):
    twins = POINTS.copy()
    twins[15:] = POINTS[14]
    for points in (POINTS, twins):
        found = ranked(how=how, points=points)
        assert ranked(order=range(19, -1, -1), how=how, points=points) == found
        assert ranked(seed_order=[3, 1, 0, 2], how=how, points=points) == found
    orders = {tuple(i for i in ranked(how=how, points=twins, seed=seed)[0] if int(i[1:]) >= 14) for seed in range(6)}
    assert len(orders) > 1
