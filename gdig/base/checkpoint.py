"""Check a model folder by its configuration and safetensors headers, before anything is loaded."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from gdig.lm.memory import first_line

DTYPES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}
"""Supported weight dtypes by safetensors name."""
INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """Facts from the headers."""

    num_parameters: int
    num_embeddings: int
    """Rows of the embedding matrix: tokens that the model knows."""
    dtype: str
    """Dtypes of the weights, joined by commas."""
    weight_files: list[str]


def check_checkpoint(folder: Path) -> Checkpoint:
    """Compare the weights of a folder with its configuration, without loading them.

    Raises:
        ValueError: the folder has no configuration or no safetensors, or needs its own code; the architecture is
            unknown to transformers or not a causal language model, or transformers builds none of this configuration;
            a file is missing, truncated or of an unsupported dtype; a tensor has another shape. Names file and remedy.
    """
    config = _config(folder)
    files = _weight_files(folder)
    tensors = {name: header for file in files for name, header in _header(folder / file).items()}
    try:
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    except Exception as error:  # each architecture raises its own errors
        raise ValueError(
            f"{folder / 'config.json'}: transformers {transformers.__version__} builds no causal language model of it "
            f"({first_line(error)}); take a model of another architecture"
        ) from error
    dtypes = _compare(folder, model, tensors)
    return Checkpoint(
        model.num_parameters(), model.get_input_embeddings().num_embeddings, ", ".join(sorted(dtypes)), files
    )


def _config(folder: Path) -> Any:
    path = folder / "config.json"
    if not path.is_file() and (files := sorted(folder.glob("*.gguf"))):
        raise ValueError(f"{folder}: holds GGUF files and no config.json; name the file itself, such as {files[0]}")
    if not path.is_file():
        raise ValueError(f"{folder}: not a model folder; it has no config.json (HF_HUB_OFFLINE=0 downloads a hub's)")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: not JSON: {error}") from None
    kind = values.get("model_type")
    if kind == "baichuan":
        raise ValueError(
            f"{path}: Baichuan comes with code of its own, which is not run; convert it once to Llama's form with "
            f"`python -m gdig.base.baichuan {folder} <folder>`, and give that folder as base.model"
        )
    if kind not in CONFIG_MAPPING:
        code = "; its own code (auto_map) is not run" if "auto_map" in values else ""
        raise ValueError(
            f"{path}: transformers does not know model_type {kind!r}{code}; take a model of a known architecture, or a "
            f"conversion to one"
        )
    if "quantization_config" in values:
        raise ValueError(f"{path}: the model is quantised, so it cannot be finetuned; take its original")
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # each configuration checks its own values
        raise ValueError(f"{path}: transformers does not take it ({first_line(error)})") from error
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise ValueError(f"{path}: model_type {kind!r} is no causal language model")
    if config.is_encoder_decoder:
        raise ValueError(
            f"{path}: the model is an encoder with a decoder, of which the decoder alone is no language model; take a "
            f"causal one"
        )
    return config


def _weight_files(folder: Path) -> list[str]:
    if (folder / INDEX).is_file():
        names = sorted(set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()))
    else:
        names = [SINGLE]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing == [SINGLE] and list(folder.glob("*.bin")):
        raise ValueError(
            f"{folder}: weights are *.bin, pickles that may run code; in a place where that is safe, load the model "
            f"with transformers and save it with save_pretrained(folder, safe_serialization=True)"
        )
    if missing:
        raise ValueError(
            f"{folder}: {missing[0]} is missing ({len(missing)} of {len(names)} files of weights); weights must be "
            f"safetensors, and complete: download the folder again, or another revision; of a model of the hub, "
            f"HF_HUB_OFFLINE=1 takes what is in the cache for all: run the stage with HF_HUB_OFFLINE=0"
        )
    return names


def _header(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Return shape and dtype of every tensor of a file."""
    try:
        with safe_open(path, framework="pt") as tensors:
            slices = {name: tensors.get_slice(name) for name in tensors.keys()}  # noqa: SIM118 (no mapping)
            return {name: (tuple(part.get_shape()), part.get_dtype()) for name, part in slices.items()}
    except SafetensorError as error:
        raise ValueError(f"{path}: damaged or cut safetensors ({error}); download it again") from None


def _compare(folder: Path, model: Any, tensors: dict[str, tuple[tuple[int, ...], str]]) -> set[str]:
    """Return the dtypes of the tensors that the model has by the same name.

    Extra tensors, such as the masks of GPT-NeoX, may have any dtype. Others transformers renames or joins as it loads
    them, such as experts: `gdig.base.behaviour` sees whether any is missing.
    """
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    # Some checkpoints omit the base-model prefix of tensor names.
    prefix = f"{model.base_model_prefix}."
    found = {prefix + name if name not in expected and prefix + name in expected else name: header
             for name, header in tensors.items()}  # fmt: skip
    dtypes = set()
    for name in sorted(expected.keys() & found.keys()):
        shape, dtype = found[name]
        if dtype not in DTYPES:
            raise ValueError(
                f"{folder}: {name} is of dtype {dtype}, which is not supported; save the model in "
                f"{', '.join(DTYPES.values())}, not quantised"
            )
        if shape != expected[name]:
            raise ValueError(
                f"{folder}: {name} has shape {shape}, but config.json says {expected[name]}; they are not of one model"
            )
        dtypes.add(DTYPES[dtype])
    return dtypes
