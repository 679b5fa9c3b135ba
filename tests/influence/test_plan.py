from dataclasses import replace

import pytest

from gdig.influence.plan import GIB, Workload, describe, plan, plan_passes

SHAPES = {"up": (1024, 256), "down": (256, 1024)}
WORKLOAD = Workload(num_seeds=64, num_seed_tokens=64 * 40, candidate_tokens=40.0, num_parameters=10**6)


def settings(params, **changes):
    return params.influence.model_copy(update={"memory_gib": 100.0} | changes)


def routes(steps):
    return [step.route for step in steps.values()]


def test_auto_takes_the_cheapest_exact_route(params):
    assert routes(plan(SHAPES, WORKLOAD, settings(params))) == ["dense", "dense"]
    assert routes(plan(SHAPES, WORKLOAD, settings(params, inverse="factored"))) == ["hybrid", "hybrid"]


def test_token_pairs_are_cheaper_where_linears_are_large_and_examples_short(params):
    """T_n T_m < O I / (O + I): 2985 at the shape of a 7B model."""
    large = {"up": (11008, 4096)}
    for tokens, route in ((40, "token_pairs"), (70, "hybrid")):
        workload = replace(WORKLOAD, num_seeds=10_000, num_seed_tokens=10_000 * tokens, candidate_tokens=tokens)
        assert routes(plan(large, workload, settings(params, inverse="factored", memory_gib=1e6))) == [route]


def test_linears_change_route_one_by_one_until_the_seeds_fit(params):
    dense = 64 * 1024 * 256 * 4
    chosen = settings(params, inverse="factored", memory_gib=1.3 * dense / GIB)
    steps = plan(SHAPES, WORKLOAD, chosen)
    assert sorted(routes(steps)) == ["hybrid", "token_pairs"]
    assert sum(step.num_bytes for step in steps.values()) <= chosen.memory_gib * GIB


def test_a_plan_that_does_not_fit_is_refused_with_what_would(params):
    memory = 0.5 * 2 * 64 * 1024 * 256 * 4 / GIB
    with pytest.raises(ValueError, match=r"gradients of 64 seeds take 0.12 GiB on route dense") as error:
        plan(SHAPES, WORKLOAD, settings(params, memory_gib=memory))
    assert "at most 32 seeds" in str(error.value)
    assert "influence.inverse: factored" in str(error.value)
    assert "influence.precision: bfloat16" in str(error.value)
    with pytest.raises(ValueError, match="take 0.01 GiB on route token_pairs") as of_half:
        plan(SHAPES, WORKLOAD, settings(params, memory_gib=0.005, precision="bfloat16", inverse="factored"))
    assert "bfloat16" not in str(of_half.value)
    assert "influence.inverse" not in str(of_half.value)
    rank = int(str(error.value).split("influence.rank: ")[1].split()[0])
    fitting = settings(params, memory_gib=memory, route="low_rank", rank=rank)
    assert routes(plan(SHAPES, WORKLOAD, fitting)) == ["low_rank", "low_rank"]
    with pytest.raises(ValueError, match="take"):
        plan(SHAPES, WORKLOAD, fitting.model_copy(update={"rank": rank + 1}))


def test_bfloat16_halves_the_bytes(params):
    single, half = (plan(SHAPES, WORKLOAD, settings(params, precision=p)) for p in ("float32", "bfloat16"))
    assert single["up"].num_bytes == 2 * half["up"].num_bytes


def test_the_plan_is_reported_in_one_line(params):
    line = describe(*plan_passes(SHAPES, WORKLOAD, settings(params)), WORKLOAD, settings(params))
    assert "64 seeds in one pass over the pool take 0.125 of 100 GiB (eigen inverse, float32; dense at 2 lin" in line
    assert "0.109 GFLOP a candidate beside the 0.16 of the model" in line


def test_seeds_that_do_not_fit_are_divided_between_passes(params):
    memory = 0.5 * 2 * 64 * 1024 * 256 * 4 / GIB
    assert plan_passes(SHAPES, WORKLOAD, settings(params))[0] == 1
    num_passes, steps = plan_passes(SHAPES, WORKLOAD, settings(params, memory_gib=memory))
    assert num_passes == 2
    assert routes(steps) == ["dense", "dense"]
    assert "in 2 passes, a part of them in each" in describe(2, steps, WORKLOAD, settings(params))
    with pytest.raises(ValueError, match=r"allow 2 passes over the pool \(influence.max_passes\)"):
        plan_passes(SHAPES, WORKLOAD, settings(params, memory_gib=memory, max_passes=1))


def test_another_pass_is_made_only_where_it_is_cheaper_than_a_slower_route(params):
    """Hybrid seeds in two passes, or token pairs in one: a large model is not taken through twice."""
    chosen = settings(params, inverse="factored", memory_gib=0.6 * 2 * 64 * 1024 * 256 * 4 / GIB)
    small, large = replace(WORKLOAD, num_parameters=10_000), replace(WORKLOAD, num_parameters=10**9)
    assert plan_passes(SHAPES, small, chosen)[0] == 2
    num_passes, steps = plan_passes(SHAPES, large, chosen)
    assert num_passes == 1
    assert "token_pairs" in routes(steps)
