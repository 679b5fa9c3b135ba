"""The Accelerate configurations that are shipped, read by Accelerate and by what it starts."""

import pytest
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.utils.launch import prepare_deepspeed_cmd_env, prepare_multi_gpu_env

from tests.conftest import ROOT

FOLDER = ROOT / "profiles" / "accelerate"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def test_there_is_one_for_each_way():
    assert NAMES == ["ddp", "deepspeed-zero3", "deepspeed-zero3-offload", "fsdp"]


@pytest.mark.parametrize("name", NAMES)
def test_accelerate_reads_it_and_it_asks_for_several_processes(name):
    config = load_config_from_file(str(FOLDER / f"{name}.yaml"))
    kinds = {"ddp": "MULTI_GPU", "fsdp": "FSDP"}
    assert config.distributed_type == kinds.get(name, "DEEPSPEED")
    assert config.num_processes > 1
    # Ours to say, or DVC would not know.
    assert config.mixed_precision == "no"


def test_the_launcher_sets_up_fsdp_2_from_it():
    variables = environment("fsdp")
    assert variables["ACCELERATE_USE_FSDP"] == "true"
    assert variables["FSDP_VERSION"] == "2"
    assert variables["FSDP_AUTO_WRAP_POLICY"] == "TRANSFORMER_BASED_WRAP"
    assert variables["FSDP_CPU_RAM_EFFICIENT_LOADING"] == "false"


@pytest.mark.parametrize(("name", "device"), [("deepspeed-zero3", "none"), ("deepspeed-zero3-offload", "cpu")])
def test_the_launcher_sets_up_zero_3_whose_weights_are_saved_whole(name, device):
    variables = environment(name)
    assert variables["ACCELERATE_USE_DEEPSPEED"] == "true"
    assert variables["ACCELERATE_DEEPSPEED_ZERO_STAGE"] == "3"
    assert variables["ACCELERATE_DEEPSPEED_ZERO3_SAVE_16BIT_MODEL"] == "true"
    for part in ("OPTIMIZER", "PARAM"):
        assert variables[f"ACCELERATE_DEEPSPEED_OFFLOAD_{part}_DEVICE"] == device


def environment(name: str) -> dict[str, str]:
    """What the launcher hands to the processes."""
    path = str(FOLDER / f"{name}.yaml")
    parsed = launch_command_parser().parse_args(["--config_file", path, "script.py"])
    arguments, *_ = _validate_launch_command(parsed)
    if "deepspeed" not in name:
        return prepare_multi_gpu_env(arguments)
    arguments.deepspeed_fields_from_accelerate_config = ",".join(load_config_from_file(path).deepspeed_config)
    return prepare_deepspeed_cmd_env(arguments)[1]
