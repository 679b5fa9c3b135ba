import pytest

from gdig.config import Fusion
from gdig.io.ranking import iterate_ranking, read_ranking, write_ranking
from gdig.io.records import Pair, write_pairs
from gdig.run.paths import Paths
from gdig.selectors.fusion import fuse, places
from stages import fusion_ranking, rank_fusion

IDS = ["a", "b", "c", "d"]


def test_places_fall_from_the_first_to_the_last():
    assert places(IDS, ["b", "a", "d", "c"]).tolist() == [0.625, 0.875, 0.125, 0.375]


def test_what_a_ranking_leaves_out_shares_the_places_left():
    found = places(IDS, ["c"])
    assert found.tolist() == [0.375, 0.375, 0.875, 0.375]
    assert found.sum() == pytest.approx(places(IDS, IDS).sum())


def test_borda_is_the_mean_place_and_a_product_punishes_one_low_place():
    rankings = {"one": ["a", "b", "c", "d"], "other": ["d", "b", "c", "a"]}
    assert fuse(IDS, rankings, "borda") == pytest.approx({"a": 0.5, "b": 0.625, "c": 0.375, "d": 0.5})
    assert fuse(IDS, rankings, "product")["a"] == pytest.approx((0.875 * 0.125) ** 0.5)
    low, even = (fuse(IDS, rankings, method) for method in ("product", "borda"))
    assert low["a"] < low["c"]
    assert even["a"] > even["c"]


@pytest.mark.parametrize("method", ["borda", "product"])
def test_the_stages_fuse_the_rankings_that_params_name(tmp_path, monkeypatch, params, method):
    monkeypatch.chdir(tmp_path)
    paths = Paths(profile="p", selector="fusion")
    write_pairs(paths.pool, [Pair(i, "x", "y") for i in IDS])
    params = params.model_copy(update={"fusion": Fusion(rankings=["loss", "gdig"], method=method, seed=1)})
    rankings = {"loss": ["a", "b", "c", "d"], "gdig": ["b", "d"], "random": ["d", "c", "b", "a"]}
    for name, ranking in rankings.items():
        own = Paths(profile="p", selector=name)
        write_ranking(own.ranking, ranking)
        fusion_ranking.main(params, own, name)
    rank_fusion.main(params, paths, "fusion")
    del rankings["random"]
    expected = fuse(IDS, rankings, method)
    assert dict(iterate_ranking(paths.ranking)) == pytest.approx(expected, rel=1e-5)
    assert read_ranking(paths.ranking) == sorted(IDS, key=lambda i: -expected[i])
