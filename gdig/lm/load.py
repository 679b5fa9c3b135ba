"""Load and save Hugging Face causal language models from local folders: safetensors only, no remote code."""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

DTYPES = "float32", "bfloat16", "float64"
AUTO = "auto"
"""The checkpoint's own precision, where the device computes in it."""
_BFLOAT16_UNITS = "avx512_bf16", "amx_bf16", "bf16"
"""Of processors, x86 and ARM, as torch names them. Without one oneDNN emulates bfloat16 and is slower than float32."""


def device() -> torch.device:
    """Return the device that models run on: the first GPU, or the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bfloat16() -> bool:
    """Return whether the device that models run on computes in bfloat16."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    units = torch.cpu.get_capabilities()
    return any(units.get(name, False) for name in _BFLOAT16_UNITS)


def require_bfloat16(key: str) -> None:
    """Raise a ValueError that names the device if it does not compute in bfloat16; `key` is the param that asks."""
    if not has_bfloat16():
        where = (
            torch.cuda.get_device_name() if torch.cuda.is_available() else "this processor (no avx512_bf16, amx_bf16)"
        )
        raise ValueError(f"{key} = 'bfloat16' is not supported by {where}; use float32")


def torch_dtype(folder: Path, dtype: str) -> torch.dtype:
    """Return a precision by name; of `auto`, bfloat16 if most weights of the folder are and the device computes in it.

    A float16 checkpoint is computed in float32, since bfloat16 would round its weights.

    Raises:
        ValueError: the name is not known, or the GPU has no bfloat16.
    """
    if dtype == AUTO:
        sizes: dict[str, int] = {}
        for path in sorted(folder.glob("*.safetensors")):
            with safe_open(path, framework="pt") as file:
                for part in map(file.get_slice, file.keys()):
                    sizes[part.get_dtype()] = sizes.get(part.get_dtype(), 0) + math.prod(part.get_shape())
        half = max(sizes, key=lambda name: sizes[name], default="") == "BF16"
        return torch.bfloat16 if half and has_bfloat16() else torch.float32
    if dtype not in DTYPES:
        raise ValueError(f"dtype = {dtype!r} is not supported; use {' or '.join(DTYPES)}")
    if dtype == "bfloat16" and torch.cuda.is_available():
        require_bfloat16("dtype")
    found: torch.dtype = getattr(torch, dtype)
    return found


def load_model(folder: Path, dtype: str = "float32", onto: str | None = None) -> Any:
    """Load a model onto a device, by default that of `device()`; `dtype` as `torch_dtype` takes it.

    Raises:
        ValueError: the folder holds no config.json or no safetensors, or the dtype is not known or not of this GPU.
    """
    wanted = torch_dtype(folder, dtype)
    if not (folder / "config.json").is_file() or not list(folder.glob("*.safetensors")):
        raise ValueError(f"{folder}: not a model folder; it needs config.json and *.safetensors")
    model = AutoModelForCausalLM.from_pretrained(
        folder, use_safetensors=True, local_files_only=True, trust_remote_code=False, dtype=wanted
    )
    if dtype == "float64":
        # The product that all experts of a mixture share is of lower precision only.
        model.set_experts_implementation("eager")
    return model.to(onto or device()).eval()


def load_tokenizer(folder: Path, *, warn: bool = False) -> Any:
    """Load a tokenizer from a local folder.

    One without a padding token, or with one that the model does not embed, pads with EOS, which masks hide. What the
    model reads at most stands in its `max_positions`, for `gdig.lm.prompt.encode` to hold texts against.

    Args:
        folder: of a model.
        warn: whether transformers may say that a tokenizer of Mistral's family needs another pattern. Stage `base`
            lets it, and shows how texts come back; it need not be said again by every stage.
    """
    with nullcontext() if warn else _without("incorrect regex pattern"):
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    vocab_size, tokenizer.max_positions = _limits(folder)
    if tokenizer.pad_token is None or tokenizer.pad_token_id >= vocab_size:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


@contextmanager
def _without(words: str) -> Iterator[None]:
    """Drop warnings of transformers' tokenizers that hold these words."""
    logger = logging.getLogger("transformers.tokenization_utils_base")

    def is_wanted(record: logging.LogRecord) -> bool:
        return words not in record.getMessage()

    logger.addFilter(is_wanted)
    try:
        yield
    finally:
        logger.removeFilter(is_wanted)


def _limits(folder: Path) -> tuple[float, float]:
    """Return how many tokens the folder's model knows, and reads; infinity where its config.json does not say."""
    if not (folder / "config.json").is_file():
        return math.inf, math.inf
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False).get_text_config()
    names = "vocab_size", "max_position_embeddings"
    vocab_size, positions = (value if (value := getattr(config, name, None)) else math.inf for name in names)
    return vocab_size, positions if positions > 0 else math.inf


def save(folder: Path, model: Any, tokenizer: Any) -> None:
    """Save weights as safetensors, configuration and tokenizer."""
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
