"""One pass over the pool: the reward of every target as the answer to its instruction."""

from gdig.config import Params
from gdig.io.files import read_json, write_metrics
from gdig.io.matrix import FloatArray, read_matrix
from gdig.io.records import read_pairs
from gdig.lm.encoder import Encoded, count_truncated
from gdig.lm.memory import enough_memory
from gdig.lm.passes import processes
from gdig.lm.passes.shards import pool_pass
from gdig.run.paths import Paths
from gdig.selectors.reward.model import encode_answers, load_reward_model, rewards

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.rewards
    model, tokenizer = load_reward_model(paths.reward_model, params.passes.dtype)
    pairs = read_pairs(paths.pool)

    # Tokens of a whole pool, as lists, would fill the memory of every process.
    def encoded(rows: range) -> Encoded:
        part = pairs[rows.start : rows.stop]
        return encode_answers(model, tokenizer, [p.src for p in part], [p.trg for p in part], params.prompt)

    @enough_memory("rewards.max_tokens", settings.max_tokens)
    def compute(rows: range) -> FloatArray:
        return rewards(model, tokenizer, encoded(rows).rows, settings.max_tokens)

    pool_pass(
        paths.rewards,
        "reward",
        [pair.id for pair in pairs],
        settings.shard_size,
        compute,
        values=(settings, params.prompt, str(model.dtype)),
        files=[paths.reward_model, paths.pool],
    )
    if processes.rank():
        return
    num_truncated = count_truncated(encoded, len(pairs), settings.shard_size, "rewards")
    values_N1 = read_matrix(paths.rewards, "reward")[1].astype(float)
    record = read_json(paths.reward_model / "record.json")
    metrics = {
        "accuracy": record.get("accuracy"),
        "mean": float(values_N1.mean()),
        "sd": float(values_N1.std()),
        "num_candidates": len(pairs),
        "num_truncated": num_truncated,
    }
    write_metrics(paths.reward_metrics, paths.reward_metrics_copy, metrics)
