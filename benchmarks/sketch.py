"""How well influence from sketches agrees with exact influence, on the artifacts of the profile in params.yaml.

    dvc repro influence && python -m benchmarks.sketch --ranks 8 16 32 64 --out FILE.jsonl

One JSON object a rank, over the whole pool and all seeds: agreement in sign and rank of all pairs, Spearman of what the
quality rule reads (a candidate's share of seeds helped, its mean influence), the share of the exact survivors that are
also those of the sketch, and the cost: megabytes of the cache, seconds to take it and seconds to score from it.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr

from benchmarks.begin import begin
from benchmarks.rows import report
from gdig.config import Params
from gdig.influence.damping import Damping
from gdig.influence.kfac import load_curvature
from gdig.influence.probe import agreement
from gdig.influence.sketch import estimated_influence, sketches, whitening
from gdig.io.files import read_json
from gdig.io.matrix import FloatArray, read_matrix
from gdig.io.records import read_pairs
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.prompt import encode_instructions
from gdig.run.command import command
from gdig.run.paths import Paths
from gdig.selection.quality import apply_rule, assess


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sketch", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ranks", type=int, nargs="+", default=[8, 16, 32, 64])
    parser.add_argument("--out", type=Path, help="file of JSON lines to write")
    arguments = parser.parse_args()
    params, paths = begin()
    if params.influence.estimator != "exact" or not paths.influence.is_dir():
        parser.error(f"{paths.influence} must hold exact influence: run `dvc repro influence` with estimator exact")
    report(measure(params, paths, arguments.ranks), arguments.out)


def measure(params: Params, paths: Paths, ranks: list[int]) -> Any:
    """Yield the figures of each rank."""
    settings = params.influence
    ids, exact_NM = read_matrix(paths.influence, "influence")
    expected = _selection(params, ids, exact_NM)
    model, tokenizer = load_model(paths.warmup, params.curvature.dtype), load_tokenizer(paths.warmup)
    candidates = encode_instructions(read_pairs(paths.pool), tokenizer, params.prompt)
    seeds = encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt)
    assert [candidate.id for candidate in candidates] == ids
    bases = load_curvature(paths.curvature, model.device)
    record = read_json(paths.warmup / "record.json")
    damping = Damping.of(settings, record["num_steps"], record["sum_of_rates"])
    for rank in ranks:
        start = time.monotonic()
        candidates_NK = sketches(model, candidates, bases, rank, settings.max_tokens)
        taken = time.monotonic()
        seeds_MK = sketches(model, seeds, bases, rank, settings.max_tokens)
        estimate_NM = estimated_influence(candidates_NK, seeds_MK, whitening(bases, damping, rank)).numpy()
        scored = time.monotonic()
        found = _selection(params, ids, estimate_NM)
        whole = agreement(torch.from_numpy(estimate_NM), torch.from_numpy(exact_NM))
        yield {
            "profile": params.profile,
            "rank": rank,
            "num_candidates": len(ids),
            "num_seeds": exact_NM.shape[1],
            "sign_agreement": whole.sign_agreement,
            "spearman": whole.spearman,
            "spearman_share_helped": float(spearmanr(found[0], expected[0]).statistic),
            "spearman_mean_influence": float(spearmanr(estimate_NM.mean(axis=1), exact_NM.mean(axis=1)).statistic),
            "survivors_kept": len(found[1] & expected[1]) / len(expected[1]),
            "cache_mb": candidates_NK.numel() * 4 / 1e6,
            "sketch_seconds": taken - start,
            "score_seconds": scored - taken,
        }


def _selection(params: Params, ids: list[str], influence_NM: FloatArray) -> tuple[FloatArray, set[str]]:
    """Return the shares of seeds helped, and as many of the best candidates as the quality rule must leave."""
    assessed = assess(ids, influence_NM)
    count = params.quality.min_survivors or 2 * params.budgets[-1]
    best = apply_rule(assessed, count).survivors[:count]
    return np.array([c.share_helped for c in assessed], dtype=np.float32), {c.id for c in best}


if __name__ == "__main__":
    main()
