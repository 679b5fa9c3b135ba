"""The stages on a pool of 48 pairs, from indicators to rankings."""

import json
import os
import signal

import numpy as np
import pytest

from gdig.io.files import digest
from gdig.io.matrix import read_matrix
from gdig.io.ranking import iterate_ranking, read_ranking
from gdig.io.records import Pair, read_rows, write_pairs, write_rows
from gdig.lm.load import load_tokenizer
from gdig.lm.passes.shards import compute_shards
from gdig.run import stage
from gdig.run.paths import Paths
from gdig.selectors.mining.indicators import NAMES, read_indicators
from gdig.training import finetune
from stages import (
    indicators,
    instructiongpt4_clusters,
    instructiongpt4_scores,
    mining_rule,
    mining_runs,
    mining_subsets,
    rank_instruction_mining,
    rank_instructiongpt4,
)
from tests.conftest import toy_pairs
from tests.training.toy import settings as training

PAIRS = toy_pairs(48)
RUNS = ["loss-1", "loss-2", "mtld-1", "mtld-2", "random-1"]


@pytest.fixture(scope="module")
def paths():
    return Paths(profile="embedded")


@pytest.fixture(scope="module")
def micro(params):
    finetune = params.finetune.model_copy(
        update={"training": training(epochs=1.0, min_steps=2), "eval_steps": 10, "seeds": [1]}
    )
    return params.model_copy(
        update={
            "finetune": finetune,
            "indicators": params.indicators.model_copy(update={"shard_size": 20, "neighbour": 2}),
            "regression": params.regression.model_copy(
                update={"indicators": ["loss", "mtld"], "num_random": 1, "subset_size": 8}
            ),
            "instructiongpt4": params.instructiongpt4.model_copy(update={"epochs": 3}),
            "instructiongpt4_clusters": params.instructiongpt4_clusters.model_copy(
                update={"num_clusters": 3, "num_neighbours": 20}
            ),
        }
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory, base_folder, paths, micro):
    """What comes before, and what the stages up to the rule made of it."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("GDIG_SCRATCH", str(folder / "scratch"))
        patch.setattr(stage, "num_cores", lambda: 1)
        paths.base.parent.mkdir(parents=True)
        paths.base.symlink_to(base_folder)
        write_pairs(paths.pool, PAIRS)
        write_pairs(paths.valid, [Pair(f"v-{pair.id}", pair.src, pair.trg) for pair in PAIRS[:6]])
        rng, ids = np.random.default_rng(1), [pair.id for pair in PAIRS]
        points = rng.normal(size=(48, 12)).astype(np.float32)
        losses = np.column_stack([rng.uniform(20, 40, (48, 2)), rng.integers(5, 12, 48)]).astype(np.float32)
        for out, column, values in (
            (paths.embeddings, "embedding", points / np.linalg.norm(points, axis=1, keepdims=True)),
            (paths.rewards, "reward", rng.normal(size=(48, 1)).astype(np.float32)),
            (paths.base_token_losses, "losses", losses),
        ):
            compute_shards(
                out, folder / "made", column, ids, 48, lambda rows, values=values: values[rows.start : rows.stop]
            )
        rows = [{"id": i, "score": None if n == 3 else float(n % 6)} for n, i in enumerate(ids)]
        write_rows(paths.ratings, rows)
        indicators.main(micro, paths)
        mining_subsets.main(micro, paths)
        yield folder


def test_indicators_are_those_of_each_pair(site, paths, base_folder):
    ids, columns = read_indicators(paths.indicators)
    assert ids == [pair.id for pair in PAIRS]
    assert tuple(columns) == NAMES
    tokenizer = load_tokenizer(base_folder)
    for row, pair in enumerate(PAIRS):
        assert columns["src_characters"][row] == len(pair.src)
        assert columns["trg_tokens"][row] == len(tokenizer(pair.trg, add_special_tokens=False).input_ids)
        assert columns["length_ratio"][row] == 0  # targets are sources in upper case
        assert columns["copied"][row] == 1  # and the same words
    assert (np.abs(columns["similarity"]) <= 1 + 1e-6).all()
    assert columns["similarity"].std() > 0
    assert (columns["neighbour_distance"] > 0).all()


def test_a_killed_stage_loses_the_run_in_flight_alone(site, paths, micro, monkeypatch):
    """Its process is killed in the third run, before the weights of that are there."""
    log, train_to = site / "trained", finetune.train_to

    def logged(out, *arguments, **settings):
        begun = log.read_text().split() if log.exists() else []
        log.write_text(" ".join([*begun, out.name]))
        if len(begun) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        train_to(out, *arguments, **settings)

    monkeypatch.setattr(finetune, "train_to", logged)
    with pytest.raises(ValueError, match="a replicate's process was killed"):
        mining_runs.main(micro, paths)
    assert not paths.mining_runs.exists()
    mining_runs.main(micro, paths)
    assert log.read_text().split() == [*RUNS[:3], *RUNS[2:]]
    whole = digest(paths.mining_runs)
    assert [row["id"] for row in read_rows(paths.mining_runs)] == RUNS
    assert all(row["valid_loss"] > 0 for row in read_rows(paths.mining_runs))
    assert not [path for path in (site / "scratch").iterdir() if path.is_dir()]
    paths.mining_runs.unlink()
    monkeypatch.setattr(finetune, "train_to", train_to)
    mining_runs.main(micro, paths)
    assert digest(paths.mining_runs) == whole


@pytest.fixture(scope="module")
def fitted(site, paths, micro):
    """Likewise up to the scores and clusters."""
    if not paths.mining_runs.exists():
        mining_runs.main(micro, paths)
    mining_rule.main(micro, paths)
    instructiongpt4_scores.main(micro, paths)
    instructiongpt4_clusters.main(micro, paths)


def test_rule_scores_and_rankings(fitted, paths, micro):
    metrics = json.loads(paths.regression_metrics.read_text())
    assert metrics["num_runs"] == 5
    assert set(metrics["effects"]) == {"loss", "mtld"}
    assert metrics["r2_leave_one_out"] < metrics["r2"] <= 1
    assert paths.regression_metrics.read_bytes() == paths.regression_metrics_copy.read_bytes()
    rule = json.loads(paths.mining_rule.read_text())
    ids, columns = read_indicators(paths.indicators)

    mining = Paths(profile="embedded", selector="instruction_mining")
    rank_instruction_mining.main(micro, mining, "instruction_mining")
    ranked = list(iterate_ranking(mining.ranking))
    assert sorted(i for i, _ in ranked) == sorted(pair.id for pair in PAIRS)
    assert [score for _, score in ranked] == sorted(score for _, score in ranked)
    tokens, values_N3 = read_matrix(paths.base_token_losses, "losses")
    weights, lexical = rule["weights"], dict(zip(ids, columns["mtld"].tolist(), strict=True))
    expected = {
        i: rule["intercept"] + weights["loss"] * given / count + weights["mtld"] * lexical[i]
        for i, (given, _, count) in zip(tokens, values_N3.tolist(), strict=True)
    }
    assert dict(ranked) == pytest.approx(expected, rel=1e-5)

    best = Paths(profile="embedded", selector="instructiongpt4")
    rank_instructiongpt4.main(micro, best, "instructiongpt4")
    ranking = read_ranking(best.ranking)
    assert sorted(ranking) == sorted(pair.id for pair in PAIRS)
    scores = {row["id"]: row["score"] for row in read_rows(paths.instructiongpt4_scores)}
    clusters = {row["id"]: row["cluster"] for row in read_rows(paths.instructiongpt4_clusters)}
    for label in set(clusters.values()):
        members = [scores[i] for i in ranking if clusters[i] == label]
        assert members == sorted(members, reverse=True)
    assert json.loads(paths.instructiongpt4_metrics.read_text())["num_unrated"] == 1


def test_stages_run_again_give_the_same_bytes(fitted, paths, micro):
    for module, out in (
        (indicators, paths.indicators),
        (mining_subsets, paths.mining_subsets),
        (mining_rule, paths.mining_rule),
        (instructiongpt4_scores, paths.instructiongpt4_scores),
        (instructiongpt4_clusters, paths.instructiongpt4_clusters),
    ):
        before = digest(out)
        module.main(micro, paths)
        assert digest(out) == before


def test_what_the_judge_knows_nothing_of_is_told(fitted, paths, micro):
    rows = read_rows(paths.ratings)
    try:
        write_rows(paths.ratings, rows[1:])
        with pytest.raises(ValueError, match=rf"rating.jsonl: nothing of '{rows[0]['id']}', which is in the pool"):
            instructiongpt4_scores.main(micro, paths)
    finally:
        write_rows(paths.ratings, rows)
