"""Load and save Hugging Face causal language models from local folders: safetensors only, no remote code."""

from pathlib import Path
from typing import Any

import torch
from transformers.utils import import_utils

# For a kind of decoding and of datasets that are not used here, transformers would import scikit-learn and datasets,
# which takes seconds.
import_utils._sklearn_available = False  # type: ignore[attr-defined]
import_utils._datasets_available = False  # type: ignore[attr-defined]

from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402


def device() -> torch.device:
    """Return the device that models run on: the first GPU, or the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_model(folder: Path, dtype: str = "float32", onto: str | None = None) -> Any:
    """Load a model onto a device, by default that of `device()`.

    Raises:
        ValueError: the folder holds no config.json or no safetensors.
    """
    if not (folder / "config.json").is_file() or not list(folder.glob("*.safetensors")):
        raise ValueError(f"{folder}: not a model folder; it needs config.json and *.safetensors")
    model = AutoModelForCausalLM.from_pretrained(
        folder, use_safetensors=True, local_files_only=True, dtype=getattr(torch, dtype)
    )
    return model.to(onto or device()).eval()


def load_tokenizer(folder: Path) -> Any:
    """Load a tokenizer from a local folder; one without a padding token pads with EOS, which masks hide."""
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def save(folder: Path, model: Any, tokenizer: Any) -> None:
    """Save weights as safetensors, configuration and tokenizer."""
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
