"""One pass over the pool: the influence of every candidate on every seed, from gradients preconditioned by K-FAC."""

import logging

from gdig import stage
from gdig.config import Params
from gdig.curvature.damping import inverse_spectrum
from gdig.curvature.kfac import load_curvature
from gdig.data.prompt import encode_instructions
from gdig.files import digest, read_json
from gdig.influence import influence, precondition_seeds
from gdig.model.load import load_model, load_tokenizer
from gdig.paths import Paths
from gdig.records import read_pairs
from gdig.shards import compute_shards, fingerprint, scratch_root

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.influence
    model, tokenizer = load_model(paths.warmup), load_tokenizer(paths.warmup)
    candidates = encode_instructions(read_pairs(paths.pool), tokenizer, params.prompt)
    seeds = encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt)
    record = read_json(paths.warmup / "record.json")
    seed_gradients = precondition_seeds(
        model,
        seeds,
        load_curvature(paths.curvature, model.device),
        inverse_spectrum(settings, record["num_steps"], record["sum_of_rates"]),
        max_tokens=settings.max_tokens,
        memory_gib=settings.memory_gib,
    )
    logger.info("influence: %d candidates on %d seeds", len(candidates), len(seeds))
    inputs = [digest(path) for path in (paths.warmup, paths.pool, paths.seeds, paths.curvature)]
    compute_shards(
        paths.influence,
        scratch_root() / f"influence-{fingerprint(settings, params.prompt, inputs)}",
        "influence",
        [candidate.id for candidate in candidates],
        settings.shard_size,
        lambda rows: influence(model, [candidates[row] for row in rows], seed_gradients, settings.max_tokens).numpy(),
    )


if __name__ == "__main__":
    stage.run(main)
