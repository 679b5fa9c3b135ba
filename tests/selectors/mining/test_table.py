import numpy as np
import pytest

from gdig.selectors.mining.columns import collect_columns, matrix

IDS = ["a", "b"]
LEXICAL = IDS, {"mtld": np.array([10.0, 20.0])}
REWARDS = IDS[::-1], np.float32([[2.0], [1.0]])
LOSSES = {"a": (2.0, 4.0), "b": (2.0, 2.5)}


def test_everything_is_joined_by_id():
    columns = collect_columns(LEXICAL, REWARDS, LOSSES)
    found = matrix(columns, ["reward", "loss", "unconditional_loss", "mtld"], ["b", "a"])
    np.testing.assert_allclose(found, [[2.0, 2.0, 2.5, 20.0], [1.0, 2.0, 4.0, 10.0]])


def test_other_candidates_are_reported():
    with pytest.raises(ValueError, match=r"indicators and token losses have different candidates: 'b' is in only one"):
        collect_columns(LEXICAL, REWARDS, {"a": LOSSES["a"]})
