"""Make the base model: a small Llama trained from scratch on the base text, or a copy of a local model folder.

Every finetuned system and the warm-up start from it.
"""

import logging
from pathlib import Path

from gdig import stage
from gdig.config import Params
from gdig.files import atomic_folder, write_json
from gdig.model.load import load_model, load_tokenizer, save
from gdig.paths import Paths
from gdig.records import read_pairs
from gdig.training.scratch import train_base

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    if params.base.num_threads is not None:
        stage.limit_threads(params.base.num_threads)
    if params.base.model == "scratch":
        model, tokenizer, record = train_base(read_pairs(paths.base_text), params.base, params.prompt)
        origin = {"model": "scratch", "training": record.as_json()}
    else:
        folder = Path(params.base.model)
        if not folder.is_dir():
            raise ValueError(f"base.model: there is no folder {folder}; give a local model folder, or 'scratch'")
        model, tokenizer = load_model(folder), load_tokenizer(folder)
        origin = {"model": folder.name}
        logger.info("base: %d parameters from %s", model.num_parameters(), folder)
    with atomic_folder(paths.base) as out:
        save(out, model, tokenizer)
        write_json(out / "record.json", origin)


if __name__ == "__main__":
    stage.run(main)
