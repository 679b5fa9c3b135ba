"""The cost model: operations against a hand's count and torch's, bytes against real tensors, and its refusals."""

import json
import math
from functools import partial

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from benchmarks.influence import cost
from benchmarks.influence.engines import ENGINES
from benchmarks.influence.operations import counts, sketch_bytes
from benchmarks.influence.workload import LAYER_STEP, LINEARS, SHAPES, Shape, make_examples, make_model
from gdig.influence.capture import capture
from gdig.influence.damping import Damping
from gdig.influence.kfac import eigenbases, factors, load_curvature, save_curvature
from gdig.influence.score import influence, precondition_seeds
from gdig.influence.seed_gradients import DenseSeeds
from gdig.lm.layers import tracked_linears

HAND = Shape(hidden=2, mlp=3, layers=3, heads=1, vocabulary=5, tokens=4, response=2, n=1, m=2, max_tokens=8)
# A block above the tracked one: in the last block prompts carry no gradient, and less is done than counted.
TOY = Shape(hidden=8, mlp=12, layers=4, heads=2, vocabulary=20, tokens=9, response=4, n=6, m=5, max_tokens=27)
ROTARY = 1e-3
"""Share of what torch counts and the model leaves out: the angles of positions, once a batch."""
ROW = {
    "engine": "gdig-bfloat16", "shape": "small", "n": 128, "m": 64, "fit_ratio": 1.3, "train_seconds": 5.0,
    "seconds_a_candidate": 0.02, "prepare_seconds": 3.0, "device": "one core, x86_64",
}  # fmt: skip
GPU = {"device": "NVIDIA H100"}


def toy_model():
    model = make_model(TOY, torch.device("cpu"), torch.float64)
    model.set_attn_implementation("eager")  # whose products torch counts
    return model, tracked_linears(model, LAYER_STEP, LINEARS)


def toy_bases(model, names):
    return eigenbases(factors(model, names, make_examples(TOY, 6, 2), TOY.max_tokens))


def toy_seeds(model, names, route, inverse="factored"):
    settings = ENGINES["gdig"].settings(TOY.max_tokens).model_copy(update={"rank": 3})
    routes = dict.fromkeys(names, route)
    damping = Damping("relative", 0.1, inverse, 1, 1.0)
    bases = toy_bases(model, names)
    return lambda: precondition_seeds(model, make_examples(TOY, TOY.m, 1), bases, damping, routes, settings)


class Counter(TorchDispatchMode):
    """Adds up operations; torch's own mode hooks modules, which a backward pass to activations does not bear."""

    total = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if count := flop_registry.get(func._overloadpacket):
            self.total += count(*args, **(kwargs or {}), out_val=result)
        return result


def operations(compute):
    with Counter() as counter:
        compute()
    return counter.total


def test_operations_are_those_of_a_count_by_hand():
    found = counts("gdig", HAND, torch.float32)
    block, attention, head = 2 * 4 * (4 * 2 * 2 + 3 * 2 * 3), 4 * 4 * 4 * 2, 2 * 2 * 2 * 5
    assert found.forward == 3 * (block + attention) + head == 1240
    assert found.backward == head + 2 * 4 * 2 * 3 == 88  # the tracked block is the last: its down projection alone
    assert found.contraction == 3 * 2 * 2 * 3 * (4 + 2) == 216
    assert found.candidate == 1240 + 88 + 216
    assert found.factors == {3: 3, 2: 2}
    assert found.decomposition == 3 * 27 + 2 * 8
    assert found.curvature(10) == 10 * (1240 + 88 + 3 * 2 * 4 * 9 + 2 * 2 * 4 * 4)
    # One batch of both seeds: four inverse factors by name, then tokens and gradients.
    assert found.preparation == 2 * (1240 + 88) + 3 * (2 * (27 + 8) + 2 * (2 * 4 * (9 + 4) + 2 * 4 * 6))


def test_passes_and_contraction_take_what_torch_counts():
    model, names = toy_model()
    examples, found = make_examples(TOY, TOY.n, 0), counts("gdig", TOY, torch.float64)
    passes = operations(lambda: capture(model, names, examples))
    assert passes == pytest.approx(TOY.n * (found.forward + found.backward), rel=ROTARY)
    for route in ("hybrid", "token_pairs"):
        seeds = toy_seeds(model, names, route)()
        found = counts("gdig", TOY, torch.float64, route=route)
        contraction = operations(partial(influence, model, examples, seeds, TOY.max_tokens)) - passes
        # The plan counts the last token, which carries no gradient, and the sums of token pairs, which torch does not.
        least = (TOY.tokens - 1) / TOY.tokens * 0.95 if route == "token_pairs" else 1
        most = 1 + ROTARY
        assert least * TOY.n * found.contraction <= contraction <= most * TOY.n * found.contraction


