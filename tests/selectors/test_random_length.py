from statistics import median

import numpy as np

from gdig.selectors import random_length

generator = np.random.default_rng(2)
LENGTHS = {f"p{n:04d}": int(length) for n, length in enumerate(generator.integers(10, 400, 2000))}
SEEDS = {f"s{n}": int(length) for n, length in enumerate(generator.integers(80, 120, 40))}


def test_the_first_have_the_lengths_of_the_seeds_and_all_are_ranked():
    ranking = random_length.rank(LENGTHS, SEEDS, seed=1)
    assert sorted(ranking) == sorted(LENGTHS)
    first = [LENGTHS[i] for i in ranking[:120]]
    assert abs(median(first) - median(SEEDS.values())) <= 2
    assert all(75 < length < 125 for length in first)
    # Each seed has had three turns, so that the whole distribution is theirs.
    assert np.allclose(np.quantile(first, (0.1, 0.9)), np.quantile(list(SEEDS.values()), (0.1, 0.9)), atol=3)


def test_neither_the_order_of_the_pool_nor_anything_but_the_seed_decides():
    ranking = random_length.rank(LENGTHS, SEEDS, seed=1)
    assert random_length.rank(dict(reversed(LENGTHS.items())), dict(reversed(SEEDS.items())), seed=1) == ranking
    assert random_length.rank(LENGTHS, SEEDS, seed=2) != ranking
