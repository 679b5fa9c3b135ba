"""One pass over the pool: the influence of every candidate on every seed, from gradients preconditioned by K-FAC.

Before it begins, the plan is checked against the memory granted, and the engine against the plainest code on a probe.
"""

import logging
from collections import Counter

import torch

from gdig import processes, stage
from gdig.config import Params
from gdig.curvature.damping import Damping
from gdig.curvature.kfac import load_curvature
from gdig.data.prompt import encode_instructions
from gdig.files import digest, read_json, rounded, write_json
from gdig.influence.plan import Workload, describe, plan
from gdig.influence.probe import check
from gdig.influence.score import influence, precondition_seeds
from gdig.model.load import load_tokenizer
from gdig.model.sharding import load_sharded
from gdig.paths import Paths
from gdig.records import read_pairs
from gdig.shards import compute_shards, fingerprint, scratch_root

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.influence
    tokenizer = load_tokenizer(paths.warmup)
    candidates = encode_instructions(read_pairs(paths.pool), tokenizer, params.prompt)
    seeds = encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt)
    model = load_sharded(paths.warmup, params.curvature.dtype)
    bases = load_curvature(paths.curvature, model.device)
    record = read_json(paths.warmup / "record.json")
    damping = Damping.of(settings, record["num_steps"], record["sum_of_rates"])

    workload = Workload.of(candidates, seeds)
    steps = plan({name: (len(basis.s_O), len(basis.a_I)) for name, basis in bases.items()}, workload, settings)
    logger.info("influence of %d candidates: %s", len(candidates), describe(steps, workload, settings))
    routes = {name: step.route for name, step in steps.items()}
    seed_gradients = precondition_seeds(model, seeds, bases, damping, routes, settings)

    exact_model = model if model.dtype == torch.float32 else load_sharded(paths.warmup)
    found = check(model, exact_model, candidates, seeds, bases, damping, routes, seed_gradients, settings)
    del exact_model
    logger.info("probe of %d pairs: %.1f%% of signs agree, Spearman %.4f",
                found.num_pairs, 100 * found.sign_agreement, found.spearman)  # fmt: skip

    inputs = [digest(path) for path in (paths.warmup, paths.pool, paths.seeds, paths.curvature)]
    key = fingerprint(settings, params.curvature.dtype, params.prompt, inputs)
    compute_shards(
        paths.influence,
        scratch_root() / f"influence-{key}",
        "influence",
        [candidate.id for candidate in candidates],
        settings.shard_size,
        lambda rows: influence(model, [candidates[row] for row in rows], seed_gradients, settings.max_tokens).numpy(),
    )
    if processes.rank():
        return
    metrics = {
        "num_candidates": len(candidates),
        "num_seeds": len(seeds),
        "num_linears": Counter(routes.values()),
        "seed_gradients_mib": sum(step.num_bytes for step in steps.values()) / 2**20,
        "probe": found.as_json(),
    }
    for path in (paths.influence_metrics, paths.influence_metrics_copy):
        write_json(path, rounded(metrics))


if __name__ == "__main__":
    stage.run(main, several=True)
