import numpy as np
import pytest

from gdig.io.token_losses import COLUMN, read_mean_losses
from gdig.lm.passes.shards import compute_shards


def test_sums_become_means_of_tokens_by_id(tmp_path):
    sums_N6 = np.float32(
        [[6.0, 12.0, 3.0, 5.0, 9.0, 2.0], [4.0, 5.0, 2.0, 3.0, 0.0, 0.0], [1.0, 1.0, 8.0, 0.7, 0.9, 6.0]]
    )
    compute_shards(
        tmp_path / "out", tmp_path / "scratch", COLUMN, ["a", "b", "c"], 2, lambda rows: sums_N6[rows.start : rows.stop]
    )
    assert read_mean_losses(tmp_path / "out") == {"a": (2.0, 4.0), "b": (2.0, 2.5), "c": (0.125, 0.125)}
    # Without the end; b has one token, with nothing in front of it.
    published = read_mean_losses(tmp_path / "out", "published")
    assert published == {"a": (2.5, 4.5), "b": (3.0, 0.0), "c": pytest.approx((0.1, 0.15))}
    with pytest.raises(ValueError, match="holds no shards"):
        read_mean_losses(tmp_path)
