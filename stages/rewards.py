"""One pass over the pool: the reward of every target as the answer to its instruction."""

import logging

from gdig import processes, stage
from gdig.config import Params
from gdig.files import digest, read_json, rounded, write_json
from gdig.folders import fingerprint, scratch_root
from gdig.model.reward import encode_answers, load_reward_model, rewards
from gdig.paths import Paths
from gdig.records import read_pairs
from gdig.shards import compute_shards, read_matrix

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.rewards
    model, tokenizer = load_reward_model(paths.reward_model)
    pairs = read_pairs(paths.pool)
    answers = [pair.trg for pair in pairs]
    encoded = encode_answers(model, tokenizer, [pair.src for pair in pairs], answers, params.prompt)
    if encoded.num_truncated:
        logger.warning("rewards: %d of %d pairs are cut to what the model reads", encoded.num_truncated, len(pairs))
    compute_shards(
        paths.rewards,
        scratch_root()
        / f"rewards-{fingerprint(settings, params.prompt, digest(paths.reward_model), digest(paths.pool))}",
        "reward",
        [pair.id for pair in pairs],
        settings.shard_size,
        lambda rows: rewards(model, tokenizer, [encoded.rows[row] for row in rows], settings.max_tokens),
    )
    if processes.rank():
        return
    values_N1 = read_matrix(paths.rewards, "reward")[1].astype(float)
    record = read_json(paths.reward_model / "record.json")
    metrics = {
        "accuracy": record.get("accuracy"),
        "mean": float(values_N1.mean()),
        "sd": float(values_N1.std()),
        "num_candidates": len(pairs),
        "num_truncated": encoded.num_truncated,
    }
    for path in (paths.reward_metrics, paths.reward_metrics_copy):
        write_json(path, rounded(metrics))


if __name__ == "__main__":
    stage.run(main, several=True)
