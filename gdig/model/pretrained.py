"""A pretrained model as the base: its files are found, checked and copied, bytes as they are."""

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gdig.config import Base
from gdig.files import digest
from gdig.model.checkpoint import check_checkpoint
from gdig.model.hub import FILES, model_folder
from gdig.model.licence import licence_of
from gdig.model.load import load_tokenizer
from gdig.model.round_trip import check_tokenizer

logger = logging.getLogger(__name__)


def copy_pretrained(base: Base, texts: Sequence[str], out: Path) -> dict[str, Any]:
    """Copy the files of the hub's model or of the local folder that `base` names; return their record.

    Args:
        base: with `model` an id and `revision` its commit, or `model` a folder and no revision.
        texts: that the tokenizer must know.
        out: an empty folder.

    Raises:
        ValueError: the model cannot be had, or the stages could not load it; see what is called here.
    """
    folder = model_folder(base.model, base.revision, "base")
    checkpoint = check_checkpoint(folder)
    tokenizer = check_tokenizer(_tokenizer(folder), texts)
    logger.info("base: %d parameters (%s) from %s", checkpoint.num_parameters, checkpoint.dtype, folder)
    for path in _files_of(folder, checkpoint.weight_files):
        shutil.copyfile(path, out / path.name)
    return {
        # Of a local folder its name alone: its path differs between machines.
        "model": base.model if base.revision else folder.name,
        "revision": base.revision,
        "licence": licence_of(folder),
        "num_parameters": checkpoint.num_parameters,
        "dtype": checkpoint.dtype,
        "tokenizer": tokenizer,
        "files": {path.name: digest(path) for path in sorted(out.iterdir())},
    }


def _tokenizer(folder: Path) -> Any:
    try:
        return load_tokenizer(folder)
    except Exception as error:  # each kind of tokenizer has its own way to fail
        raise ValueError(
            f"{folder}: its tokenizer cannot be loaded ({error}); code of its own is not run, so that it must be of a "
            f"kind that transformers knows, at best with a tokenizer.json"
        ) from error


def _files_of(folder: Path, weight_files: Sequence[str]) -> list[Path]:
    """Return the weights, and of the other files those that belong to a model."""
    found = {path for pattern in FILES for path in folder.glob(pattern) if path.suffix != ".safetensors"}
    return sorted(path for path in found | {folder / name for name in weight_files} if path.is_file())
