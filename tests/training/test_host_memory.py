import ctypes
import resource

import pytest
import torch

from gdig.training.host_memory import reused_memory


def faults(times):
    """Pages that the system hands out for large tensors that are made and freed again."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        torch.ones(2**24)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not glibc")
def test_memory_is_used_again_within_the_block_alone():
    pages = 2**26 // resource.getpagesize()
    assert faults(4) > 3 * pages
    with reused_memory():
        faults(1)
        assert faults(4) < pages / 10
    assert faults(4) > 3 * pages
