"""Make the reward model: one trained on base text against corruptions of it, or a copy of a published one."""

import logging

from gdig.config import Params
from gdig.io.files import atomic_folder, digest, rounded, write_json
from gdig.io.records import read_pairs
from gdig.io.text import keys_of, matching_key
from gdig.lm.hub import model_folder
from gdig.lm.load import save
from gdig.run.paths import Paths
from gdig.selectors.reward.bradley_terry import train_reward_model
from gdig.selectors.reward.model import load_reward_model

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.reward_model
    if settings.model == "bradley_terry":
        pairs = read_pairs(paths.base_text)
        candidates = keys_of(read_pairs(paths.pool))
        apart = [pair for pair in pairs if not {matching_key(pair.src), matching_key(pair.trg)} & candidates]
        if len(apart) < len(pairs):
            logger.warning("reward model: %d pairs of base text also stand in the pool", len(pairs) - len(apart))
        model, tokenizer, record = train_reward_model(paths.base, apart, settings, params.prompt)
    else:
        folder = model_folder(settings.model, settings.revision, "reward_model")
        model, tokenizer = load_reward_model(folder)
        weights = {path.name: digest(path) for path in folder.glob("*.safetensors")}
        record = {"revision": settings.revision, "sha256": weights}
    with atomic_folder(paths.reward_model) as out:
        save(out, model, tokenizer)
        # Of a local folder its name alone: its path differs between machines.
        name = settings.model if settings.revision else settings.model.rstrip("/").rpartition("/")[2]
        write_json(out / "record.json", rounded({"model": name, **record}))
