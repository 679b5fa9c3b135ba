"""One measurement of one engine, and the training pass that it is measured against."""

import gc
import importlib.metadata
import multiprocessing
import platform
import resource
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import Any

import torch

from benchmarks.influence.engines import ENGINES, Engine, fit, floor, train
from benchmarks.influence.workload import NUM_FIT, Shape, make_examples, make_model
from gdig.influence.probe import agreement, exact_influence
from gdig.lm.prompt import Example

NUM_PROBE = 32, 16
"""Candidates and seeds that are compared with the oracle."""


def measure(name: str, shape: Shape, trainer: Executor) -> dict[str, Any]:
    """Measure one engine once, in this process; `trainer` is another, for the training pass."""
    before = trainer.submit(train_seconds, shape).result()
    engine = ENGINES[name]
    device = _device()
    model = _model(shape, device)
    candidates, seeds, sample = (make_examples(shape, n, s) for s, n in enumerate((shape.n, shape.m, NUM_FIT)))
    floor(model, None, _one_batch(shape, candidates), [], shape.max_tokens)  # kernels are chosen, memory is mapped

    start = _seconds(device)
    fit_state = state = engine.fit(model, sample, shape.max_tokens) if engine.fit else None
    fitted = prepared = _seconds(device)
    if engine.prepare:
        state = engine.prepare(model, state, candidates, seeds, shape.max_tokens)
        prepared = _seconds(device)
    scores_NM = engine.score(model, state, candidates, seeds, shape.max_tokens)
    scored = _seconds(device)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    peak_gpu = torch.cuda.max_memory_allocated() if device.type == "cuda" else 0
    del model, state
    _release(device)
    probe: dict[str, float] = {}
    if engine.settings and device.type == "cuda":
        probe = probe_float32(engine, shape, fit_state, scores_NM, device)
    del fit_state
    _release(device)
    after = trainer.submit(train_seconds, shape).result()

    reference = (before + after) / 2
    result: dict[str, Any] = {"fit_ratio": (fitted - start) / reference} if engine.fit else {}
    result |= {
        "score_ratio": (scored - fitted) / reference,
        "train_seconds": reference,
        "train_drift": after / before,
        "seconds_a_candidate": (scored - prepared) / shape.n,
        "peak_rss_mb": peak_mb,
    }
    if engine.prepare:
        result["prepare_seconds"] = prepared - fitted
    if device.type == "cuda":
        result |= {"peak_gpu_gib": peak_gpu / 2**30, "candidates_per_second": shape.n / (scored - fitted)} | probe
    if engine.oracle and scores_NM is not None and device.type == "cpu":
        result |= _agreement(engine, shape, scores_NM)
    return result | {"versions": _versions(engine), "device": _device_name(device)}


def probe_float32(
    engine: Engine, shape: Shape, bases: Any, scores_NM: torch.Tensor | None, device: torch.device
) -> dict[str, float]:
    """Compare our engine's scores with exact ones in float32, by its own curvature: a large model has no float64."""
    assert engine.oracle is not None
    assert scores_NM is not None
    model = _model(shape, device).float()
    rows, columns = NUM_PROBE
    candidates, seeds = make_examples(shape, shape.n, 0)[:rows], make_examples(shape, shape.m, 1)[:columns]
    exact_CM = exact_influence(model, candidates, seeds, bases, engine.oracle)
    found = agreement(scores_NM[:rows, :columns].double(), exact_CM)
    return {"spearman": found.spearman, "sign_agreement": found.sign_agreement}


def train_seconds(shape: Shape) -> float:
    """Return the seconds of a training pass over the candidates, on a model of its own."""
    device = _device()
    model = _model(shape, device)
    candidates = make_examples(shape, shape.n, 0)
    train(model, None, _one_batch(shape, candidates), [], shape.max_tokens)
    start = _seconds(device)
    train(model, None, candidates, [], shape.max_tokens)
    seconds = _seconds(device) - start
    del model
    _release(device)
    return seconds


def training_process() -> ProcessPoolExecutor:
    """Return the process of the training pass; it begins anew because CUDA does not survive a fork."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))


def _device() -> torch.device:
    torch.set_num_threads(1)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _model(shape: Shape, device: torch.device) -> Any:
    return make_model(shape, device, torch.bfloat16 if device.type == "cuda" else torch.float32)


def _release(device: torch.device) -> None:
    """Give back memory of the GPU that nothing refers to: engine and training pass take turns."""
    gc.collect()  # a peer's hooks and collectors refer to each other
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _one_batch(shape: Shape, examples: Sequence[Example]) -> Sequence[Example]:
    return examples[: shape.max_tokens // shape.tokens]


def _agreement(engine: Engine, shape: Shape, scores_NM: torch.Tensor) -> dict[str, float]:
    """Compare with the dense oracle of the engine's convention; curvature and gradients in float64."""
    assert engine.oracle is not None
    model = _model(shape, torch.device("cpu")).double()  # an engine may have wrapped the other's linears
    candidates, seeds, sample = (make_examples(shape, n, s) for s, n in enumerate((shape.n, shape.m, NUM_FIT)))
    bases = fit(model, sample, shape.max_tokens, kind=engine.kind)
    rows, columns = NUM_PROBE
    exact_CM = exact_influence(model, candidates[:rows], seeds[:columns], bases, engine.oracle)
    found = agreement(scores_NM[:rows, :columns].double(), exact_CM)
    return {"spearman": found.spearman, "sign_agreement": found.sign_agreement}


def _seconds(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def _versions(engine: Engine) -> dict[str, str]:
    names = ["torch", "transformers", *([engine.package] if engine.package else [])]
    return {name: importlib.metadata.version(name) for name in names} | {"python": platform.python_version()}


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name() if device.type == "cuda" else f"one core, {platform.machine()}"
