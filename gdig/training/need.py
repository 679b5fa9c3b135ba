"""Memory that a training run will take, told before its first step."""

import logging
from collections.abc import Sequence
from typing import Any

import psutil
import torch

from gdig.config import Memory
from gdig.lm.head import MAX_LOGITS, PART
from gdig.lm.memory import remedies
from gdig.lm.prompt import Example

logger = logging.getLogger(__name__)
_GIB = 2**30


def memory_needed(
    model: Any, examples: Sequence[Example], memory: Memory, per_device: int, *, packed: bool
) -> dict[str, int]:
    """Return the bytes that training takes, by what takes them; the largest possible part of a batch is assumed.

    Weights, gradients and moments are exact. Activations are what decoder blocks of a Llama or Gemma keep for the
    backward pass, per token and block: about 6 attention widths and 4 MLP widths in the precision of products, and 8
    hidden widths in float32.

    Args:
        model: float32, with what is trained marked so.
        examples: to train on.
        memory: of the params.
        per_device: examples taken at once.
        packed: whether they are taken without padding.
    """
    config, half = model.config.get_text_config(), memory.dtype == "bfloat16"
    total = sum(weight.numel() for weight in model.parameters())
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    size = 2 if half else 4
    lengths = sorted((len(example.tokens) for example in examples), reverse=True)[:per_device]
    num_tokens = sum(lengths) if packed else len(lengths) * lengths[0]
    responses = sum(sorted((example.num_response_tokens for example in examples), reverse=True)[:per_device])
    hidden, blocks = config.hidden_size, config.num_hidden_layers
    heads = getattr(config, "num_attention_heads", 1) or 1
    attention = heads * (getattr(config, "head_dim", None) or hidden // heads)
    inner = getattr(config, "intermediate_size", None) or 4 * hidden
    block = num_tokens * (size * (6 * attention + 4 * inner) + 4 * 8 * hidden)
    checkpointed = memory.gradient_checkpointing
    logits = responses * config.vocab_size
    return {
        "weights": 4 * total,
        "gradients": 4 * trained,
        "moments": 8 * trained,
        "16-bit copies": 2 * total if half else 0,
        "activations": blocks * num_tokens * hidden * 4 + block if checkpointed else blocks * block,
        # Whole: logits, their float32 copy, softmax and gradients.
        "logits": logits * (size + 12) if logits <= MAX_LOGITS else min(logits, PART) * size,
    }


def report_need(label: str, needed: dict[str, int], memory: Memory, per_device: int, free: int) -> None:
    """Log what a run will take; warn where it may not fit.

    Args:
        label: of the run.
        needed: see `memory_needed`.
        memory: of the params.
        per_device: examples taken at once.
        free: bytes of the device, beside the weights, which it holds.

    Raises:
        ValueError: gradients and moments alone do not fit.
    """
    parts = ", ".join(f"{name} {size / _GIB:.1f}" for name, size in needed.items() if size > 0.05 * _GIB)
    text = (
        f"{label}: training takes up to {sum(needed.values()) / _GIB:.1f} GiB ({parts}); {free / _GIB:.1f} GiB are free"
    )
    what = ", ".join(remedies(per_device, memory))
    if needed["gradients"] + needed["moments"] > free:
        raise ValueError(f"{text} beside the weights, too few for gradients and moments alone; {what}")
    if sum(needed.values()) - needed["weights"] > free:
        logger.warning("%s beside the weights; if it runs out: %s", text, what)
    elif parts:  # of a tiny model there is nothing to tell
        logger.info("%s beside the weights", text)


def free_bytes(device: torch.device) -> int:
    """Return how much memory a device has left; of the CPU, what other processes leave."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)
