"""Models by name: a local folder, or one of the Hugging Face hub at a pinned revision."""

import logging
import re
from pathlib import Path

logger = logging.getLogger(__name__)

FILES = ["*.json", "*.safetensors", "*.model", "*.txt"]
"""Configuration, weights, tokenizer; no pickles and no code."""


def model_folder(name: str, revision: str | None, key: str) -> Path:
    """Return the folder of a model: `name` itself, or where the hub's files were put.

    Args:
        name: path of a folder, or `owner/model`.
        revision: commit of the hub's; None for a folder.
        key: the params key that names it, for errors.

    Raises:
        ValueError: there is no such folder or model, or it cannot be had: offline, gated, unknown revision.
    """
    if Path(name).is_dir():
        if revision is not None:
            raise ValueError(f"{key}: {name} is a local folder, so it has no revision; set its revision to null")
        return Path(name)
    if re.match(r"[./~]", name) or name.count("/") != 1:
        raise ValueError(f"{key}: there is no folder {name}; give a local model folder, or the hub id owner/model")
    if revision is None:
        raise ValueError(
            f"{key}: {name} is no local folder, and on the hub its files may change; say its commit as revision"
        )
    if not re.fullmatch("[0-9a-f]{40}", revision):
        logger.warning("%s: revision %r of %s is a branch or tag, which may move; a commit cannot", key, revision, name)
    from huggingface_hub import snapshot_download

    try:
        # Not what lies in folders: other formats of the same weights.
        return Path(snapshot_download(name, revision=revision, allow_patterns=FILES, ignore_patterns=["*/*"]))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{key}: {name} at {revision} cannot be had: {error}. Where HF_HUB_OFFLINE is 1, as `make` sets it, "
            f"nothing is fetched; for a gated model accept its terms on its page and run `hf auth login`. Or fetch it "
            f"elsewhere (`hf download {name} --revision {revision} --local-dir FOLDER`) and give the folder"
        ) from error
