"""Sentence embeddings: the mean of a model's last hidden states, at unit length.

Shapes: N texts, B of a batch, T tokens, D hidden.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from transformers import AutoModel

from gdig.config import Prompt
from gdig.io.records import Pair
from gdig.lm.encoder import Encoded, Row, encode, in_batches, max_length
from gdig.lm.head import last_hidden_states
from gdig.lm.load import device, load_model, load_tokenizer, torch_dtype
from gdig.lm.prompt import base_context, base_text

Text = Literal["source", "target", "both"]


def load_encoder(folder: Path, dtype: str = "float32") -> tuple[Any, Any]:
    """Load a sentence-embedding model, without head, and its tokenizer from a local folder.

    Raises:
        ValueError: there are no safetensors, or weights are missing.
    """
    if not (folder / "config.json").is_file() or not list(folder.glob("*.safetensors")):
        raise ValueError(f"{folder}: not a model folder; it needs config.json and *.safetensors (others can hold code)")
    model, info = AutoModel.from_pretrained(
        folder, use_safetensors=True, local_files_only=True, dtype=torch_dtype(folder, dtype), output_loading_info=True
    )
    # The pooler, which follows the hidden states, is not used.
    if missing := sorted(name for name in info["missing_keys"] if not name.startswith("pooler.")):
        raise ValueError(f"{folder}: its weights lack {', '.join(missing[:3])}; take a model that AutoModel can load")
    return model.to(device()).eval(), load_tokenizer(folder)


def load_base(folder: Path, dtype: str = "float32") -> tuple[Any, Any]:
    """Load the base model and its tokenizer."""
    model = load_model(folder, dtype)
    model.config.use_cache = False
    return model, load_tokenizer(folder)


def encode_texts(model: Any, tokenizer: Any, pairs: Sequence[Pair], text: Text, base_format: Prompt | None) -> Encoded:
    """Tokenise the embedded text of each pair.

    Args:
        model: embedding model.
        tokenizer: its tokenizer.
        pairs: N pairs.
        text: one side or both: as a pair of texts, or in the base model's own format.
        base_format: prompt section with that format, if requested.
    """
    sources, targets = [pair.src for pair in pairs], [pair.trg for pair in pairs]
    limit = max_length(model, tokenizer)
    if text == "target":
        return encode(tokenizer, targets, None, limit)
    if base_format is None:
        return encode(tokenizer, sources, targets if text == "both" else None, limit)
    shown = [base_text(p, base_format) if text == "both" else base_context(p.src, base_format) for p in pairs]
    return encode(tokenizer, shown, None, limit)


def embed(model: Any, tokenizer: Any, rows: Sequence[Row], max_tokens: int) -> NDArray[np.float32]:
    """Return the embedding of every row (N x D): the mean over its tokens, padding left out, at unit length.

    Raises:
        ValueError: an embedding is not a number.
    """

    def mean(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        hidden_BTD = last_hidden_states(model, **batch).float()
        mask_BT1 = batch["attention_mask"].unsqueeze(-1)
        return F.normalize((hidden_BTD * mask_BT1).sum(dim=1) / mask_BT1.sum(dim=1), dim=1)

    values_ND = in_batches(mean, rows, tokenizer.pad_token_id, max_tokens, model.device)
    if not np.isfinite(values_ND).all():
        raise ValueError("the embedding model gives a vector that is no number; take another as embeddings.model")
    return values_ND
