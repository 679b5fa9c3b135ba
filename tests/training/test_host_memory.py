import ctypes
import subprocess
import sys

import pytest

SCRIPT = """
import resource
import torch
from gdig.training.host_memory import reused_memory

def pages(times):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        torch.ones(2**24)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / (2**26 / resource.getpagesize())

torch.set_num_threads(1)
print(pages(4))
with reused_memory():
    pages(1)
    print(pages(4))
print(pages(4))
"""
"""Prints how often the system handed out the pages of large tensors that are made four times and freed again."""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not glibc")
def test_memory_is_used_again_within_the_block_alone():
    # In a process of its own, whose heap no other test has cut into pieces.
    done = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True)
    before, within, after = map(float, done.stdout.split())
    assert before > 3
    assert within < 0.1
    assert after > 3
