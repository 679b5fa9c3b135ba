"""One stage on several processes, on one node or many, under Hugging Face Accelerate or torchrun.

A stage that divides its work starts the launcher itself where the user's Accelerate configuration asks for more than
one process, so that `dvc.yaml` does not change. Alone, every function here is a plain pass-through and imports nothing:
stages that only read shards come here too.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

CONFIG_VARIABLE = "GDIG_ACCELERATE_CONFIG"
"""Names an Accelerate configuration other than the user's default one; `none`: one process."""

FSDP_VARIABLE = "ACCELERATE_USE_FSDP"
"""Set to `true` by Accelerate's launcher where its configuration says FSDP."""

LAUNCHED_VARIABLE = "GDIG_LAUNCHED"
"""Set for the launcher's children, so that they do not start another."""

PATIENCE = timedelta(hours=6)
"""That processes wait for each other: one may be writing 100 GB, or reading all of them, for longer than the ten
minutes that PyTorch allows."""


def launch(module: str, arguments: list[str]) -> None:
    """Replace this process by the launcher where the configuration asks for several; else join those there are.

    Args:
        module: to run: `stages`.
        arguments: its command line, such as `influence`.
    """
    if "RANK" not in os.environ and (config := _configuration()):
        command = ["-m", "accelerate.commands.launch", "--config_file", str(config), "--module", module, *arguments]
        if os.environ.get(LAUNCHED_VARIABLE):
            raise ValueError(
                f"{config}: its launcher starts one process, though num_processes is above 1; on a machine without "
                f"GPUs use torchrun, or distributed_type MULTI_GPU, which starts processes that talk through gloo"
            )
        os.execve(sys.executable, [sys.executable, *command], os.environ | {LAUNCHED_VARIABLE: "1"})
    if count() > 1:
        import torch
        import torch.distributed as dist

        device = None
        if torch.cuda.is_available():
            device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
            torch.cuda.set_device(device)
        dist.init_process_group("gloo" if device is None else "nccl", timeout=PATIENCE, device_id=device)
        # Accelerate's launcher sets it for FSDP; transformers would then give weights to one process a node alone, and
        # leave the others' unset, for Accelerate to copy.
        os.environ["FSDP_CPU_RAM_EFFICIENT_LOADING"] = "false"


def leave() -> None:
    """End the group of processes, if there is one."""
    if count() > 1:
        import torch.distributed as dist

        dist.destroy_process_group()


# Not accelerate.PartialState: its import loads torch, over a second for each stage that runs in one process.
def rank() -> int:
    """Return the number of this process, from 0, as the launcher set it."""
    return int(os.environ.get("RANK", "0"))


def count() -> int:
    """Return the number of processes."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def division() -> tuple[int, str]:
    """Return what a checkpoint of a run depends on: how many processes, and who divides the model over them."""
    kinds = {"fsdp": FSDP_VARIABLE, "deepspeed": "ACCELERATE_USE_DEEPSPEED"}
    return count(), next((kind for kind, name in kinds.items() if os.environ.get(name, "").lower() == "true"), "ddp")


def from_first(make: Callable[[], T]) -> T:
    """Return in every process what `make` gives in the first."""
    if count() == 1:
        return make()
    import torch.distributed as dist

    made = [make() if rank() == 0 else None]
    dist.broadcast_object_list(made, 0)
    return cast(T, made[0])


def share(items: Sequence[T]) -> list[tuple[T, bool]]:
    """Return what this process works on, every count()-th item from rank(), each with whether it is its own.

    All processes get equally many: those that would have one less, and wait for the others, repeat the last item of
    all and drop what comes of it. So a model whose weights are divided runs in all processes at once.
    """
    turns = range(rank(), len(items) + rank(), count())
    return [(items[min(turn, len(items) - 1)], turn < len(items)) for turn in turns]


def models_are_sharded() -> bool:
    """Return whether each process holds a share of a model's weights, see `gdig.lm.sharding`, and not all."""
    return count() > 1 and os.environ.get(FSDP_VARIABLE, "").lower() == "true"


def in_step(items: Sequence[T]) -> Iterator[tuple[T, bool]]:
    """Yield this process's items, all of which are its own; for models that are sharded, as often as any process does.

    Where another has more items, the last is repeated as not its own, for the model to run and no more.
    """
    turns = len(items)
    if models_are_sharded():
        import torch
        import torch.distributed as dist

        most = torch.tensor(turns, device="cuda" if torch.cuda.is_available() else "cpu")
        dist.all_reduce(most, dist.ReduceOp.MAX)
        turns = int(most)
    for turn in range(turns):
        yield items[min(turn, len(items) - 1)], turn < len(items)


def sum_over_all(tensors: Iterable["torch.Tensor"]) -> None:
    """Add up each tensor over all processes, in place."""
    if count() > 1:
        import torch.distributed as dist

        for tensor in tensors:
            dist.all_reduce(tensor)


def copy_from_first(tensors: Iterable["torch.Tensor"]) -> None:
    """Give every process the first one's values, in place."""
    if count() > 1:
        import torch.distributed as dist

        for tensor in tensors:
            dist.broadcast(tensor, 0)


def wait_for_all() -> None:
    """Return when every process has come here."""
    if count() > 1:
        import torch.distributed as dist

        dist.barrier()


def _configuration() -> Path | None:
    """Return the Accelerate configuration, if there is one and it asks for more than one process."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named == "none":
        return None
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    path = Path(named) if named else home / "accelerate" / "default_config.yaml"
    if named and not path.is_file():
        raise ValueError(f"{CONFIG_VARIABLE} = {named}: there is no such file")
    if not path.is_file():
        return None
    from accelerate.commands.config.config_args import load_config_from_file

    return path if (load_config_from_file(str(path)).num_processes or 1) > 1 else None
