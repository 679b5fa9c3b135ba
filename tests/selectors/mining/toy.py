"""A pool of 20 pairs and their indicators; runs on subsets of it."""

import numpy as np

from gdig.selectors.mining.subsets import sample_subsets

IDS = [f"p{n:02d}" for n in range(20)]
_values = np.random.default_rng(5).normal(size=(20, 3))
COLUMNS = {
    name: dict(zip(IDS, (_values[:, column] * scale + shift).tolist(), strict=True))
    for column, (name, scale, shift) in enumerate([("reward", 1.0, 0.0), ("loss", 0.3, 2.0), ("mtld", 20.0, 40.0)])
}
NAMES = list(COLUMNS)
SUBSETS = sample_subsets(COLUMNS, NAMES, 2, 3, 6, 1)
LABELS = np.random.default_rng(6).normal(size=len(SUBSETS)) / 10
