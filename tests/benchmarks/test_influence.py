"""The benchmark itself on a shape that takes a second: every engine of ours, and what it says of itself."""

import importlib.util
import json
import os
import subprocess
import sys
from concurrent.futures import Executor, Future

import pytest
import torch

from benchmarks.influence.engines import ENGINES
from benchmarks.influence.measure import measure, probe_float32, training_process
from benchmarks.influence.workload import SHAPES, Shape, make_examples, make_model
from tests.conftest import ROOT

TINY = Shape(
    hidden=16, mlp=32, layers=3, heads=2, vocabulary=50, tokens=12, response=5, n=40, m=20, max_tokens=96
)  # fmt: skip
OURS = [name for name, engine in ENGINES.items() if engine.package is None]


@pytest.fixture(scope="module")
def trainer():
    with training_process() as pool:
        yield pool


@pytest.mark.parametrize("name", OURS)
def test_every_engine_of_ours_agrees_with_the_oracle_of_its_convention(name, trainer):
    found = measure(name, TINY, trainer)
    for key in ("score_ratio", "train_seconds", "train_drift", "seconds_a_candidate", "peak_rss_mb"):
        assert found[key] > 0
    assert {"torch", "transformers", "python"} <= set(found["versions"])
    assert ("prepare_seconds" in found) == name.startswith("gdig")
    if ENGINES[name].oracle is None:
        assert "spearman" not in found
        return
    exact = name not in ("gdig-low-rank",) and "bfloat16" not in name
    assert found["spearman"] > (0.9999 if exact else 0.99)
    assert found["sign_agreement"] > (0.999 if exact else 0.9)
    assert found["fit_ratio"] > 0


@pytest.mark.parametrize("name", ["gdig", "gdig-bfloat16", "gdig-eigen"])
def test_the_probe_that_a_gpu_gets_sees_right_and_wrong_scores(name):
    engine, cpu = ENGINES[name], torch.device("cpu")
    model = make_model(TINY, cpu, torch.float32)
    candidates, seeds, sample = (make_examples(TINY, count, seed) for seed, count in enumerate((TINY.n, TINY.m, 64)))
    bases = engine.fit(model, sample, TINY.max_tokens)
    prepared = engine.prepare(model, bases, candidates, seeds, TINY.max_tokens)
    scores = engine.score(model, prepared, candidates, seeds, TINY.max_tokens)
    assert probe_float32(engine, TINY, bases, scores, cpu)["sign_agreement"] > 0.9
    assert probe_float32(engine, TINY, bases, -scores, cpu)["sign_agreement"] < 0.1


class Trainer(Executor):
    """Answers a request for a training pass with the next of some seconds."""

    def __init__(self, *seconds):
        self.seconds = list(seconds)

    def submit(self, function, *arguments):
        future = Future()
        future.set_result(self.seconds.pop(0))
        return future


def test_costs_are_over_the_mean_of_the_training_passes_before_and_after():
    found = measure("floor", TINY, Trainer(1.0, 3.0))
    assert found["train_seconds"] == 2.0
    assert found["train_drift"] == 3.0
    assert found["score_ratio"] == pytest.approx(found["seconds_a_candidate"] * TINY.n / 2.0)


@pytest.mark.parametrize("name", ["bergson", "bergson-kfac", "kronfluence", "kronfluence-kfac"])
def test_a_peer_agrees_with_the_oracle_of_its_convention(name, trainer):
    if importlib.util.find_spec(ENGINES[name].package) is None:
        pytest.skip("it is not installed")
    found = measure(name, TINY, trainer)
    # Bergson leaves the last token of an example out of its statistics: here a twelfth of them.
    assert found["spearman"] > (0.999 if "bergson" in name else 0.9999)
    assert found["sign_agreement"] > 0.99


def test_small_and_medium_have_the_sizes_that_the_figures_were_measured_at():
    assert (SHAPES["small"].hidden, SHAPES["small"].mlp, SHAPES["small"].layers) == (256, 1024, 9)
    assert (SHAPES["medium"].hidden, SHAPES["medium"].mlp, SHAPES["medium"].layers) == (512, 1536, 12)


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.influence", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip


def test_an_engine_that_is_not_installed_is_reported_as_such(tmp_path):
    if importlib.util.find_spec("kronfluence"):
        pytest.skip("it is installed")
    done = run("--engines", "kronfluence", "--out", str(tmp_path / "out.jsonl"))
    assert done.returncode == 0, done.stderr
    row = json.loads((tmp_path / "out.jsonl").read_text())
    assert row["engine"] == "kronfluence"
    assert "kronfluence is not installed" in row["skipped"]


@pytest.mark.slow
def test_the_command_line_writes_one_row_an_engine(tmp_path):
    out = tmp_path / "out.jsonl"
    done = run("--engines", "floor", "--n", "1", "--m", "1", "--repeats", "1", "--out", str(out))
    assert done.returncode == 0, done.stderr
    row = json.loads(out.read_text())
    assert (row["engine"], row["shape"], row["n"], row["m"]) == ("floor", "small", 1, 1)
    assert row["score_ratio"] > 0


def test_an_unknown_engine_is_refused_with_the_known_ones():
    done = run("--engines", "gdigg")
    assert done.returncode == 2
    assert "unknown engines: gdigg; there are train, train-onednn, floor, gdig" in done.stderr
