"""Models that one device does not hold, divided over all processes by PyTorch's FSDP.

Each process keeps its share of every decoder block's weights. A block's weights are gathered while it runs, forward or
backward, and freed again; embeddings, last norm and head, which may be tied, stay whole on every device. Hooks on
linears see the same plain tensors as without FSDP, but for rounding, and weights are frozen, so that no gradients are
exchanged.

Whether to divide is no param: it changes no artifact, and a param would make stages that take hours stale when they are
repeated on other machines. It is read from the user's Accelerate configuration (`distributed_type: FSDP`), of which
only this much counts, not how FSDP is set up there.
"""

from pathlib import Path
from typing import Any

from gdig.lm.layers import decoder_blocks
from gdig.lm.load import device, load_model
from gdig.lm.passes import processes


def load_sharded(folder: Path, dtype: str = "float32") -> Any:
    """Load a model: whole onto the device, or where the user asks for FSDP, a share of it onto every process's device.

    A model so divided must run in all processes at once, forward and backward, and equally often:
    `processes.share` and `processes.in_step` see to that. Its weights are frozen. Every process reads all of them into
    the host's memory first.

    Raises:
        ValueError: the folder holds no config.json or no safetensors.
    """
    if not processes.models_are_sharded():
        return load_model(folder, dtype)
    # Where nothing is divided, this import would take a second.
    from torch.distributed.fsdp import fully_shard

    model = load_model(folder, dtype, onto="cpu").requires_grad_(False)
    _, blocks = decoder_blocks(model)
    for block in blocks:
        fully_shard(block)
    inside = set(blocks.parameters())
    fully_shard(model.base_model, ignored_params={weight for weight in model.parameters() if weight not in inside})
    return model.to(device())
