"""Shard models that do not fit on one device over all processes with PyTorch's FSDP.

Each process holds its shard of every decoder block's weights. A block's weights are gathered while it runs, forward or
backward, and freed again; embeddings, last norm and head, which may be tied, are replicated. Hooks on linears see the
same plain tensors as without FSDP, up to rounding, and weights are frozen, so no gradients are exchanged.

Sharding is not a param: it changes no artifact, and a param would make stages that take hours stale on other machines.
It is read from the user's Accelerate configuration (`distributed_type: FSDP`); other FSDP settings there are ignored.
"""

from pathlib import Path
from typing import Any

from gdig.lm.layers import decoder_blocks
from gdig.lm.load import device, load_model
from gdig.lm.passes import processes


def load_sharded(folder: Path, dtype: str = "float32") -> Any:
    """Load a model onto the device or, with FSDP, one shard onto the device of every process.

    A sharded model must run forward and backward in all processes at the same time and equally often; use
    `processes.share` and `processes.in_step`. Its weights are frozen. Every process first reads all weights into host
    memory.

    Raises:
        ValueError: the folder has no config.json or no safetensors.
    """
    if not processes.models_are_sharded():
        return load_model(folder, dtype)
    # Imported only for sharding, since it takes a second.
    from torch.distributed.fsdp import fully_shard

    model = load_model(folder, dtype, onto="cpu").requires_grad_(False)
    _, blocks = decoder_blocks(model)
    for block in blocks:
        fully_shard(block)
    inside = set(blocks.parameters())
    fully_shard(model.base_model, ignored_params={weight for weight in model.parameters() if weight not in inside})
    return model.to(device())
