import os
import signal

import pytest
import torch

from gdig.lm.passes.replicates import map_replicates


def test_results_come_in_the_order_of_the_seeds_from_a_closure():
    offset = 100
    assert map_replicates(lambda seed: seed + offset, [3, 1, 2]) == [103, 101, 102]


def test_each_replicate_has_a_process_with_one_thread():
    if torch.cuda.is_available():
        pytest.skip("replicates share the GPU's process")
    found = map_replicates(lambda seed: (os.getpid(), torch.get_num_threads()), [1, 2])
    assert os.getpid() not in {pid for pid, _ in found}
    assert {threads for _, threads in found} == {1}


def test_errors_come_through():
    def fail(seed):
        raise ValueError(f"pair {seed} is broken")

    with pytest.raises(ValueError, match="pair 7 is broken"):
        map_replicates(fail, [7])


def test_a_killed_replicate_is_told():
    with pytest.raises(ValueError, match="a replicate's process was killed, mostly for want of memory"):
        map_replicates(lambda seed: os.kill(os.getpid(), signal.SIGKILL), [1, 2])
