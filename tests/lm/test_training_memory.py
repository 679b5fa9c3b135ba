import pytest
import torch

from gdig.lm.memory import explain_oom
from tests.training.toy import lora, memory


def test_the_want_of_memory_names_what_to_change():
    huge = 2**60
    with pytest.raises(ValueError, match="toy: out of memory: .*per_device_batch_size .now 8.*gradient_checkpointing"):  # noqa: SIM117
        with explain_oom("toy", 8, memory()):
            torch.empty(huge, dtype=torch.uint8)


def test_a_gpu_s_too_and_only_what_may_help_is_named():
    done = memory(dtype="bfloat16", gradient_checkpointing=True, lora=lora())
    with pytest.raises(ValueError, match="CUDA out of memory; divide the model over several processes"):  # noqa: SIM117
        with explain_oom("toy", 1, done):
            raise torch.OutOfMemoryError("CUDA out of memory")


def test_other_errors_are_left_alone():
    with pytest.raises(RuntimeError, match="shapes"), explain_oom("toy", 1, memory()):
        raise RuntimeError("shapes differ")
