import pytest

from gdig.config import Filter, parse_params, read_values
from gdig.io.files import read_json
from gdig.io.ranking import iterate_ranking, read_ranking, write_ranking
from gdig.io.records import Pair, read_rows, write_pairs, write_rows
from gdig.run.paths import Paths
from gdig.selectors import gdig
from gdig.selectors.filtered import dropped, dropped_by
from stages import filter as filter_stage
from stages import filter_ranking, rank_filtered, rank_gdig_filtered

IDS = [f"p{n}" for n in range(10)]
FALLING = [(i, 1 - n / 10) for n, i in enumerate(IDS)]
RISING = [(i, n / 10) for n, i in enumerate(IDS)]


def cut(ranking="loss", drop_share=0.0, min_score=None):
    score = {"ranking": ranking, "drop_share": drop_share, "min_score": min_score}
    return Filter.model_validate({"scores": [score], "rankings": ["random"], "num_samples": 2, "seed": 1}).scores[0]


@pytest.mark.parametrize("ranking", [FALLING, RISING, [(i, None) for i in IDS]])
@pytest.mark.parametrize(("share", "number"), [(0.0, 0), (0.1, 1), (0.25, 2), (0.99, 10)])
def test_a_share_of_the_pool_is_dropped_from_the_end(ranking, share, number):
    assert dropped(IDS, ranking, cut(drop_share=share)) == IDS[::-1][:number]


def test_pairs_that_a_ranking_leaves_out_are_behind_all():
    assert dropped(IDS, FALLING[:8], cut(drop_share=0.4)) == ["p8", "p9", "p7", "p6"]
    assert dropped(IDS, FALLING[:8], cut(drop_share=0.2)) == ["p8", "p9"]
    with pytest.raises(ValueError, match=r"'loss' ranks 8 of 10 pairs, .* raise it to 0.200 or more"):
        dropped(IDS, FALLING[:8], cut(drop_share=0.1))


def test_scores_below_the_least_are_dropped_and_those_at_it_are_not():
    assert dropped(IDS, FALLING, cut(min_score=0.9)) == IDS[:1:-1]
    assert dropped(IDS, FALLING[:3], cut(min_score=0.0)) == IDS[3:]
    for ranking in (RISING, [(i, None) for i in IDS]):
        with pytest.raises(ValueError, match=r"min_score of 'loss', whose scores do not fall"):
            dropped(IDS, ranking, cut(min_score=0.5))


def test_one_filter_is_enough_to_drop_a_pair():
    assert dropped_by(["a", "b", "c"], {"x": ["a", "b"], "y": ["b"]}) == {"a": ["x"], "b": ["x", "y"], "c": []}


@pytest.fixture
def paths(tmp_path, monkeypatch, params):
    """A pool whose filters drop p9, p8 (loss) and p0, p9 (base_loss)."""
    monkeypatch.chdir(tmp_path)
    write_pairs(Paths(profile="p").pool, [Pair(i, f"Satz {i}", f"sentence {i}") for i in IDS])
    scores = [cut("loss", 0.2).model_dump(), cut("base_loss", min_score=0.2).model_dump()]
    settings = Filter.model_validate({"scores": scores, "rankings": ["random"], "num_samples": 1, "seed": 1})
    falling = ["p5", "p1", "p2", "p3", "p4", "p6", "p7", "p8", "p0", "p9"]
    rankings = {
        "loss": (IDS, dict(RISING)),
        "base_loss": (falling, {i: 1 - n / 10 for n, i in enumerate(falling, start=1)}),
        "random": (IDS[::-1], None),
        "unused": (IDS[::-1], None),
    }
    for name, (ids, own) in rankings.items():
        of = Paths(profile="p", selector=name)
        write_ranking(of.ranking, ids, own)
        filter_ranking.main(params, of, name)
    filter_stage.main(params.model_copy(update={"filter": settings}), Paths(profile="p"))
    return Paths(profile="p", selector="random")


def test_the_stages_rank_what_no_filter_drops(paths, params):
    assert [row["id"] for row in read_rows(paths.filter_kept)] == IDS[1:8]
    rank_filtered.main(params, paths, "random")
    assert read_ranking(paths.filtered_ranking) == IDS[7:0:-1]
    assert dict(iterate_ranking(paths.filtered_ranking))["p1"] is None
    summary = read_json(paths.filtered_summary)
    assert (summary["num_pool"], summary["num_kept"]) == (10, 7)
    counts = {name: (own["num_dropped"], own["num_by_it_alone"]) for name, own in summary["filters"].items()}
    assert counts == {"loss": (2, 1), "base_loss": (2, 1)}
    (sample,) = summary["filters"]["loss"]["sample"]
    assert sample["id"] in ("p8", "p9")
    assert sample["trg"] == f"sentence {sample['id']}"
    loss = Paths(profile="p", selector="loss")
    rank_filtered.main(params, loss, "loss")
    assert dict(iterate_ranking(loss.filtered_ranking)) == {f"p{n}": n / 10 for n in range(1, 8)}


def test_gdig_goes_round_the_clusters_of_what_is_left(paths, params):
    clusters = {i: n % 3 for n, i in enumerate(IDS[:9])}
    write_rows(paths.clusters, ({"id": i, "cluster": c} for i, c in clusters.items()))
    write_rows(paths.survivors, ({"id": i, "mean_influence": -1.0} for i in clusters))
    own = Paths(profile="p", selector="gdig")
    rank_gdig_filtered.main(params, own, "gdig")
    found = read_ranking(own.filtered_ranking)
    assert found == gdig.rank({i: clusters[i] for i in IDS[1:8]}, params.rank_gdig.seed)
    assert {clusters[i] for i in found[:3]} == {0, 1, 2}


def test_what_cannot_be_a_filter_is_refused():
    values = read_values()

    def message(changes):
        with pytest.raises(ValueError) as refused:
            parse_params(values | {"filter": values["filter"] | changes}, "params")
        return str(refused.value)

    score = values["filter"]["scores"][0]
    assert "'nothing' is no selector" in message({"rankings": ["nothing"]})
    assert "'nothing' is no selector" in message({"scores": [score | {"ranking": "nothing"}]})
    assert "gdig_filtered is there in any case" in message({"rankings": ["gdig"]})
    assert "stands there twice" in message({"scores": [score, score]})
    assert "has drop_share and min_score" in message({"scores": [score | {"min_score": 1.0}]})
    with pytest.raises(ValueError, match=r"'loss_filtered' is made of 'loss'; add that to filter.rankings"):
        parse_params(values | {"selectors": [*values["selectors"], "loss_filtered"]}, "params")
    for name in ("random_filtered", "gdig_filtered", "gdig_joint_filtered"):
        parse_params(values | {"selectors": [*values["selectors"], name]}, "params")