@pytest.mark.parametrize(
    ("route", "inverse"), [("hybrid", "factored"), ("token_pairs", "factored"), ("dense", "eigen")]
)
def test_preparation_takes_what_torch_counts(route, inverse):
    model, names = toy_model()
    found = counts("gdig", TOY, torch.float64, route=route)
    assert operations(toy_seeds(model, names, route, inverse)) == pytest.approx(found.preparation, rel=ROTARY)


def test_curvature_takes_what_torch_counts_but_for_the_last_token():
    model, names = toy_model()
    found = counts("gdig", TOY, torch.float64)
    taken = operations(lambda: factors(model, names, make_examples(TOY, 6, 2), TOY.max_tokens))
    last_token = 6 * 2 * (12**2 + 12**2 + 8**2)  # of S, to which it adds nothing
    assert taken == pytest.approx(found.curvature(6) - last_token, rel=ROTARY)


def test_bytes_are_those_of_real_tensors(tmp_path):
    def num_bytes(*tensors):
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    model, names = toy_model()
    model.float()
    found = counts("gdig", TOY, torch.float32)
    assert found.weight_bytes == num_bytes(*model.parameters())
    statistics = factors(model, names, make_examples(TOY, 6, 2), TOY.max_tokens)
    distinct = {id(factor): factor for pair in statistics.values() for factor in pair}
    assert found.factor_bytes == num_bytes(*distinct.values())
    save_curvature(tmp_path / "bases", eigenbases(statistics))
    loaded = load_curvature(tmp_path / "bases", torch.device("cpu"))
    assert found.curvature_bytes == num_bytes(*(t for b in loaded.values() for t in (b.s_O, b.q_s_OO, b.a_I, b.q_a_II)))
    taps = capture(model, names, make_examples(TOY, TOY.max_tokens // TOY.tokens, 0)).values()
    inputs = {tap.input_BTI.data_ptr(): tap.input_BTI for tap in taps}
    assert found.tap_bytes == num_bytes(*inputs.values(), *(tap.gradient_BTO for tap in taps))
    for route, inverse in (("hybrid", "factored"), ("token_pairs", "factored"), ("low_rank", "eigen")):
        real = 0
        for kept in toy_seeds(model, names, route, inverse)().values():
            real += num_bytes(
                *([kept.gradients_MXY] if isinstance(kept, DenseSeeds) else [kept.left_SO, kept.right_SI])
            )
        planned = counts("gdig", TOY, torch.float32, route=route, rank=3).seed_bytes
        assert real == (planned * (TOY.tokens - 1) // TOY.tokens if route == "token_pairs" else planned)
    scores_NM = influence(model, make_examples(TOY, TOY.n, 0), toy_seeds(model, names, "hybrid")(), TOY.max_tokens)
    assert found.influence_bytes(TOY.n) == num_bytes(scores_NM)


def test_llama2_7b_has_its_known_size():
    found = counts("gdig-bfloat16", SHAPES["llama2-7b"], torch.bfloat16, memory_gib=24.0)
    assert found.weight_bytes == 2 * 6_738_415_616
    assert len(found.linears) == 30
    assert {step.route for step in found.steps.values()} == {"token_pairs"}
    assert found.seed_bytes == 256 * 95 * 30 * (4096 + 11008) * 2
    assert found.influence_bytes(1_900_000) == 1_900_000 * 256 * 4
    assert sketch_bytes(found.linears, 1000, 16) == 1000 * 30 * 16 * 16 * 4


def test_hours_grow_with_candidates_and_shrink_with_devices():
    wanted, rates = counts("gdig", TOY, torch.float32), cost.stated_rates(1e9, 1e8)
    one = cost.predict(rates, wanted, 1000, 1, 100)
    assert one.candidates == pytest.approx(1000 * wanted.candidate / 1e9)
    assert one.decompositions == pytest.approx(9 * wanted.decomposition / 1e8)
    twice, shared = cost.predict(rates, wanted, 2000, 1, 100), cost.predict(rates, wanted, 1000, 8, 100)
    assert (twice.candidates, twice.clustering) == pytest.approx((2 * one.candidates, 2 * one.clustering))
    assert (twice.preparation, twice.curvature) == (one.preparation, one.curvature)
    for part in ("candidates", "curvature", "clustering"):
        assert getattr(shared, part) == pytest.approx(getattr(one, part) / 8)
    assert (shared.preparation, shared.decompositions) == (one.preparation, one.decompositions)


def test_a_row_predicts_itself():
    found = cost.predict(cost.measured_rates(ROW), cost.row_counts(ROW), 128, 1, 256)
    assert found.candidates == pytest.approx(128 * 0.02)
    assert found.preparation == pytest.approx(3.0)
    assert found.curvature + found.decompositions == pytest.approx(1.3 * 5.0)


def rows_file(folder, *rows, name="rows.jsonl"):
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def run(folder, *arguments):
    out = folder / "out.jsonl"
    cost.main([*arguments, "--out", str(out)])
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def refusal(capsys, *arguments):
    with pytest.raises(SystemExit) as error:
        cost.main(arguments)
    assert error.value.code == 2
    return capsys.readouterr().err


def test_a_row_of_the_wanted_shape_is_used_as_it_is(tmp_path):
    row = ROW | GPU | {"shape": "llama2-7b", "n": 2048, "m": 256}
    lines = run(tmp_path, rows_file(tmp_path, row), "--candidates", "1000", "2000", "--devices", "1", "4")
    assert [(line["n"], line["devices"]) for line in lines] == [(1000, 1), (1000, 4), (2000, 1), (2000, 4)]
    assert [line["seconds"]["candidates"] for line in lines] == pytest.approx([20.0, 5.0, 40.0, 10.0])
    assert [line["seconds"]["preparation"] for line in lines] == pytest.approx([3.0] * 4)


def test_rates_of_a_core_are_refused_for_a_gpu_unless_a_rate_is_stated(tmp_path, capsys):
    rows = rows_file(tmp_path, ROW)
    said = refusal(capsys, rows)
    assert "measured on one core, x86_64, which says nothing about a gpu" in said
    assert "--flops" in said
    gpu = rows_file(tmp_path, ROW | GPU, name="gpu.jsonl")
    assert "which says nothing about a core" in refusal(capsys, gpu, "--on", "core")
    (line,) = run(tmp_path, rows, "--flops", "1e14", "--candidates", "1000", "--devices", "1")
    assert "not measured" in line["rates"]
    total = sum(line["operations_a_candidate"].values())
    assert line["seconds"]["candidates"] == pytest.approx(1000 * total / 1e14)
    assert line["seconds"]["decompositions"] is None
    assert run(tmp_path, rows, "--on", "core", "--shape", "medium")[0]["seconds"]["candidates"] > 0


def test_without_a_rate_there_are_bytes_and_no_hours(tmp_path, capsys):
    lines = run(tmp_path)
    assert [line["n"] for line in lines] == [256_000, 1_900_000]
    assert "seconds" not in lines[0]
    assert lines[0]["bytes"]["influence"] == 256_000 * 256 * 4
    shown = capsys.readouterr().out
    assert "No hours" in shown
    assert "256 seeds by token_pairs, bfloat16" in shown


def test_what_a_device_does_not_hold_is_refused_with_what_would_do(tmp_path, capsys):
    assert "--memory-gib 40" in refusal(capsys, "--memory-gib", "40")
    said = refusal(capsys, "--engine", "gdig")  # float32
    assert "--memory-gib 80 leaves 39.5 GiB for the seeds" in said
    assert "influence.precision: bfloat16" in said
    assert run(tmp_path, "--engine", "gdig", "--max-tokens", "4096")[0]["bytes"]["seeds"] > 39.5 * 2**30


def test_wrong_files_and_numbers_are_refused(tmp_path, capsys):
    failed = {"engine": "gdig", "shape": "small", "n": 1, "m": 1, "failed": "exit code 1"}
    rows = rows_file(tmp_path, ROW, failed)
    assert "no measured row of engine gdig; there are gdig-bfloat16" in refusal(capsys, rows, "--engine", "gdig")
    assert "there are none" in refusal(capsys, rows_file(tmp_path, failed, name="failed.jsonl"))
    assert "no file of JSON lines" in refusal(capsys, str(tmp_path / "missing.jsonl"))
    for wrong in (["--candidates", "0"], ["--flops", "-1"], ["--flops", "inf"], ["--memory-gib", "nan"]):
        assert "must be" in refusal(capsys, *wrong)
    assert "name the one with the rates" in refusal(capsys, "--against", rows)


def test_a_prediction_is_compared_with_what_was_measured(tmp_path, capsys):
    rows = rows_file(tmp_path, ROW)
    slower = rows_file(tmp_path, ROW | {"n": 512, "seconds_a_candidate": 0.025}, name="slower.jsonl")
    lines = {line["part"]: line for line in run(tmp_path, rows, "--against", slower)}
    assert lines["candidates"]["predicted_seconds"] == pytest.approx(512 * 0.02)
    assert lines["candidates"]["measured_seconds"] == pytest.approx(512 * 0.025)
    assert lines["preparation"]["predicted_seconds"] == pytest.approx(lines["preparation"]["measured_seconds"])
    elsewhere = rows_file(tmp_path, ROW | GPU, name="elsewhere.jsonl")
    assert "measured on NVIDIA H100, but the rates on one core" in refusal(capsys, rows, "--against", elsewhere)


def test_ekfac_looks_twice_where_what_it_saw_does_not_fit():
    kfac, ekfac = (counts(engine, TOY, torch.float32) for engine in ("gdig-eigen", "gdig-ekfac"))
    many = 10**9
    again = (ekfac.curvature(many) - kfac.curvature(many)) / many - (ekfac.curvature(1) - kfac.curvature(1))
    assert again == pytest.approx(kfac.forward + kfac.backward)
    assert ekfac.curvature_bytes - kfac.curvature_bytes == 4 * sum(map(math.prod, kfac.linears.values()))
