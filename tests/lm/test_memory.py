import pytest
import torch

from gdig.lm.memory import enough_memory


def test_memory_that_does_not_suffice_names_the_param():
    """2 EiB are asked for in earnest."""
    with (
        pytest.raises(ValueError, match=r"memory ran out with translate.max_tokens = 8192; lower it \("),
        enough_memory("translate.max_tokens", 8192),
    ):
        torch.empty(2**61, dtype=torch.uint8)


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match="size of tensor"), enough_memory("translate.max_tokens", 8192):
        torch.ones(2) + torch.ones(3)
