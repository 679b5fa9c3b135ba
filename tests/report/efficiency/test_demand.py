"""What choosing the pairs needs, from dvc.lock only."""

import pytest

from gdig.report.efficiency.demand import demand, passes, trained
from gdig.report.lock import Artifact, Locked

BASE, POOL = "data/toy/base", "data/toy/prepared/pool.jsonl"
TRAINING = {"learning_rate": 0.001, "epochs": 1.0}


def stage(name, *, reads=(), writes=(), params=None, selector=""):
    return Locked(
        name, selector, "", [Artifact(path, "0", 1) for path in reads],
        [Artifact(f"data/toy/{path}", "0", 1000) for path in writes], params or {},
    )  # fmt: skip


WARMUP = stage("warmup", reads=[BASE, POOL], writes=["warmup"], params={"warmup": {"training": TRAINING}})
GDIG = [
    WARMUP,
    stage("curvature", reads=["data/toy/warmup", POOL], writes=["curvature"]),
    stage("sketch", reads=["data/toy/warmup", POOL], params={"gradients.sketch_rank": 0}),
    stage("influence", reads=["data/toy/warmup", POOL], params={"influence": {"estimator": "exact"}}),
    stage("gradients", reads=["data/toy/warmup", POOL]),
    stage("clusters", reads=["data/toy/gradients"]),
    stage("rank_gdig", writes=["rankings/gdig/ranking.jsonl"], selector="gdig"),
]


def test_gdig_trains_one_model_and_passes_over_the_pool_twice():
    found = demand(GDIG, BASE)
    assert (found.num_models, found.num_stages, found.num_passes) == (1, 7, 2)


def test_a_stage_that_reads_the_pool_and_a_model_is_a_pass():
    loss = stage("rank_new", reads=["data/toy/warmup", POOL])
    assert demand([WARMUP, loss], BASE).num_passes == 1
    assert demand([stage("rank_new", reads=[BASE, POOL])], BASE).num_passes == 1
    assert demand([stage("rank_new", reads=[POOL])], BASE).num_passes == 0
    assert demand([stage("rank_new", reads=["data/toy/warmup"])], BASE).num_passes == 0


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("influence", {"influence": {"estimator": "sketch"}}, 0),
        ("controls", {}, 0),
        ("sketch", {"gradients.sketch_rank": 8}, 1),
        ("token_losses-base", {}, 2),
        ("judge-rating", {}, 1),
        ("less_warmup", {"less_warmup": {"training": {"epochs": 4.0}}}, 4),
        ("less_gradients", {}, 0),
        ("rank_less", {}, 0),
        ("mining_runs", {"finetune.training": TRAINING}, 0),
        ("one_shot", {"nuggets": {"num_anchors": 16}}, 16),
    ],
)
def test_declared_passes(name, params, expected):
    assert passes(stage(name, reads=[POOL], params=params), {BASE}) == expected


def test_models_are_trained_where_params_say_how():
    assert trained(stage("mods_model", params={"finetune.training": TRAINING, "mods.seed": 1})) == 1
    drawn = {"regression.indicators": ["reward", "loss"], "regression.num_bins": 3, "regression.num_random": 4}
    assert trained(stage("mining_subsets", params=drawn)) == 10
    assert trained(stage("mining_runs", params={"finetune.training": TRAINING})) == 0
    assert trained(stage("rewards", params={"rewards": {"max_tokens": 8}})) == 0
    reward = {"model": "bradley_terry", "training": TRAINING}
    assert trained(stage("reward_model", params={"reward_model": reward})) == 1
    copied = stage(
        "reward_model", reads=[BASE], writes=["reward_model"], params={"reward_model": reward | {"model": "a/b"}}
    )
    assert trained(copied) == 0
    assert demand([copied, stage("rewards", reads=["data/toy/reward_model", POOL])], BASE).num_passes == 1
