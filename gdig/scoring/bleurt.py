"""BLEURT: `python -m gdig.scoring.bleurt SOCKET` runs it as a process, see `gdig.scoring.process`."""

import logging
import sys
from importlib.metadata import version
from typing import Any

from gdig.config import Bleurt
from gdig.run.command import escape_output
from gdig.run.progress import track
from gdig.scoring.checkpoints import Checkpoint, find_checkpoint
from gdig.scoring.process import reply

KEY = "score.bleurt"
MAX_TOKENS = 512
"""Number of position embeddings; longer pairs are truncated."""
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_NEEDED = ("config.json", "|".join(_WEIGHTS), "tokenizer.json|spm.model|sent_piece.model|vocab.txt")


def checkpoint(settings: Bleurt) -> Checkpoint:
    """Return the checkpoint of the model.

    Raises:
        ValueError: it is missing; says how to get it.
    """
    return find_checkpoint(f"{KEY}.model", settings.model, settings.revision, _NEEDED, _WEIGHTS)


def scores(request: dict[str, Any]) -> dict[str, Any]:
    """Return the score of each segment of each file, about 0 to 1.

    Args:
        request: `folder` of the checkpoint, `batch_size`, and `files`: lists of {mt, ref}.
    """
    import torch
    from bleurt_pytorch import BleurtForSequenceClassification, BleurtTokenizer

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = BleurtForSequenceClassification.from_pretrained(request["folder"]).eval().to(device)
    tokenizer = BleurtTokenizer.from_pretrained(request["folder"])
    # Score equal translations of several training seeds once; longest first, so that memory runs out at once.
    pairs = sorted(
        {(row["ref"], row["mt"]) for rows in request["files"] for row in rows},
        key=lambda pair: (-len("".join(pair)), pair),
    )
    batches = [pairs[start : start + request["batch_size"]] for start in range(0, len(pairs), request["batch_size"])]
    found: dict[tuple[str, str], float] = {}
    with torch.inference_mode():
        for batch in track(batches, total=len(batches), label="BLEURT", unit="batches"):
            references, candidates = map(list, zip(*batch, strict=True))
            inputs = tokenizer(
                references, candidates, padding="longest", truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
            )
            logits = model(**inputs.to(device)).logits.flatten()
            found |= zip(batch, logits.tolist(), strict=True)
    settings = f"device:{device}|version:{version('bleurt-pytorch')}"
    return {
        "scores": [[found[row["ref"], row["mt"]] for row in rows] for rows in request["files"]],
        "versions": f"{settings}|transformers:{version('transformers')}|torch:{torch.__version__}",
    }


if __name__ == "__main__":
    escape_output()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    reply(scores)
