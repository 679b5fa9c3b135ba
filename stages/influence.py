"""The influence of every candidate on every seed, from gradients preconditioned by the curvature.

`influence.estimator: exact` takes the pool through the model; `sketch` reads the cache that stage `sketch` made. Before
either begins, the plan is checked against the memory granted, and the engine against the plainest code on a probe.
"""

import logging
from functools import partial

import torch

from gdig.config import Params
from gdig.influence.damping import Damping
from gdig.influence.estimators import exact, from_sketches
from gdig.influence.kfac import load_curvature, without_curvature
from gdig.influence.probe import check_agreement
from gdig.io.files import read_json, write_metrics
from gdig.io.records import read_pairs
from gdig.io.tokens import holds_special
from gdig.lm.load import load_tokenizer
from gdig.lm.passes import processes
from gdig.lm.passes.shards import pool_passes
from gdig.lm.prompt import encode_instructions
from gdig.lm.sharding import load_sharded
from gdig.run.paths import Paths

logger = logging.getLogger(__name__)

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.influence
    tokenizer = load_tokenizer(paths.warmup)
    pool = read_pairs(paths.pool)
    candidates = encode_instructions(pool, tokenizer, params.prompt)
    seeds = encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt)
    model = load_sharded(paths.warmup, params.curvature.dtype)
    bases = load_curvature(paths.curvature, model.device)
    unmoved = without_curvature(bases)
    record = read_json(paths.warmup / "record.json")
    damping = Damping.of(settings, record["num_steps"], record["sum_of_rates"])

    make = partial(from_sketches, cache=paths.influence_cache) if settings.estimator == "sketch" else exact
    estimator = make(model, candidates, seeds, bases, damping, settings)
    logger.info(estimator.description)
    of_lemma = {}
    if settings.damping == "lemma":
        of_lemma["largest_eta_t_l"] = damping.largest_product(bases.values())
        logger.info(
            "damping by Lemma 1: eta T = %.3g over %d steps of %s, where the lemma assumes SGD; eta T L is at most "
            "%.3g (far below 1, influence is nearly the plain dot product of gradients)",
            damping.sum_of_rates, damping.num_steps, record["optimizer"], of_lemma["largest_eta_t_l"],
        )  # fmt: skip
    exact_model = model if model.dtype == torch.float32 else load_sharded(paths.warmup)
    found = check_agreement(
        exact_model, candidates, estimator.seeds, bases, damping, settings, estimator.estimate, estimator.trials
    )
    del exact_model
    logger.info("probe of %d pairs: %.1f%% of signs agree, Spearman %.4f",
                found.num_pairs, 100 * found.sign_agreement, found.spearman)  # fmt: skip

    pool_passes(
        paths.influence,
        "influence",
        [candidate.id for candidate in candidates],
        settings.shard_size,
        estimator.passes,
        values=(settings, params.curvature.dtype, params.prompt),
        files=[paths.warmup, paths.pool, paths.seeds, paths.curvature, paths.influence_cache],
    )
    if processes.rank():
        return
    metrics = {
        "num_candidates": len(candidates),
        "num_seeds": len(seeds),
        "estimator": settings.estimator,
        **estimator.record,
        **of_lemma,
        "probe": found.as_json(),
    }
    if unmoved:
        metrics["linears_without_gradient"] = unmoved
    if held := sum(holds_special(tokenizer, [f"{pair.src}\n{pair.trg}" for pair in pool])):
        metrics["pairs_with_special_strings"] = held
        logger.warning("%d pairs hold the string of a special token, which is read as text", held)
    write_metrics(paths.influence_metrics, paths.influence_metrics_copy, metrics)
