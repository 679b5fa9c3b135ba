"""Load and save Hugging Face causal language models from local folders: safetensors only, no remote code."""

import sys
from pathlib import Path
from typing import Any

import torch
from transformers.utils import import_utils

# transformers would import scikit-learn and datasets for unused features, which takes seconds.
import_utils._sklearn_available = False  # type: ignore[attr-defined]
import_utils._datasets_available = False  # type: ignore[attr-defined]

from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

DTYPES = "float32", "bfloat16", "float64"


def device() -> torch.device:
    """Return the device for models: the first GPU, or the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_model(folder: Path, dtype: str = "float32", onto: str | None = None) -> Any:
    """Load a model onto a device, by default that of `device()`.

    Raises:
        ValueError: the folder has no config.json or no safetensors, or the dtype is unknown or not supported by this
            GPU.
    """
    if dtype not in DTYPES:
        raise ValueError(f"dtype = {dtype!r} is not supported; use {' or '.join(DTYPES)}")
    if dtype == "bfloat16" and torch.cuda.is_available() and not torch.cuda.is_bf16_supported(False):
        raise ValueError(f"dtype = 'bfloat16' is not supported by {torch.cuda.get_device_name()}; use float32")
    if not (folder / "config.json").is_file() or not list(folder.glob("*.safetensors")):
        raise ValueError(f"{folder}: not a model folder; it needs config.json and *.safetensors")
    model = AutoModelForCausalLM.from_pretrained(
        folder, use_safetensors=True, local_files_only=True, trust_remote_code=False, dtype=getattr(torch, dtype)
    )
    return model.to(onto or device()).eval()


def load_tokenizer(folder: Path) -> Any:
    """Load a tokenizer from a local folder; without a padding token it pads with EOS, which is masked."""
    if not (folder / "tokenizer.json").is_file():
        read_sentencepiece()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def read_sentencepiece() -> None:
    """Let transformers read sentencepiece models, needed for tokenizers without tokenizer.json.

    The protobuf code of sentencepiece needs a newer protobuf than COMET allows; use the copy in transformers.
    """
    from transformers.utils import sentencepiece_model_pb2_new

    sys.modules["sentencepiece.sentencepiece_model_pb2"] = sentencepiece_model_pb2_new


def save(folder: Path, model: Any, tokenizer: Any) -> None:
    """Save weights as safetensors, configuration and tokenizer."""
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
