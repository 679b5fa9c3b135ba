"""What choosing the pairs asks for, told by the lock alone."""

import pytest

from gdig.report.feasibility import demand, measured_section, passes, published_section, trained
from gdig.report.lock import Artifact, Locked
from gdig.run import costs

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
    stage("rank_gdig", writes=["rankings/gdig.jsonl"], selector="gdig"),
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
def test_passes_that_are_declared(name, params, expected):
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


def test_the_table_ranks_by_models_and_stages_and_takes_time_from_the_journal():
    phases = {"choosing pairs": GDIG}
    cheap = {"choosing pairs": [stage("rank_random", writes=["rankings/random.jsonl"])]}
    cost = costs.Cost(90.0, 80.0, 10, "cpu", 1)
    page = measured_section(
        {"gdig": phases, "random": cheap, "full": cheap}, "toy", lambda run: cost if run.stage == "warmup" else None
    )
    assert page.index(">random<") < page.index(">G-DIG<")
    assert "full pool" not in page
    row = page[page.index(">G-DIG<") :]
    assert row.index("<td>1</td>") < row.index("<td>7</td>") < row.index("<td>2</td>")
    assert "1 min 30 s (1 of 7)" in row
    assert "3.0 kB" in row
    assert "not run on this machine" in page
    assert "there is no dvc.lock" in measured_section({}, "toy", lambda run: None)


def test_published_tables_are_marked():
    page = published_section()
    assert "1.570 (bridge, does not follow)" in page
    assert "1.400 (bridge, follows)" in page
    assert page.count("(printed ") == 0
    assert "7 of 9 ranks of simplicity and 7 of 9 ranks of flexibility" in page
