"""COMET: `python -m gdig.scoring.comet SOCKET` runs it as a process, see `gdig.scoring.process`.

Each file is scored separately, in the batches of the comet-score command, so that scores are equal to that command's.
Sources and references shared by several files are embedded once, since their batches are equal.
"""

import logging
import sys
import warnings
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gdig.config import Comet
from gdig.run.command import escape_output
from gdig.run.progress import track
from gdig.scoring.checkpoints import Checkpoint, find_checkpoint
from gdig.scoring.process import reply

KEY = "score.comet"
WEIGHTS = "checkpoints/model.ckpt"
_NEEDED = ("hparams.yaml", WEIGHTS)
_NEEDED_OF_ENCODER = ("config.json", "tokenizer.json|sentencepiece.bpe.model|vocab.txt")


def checkpoint(settings: Comet, key: str = KEY) -> Checkpoint:
    """Return the checkpoint of the model; also requires the tokenizer and configuration of its encoder.

    Args:
        settings: model and revision.
        key: params key of the settings, for messages.

    Raises:
        ValueError: one of the two is missing; says how to get it.
    """
    path, model = Path(settings.model).expanduser(), settings.model
    # The layout that comet-score expects: the file two folders below the model. In the hub's cache it is a link.
    if path.suffix == ".ckpt" and path.is_file():
        if not path.absolute().match(WEIGHTS):
            raise ValueError(
                f"{key}.model: {model} is not <model>/{WEIGHTS}; name or copy it so, with its hparams.yaml"
            )
        model = str(path.absolute().parents[1])
    found = find_checkpoint(f"{key}.model", model, settings.revision, _NEEDED, (WEIGHTS,))
    if encoder := _hparams(found).get("pretrained_model"):
        find_checkpoint(f"{key}.model: encoder of {settings.model}", encoder, None, _NEEDED_OF_ENCODER, ())
    return found


def needs_reference(found: Checkpoint) -> bool:
    """Return whether a model scores against references alone: `requires_references` of COMET 2.2.7, without loading it.

    A unified model, such as CometKiwi and XCOMET, also scores without one where the source is among its inputs.
    """
    hparams = _hparams(found)
    kind = hparams.get("class_identifier")
    if kind in ("unified_metric", "xcomet_metric"):
        return bool(hparams.get("input_segments") == ["mt", "ref"])
    return kind != "referenceless_regression_metric"


def _hparams(found: Checkpoint) -> dict[str, Any]:
    text = (found.folder / "hparams.yaml").read_text(encoding="utf-8")
    return dict(YAML(typ="safe", pure=True).load(text))


def scores(request: dict[str, Any]) -> dict[str, Any]:
    """Return the score of each segment of each file, 0 to 1 for most models.

    Args:
        request: `folder` of the checkpoint, `batch_size`, `precision`, and `files`: lists of {src, mt, ref}, without
            ref for a reference-free model.
    """
    import torch

    model = _loaded(request["folder"], request["precision"])
    _embed_once(model)
    gpus, files = int(torch.cuda.is_available()), request["files"]
    found = [
        # More than one GPU would start one process per GPU and end this one.
        model.predict(
            rows, batch_size=request["batch_size"], gpus=gpus, num_workers=0, progress_bar=sys.stderr.isatty()
        ).scores
        # The progress of a single file is the caller's to show.
        for rows in (track(files, total=len(files), label="COMET", unit="files") if len(files) > 1 else files)
    ]
    settings = f"precision:{request['precision']}|batch:{request['batch_size']}|device:{'cuda' if gpus else 'cpu'}"
    return {"scores": found, "versions": f"{settings}|version:{version('unbabel-comet')}|torch:{torch.__version__}"}


@cache
def _loaded(folder: str, precision: str) -> Any:
    """Return the model of a checkpoint."""
    # Warnings of the libraries about themselves.
    for category, words in ((UserWarning, "pkg_resources is deprecated"), (Warning, ".*treespec, LeafSpec")):
        warnings.filterwarnings("ignore", words, category)
    from comet import load_from_checkpoint

    for name in ("pytorch_lightning", "lightning.pytorch", "comet"):
        logging.getLogger(name).setLevel(logging.ERROR)

    model = load_from_checkpoint(str(Path(folder, WEIGHTS)), local_files_only=True)
    model.eval()
    return model.half() if precision == "float16" else model


def _embed_once(model: Any) -> None:
    """Cache the embeddings of every batch of a request: the cache of COMET 2.2.7 is keyed by tensors and never hits."""
    embed, known = model.compute_sentence_embedding, {}

    def embedding(input_ids: Any, attention_mask: Any, token_type_ids: Any = None) -> Any:
        key = tuple((part.shape, part.cpu().numpy().tobytes()) for part in (input_ids, attention_mask))
        if key not in known:
            known[key] = embed(input_ids, attention_mask, token_type_ids=token_type_ids)
        return known[key]

    model.get_sentence_embedding = embedding


if __name__ == "__main__":
    escape_output()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    reply(scores)
