"""MoDS, necessity: what the reward model thinks of that model's own translations of the others of high quality."""

import logging

from gdig.config import Params, Translate
from gdig.io.folders import scratch_folder
from gdig.io.matrix import FloatArray
from gdig.io.ranking import read_ranking
from gdig.io.records import read_pairs, select
from gdig.lm.memory import enough_memory
from gdig.lm.passes.shards import compute_shards
from gdig.run.paths import Paths
from gdig.selectors.reward.model import encode_answers, load_reward_model, rewards
from gdig.translate.run import translate

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    # As cells are translated, but whatever split those are scored on.
    decoding = Translate(
        split="valid",
        backend=params.translate.backend,
        dtype=params.translate.dtype,
        num_beams=params.translate.num_beams,
        length_penalty=params.translate.length_penalty,
        max_tokens=params.translate.max_tokens,
        max_length_ratio=params.translate.max_length_ratio,
        max_length_extra=params.translate.max_length_extra,
    )
    max_tokens, shard_size = params.rewards.max_tokens, params.mods.shard_size
    taken = set(read_ranking(paths.mods_coverage))
    others = [i for i in read_ranking(paths.mods_quality) if i not in taken]
    pairs = select(read_pairs(paths.pool), others)
    values = decoding, max_tokens, shard_size, params.prompt, others
    files = paths.mods_model, paths.reward_model, paths.pool
    # Translations are kept beside the shards.
    scratch = scratch_folder(paths.mods_necessity, values, files)
    answers = translate(paths.mods_model, pairs, params.prompt, decoding, scratch / "answers.jsonl", "necessity")
    judge, tokenizer = load_reward_model(paths.reward_model, params.passes.dtype)

    @enough_memory("rewards.max_tokens", max_tokens)
    def compute(rows: range) -> FloatArray:
        part = pairs[rows.start : rows.stop]
        sources, targets = [pair.src for pair in part], [answers[pair.id] for pair in part]
        return rewards(
            judge, tokenizer, encode_answers(judge, tokenizer, sources, targets, params.prompt).rows, max_tokens
        )

    compute_shards(paths.mods_necessity, scratch, "reward", others, shard_size, compute)
