"""Two gloo processes under torchrun, and stages under Accelerate's launcher, against one process."""

import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from gdig import processes
from tests.conftest import ROOT
from tests.test_processes import TORCHRUN

WORK = """
import sys
from pathlib import Path
from gdig import processes
from tests.training.toy import evaluation, lora, memory, run

processes.launch("tests.unused", [])
out, adapters = Path(sys.argv[1]), sys.argv[2] == "lora"
for seed in (1, 2):
    run(out / f"seed-{seed}", seed=seed, how=memory(lora=lora() if adapters else None), evaluated=evaluation(3),
        resume_steps=2, epochs=4.0)
processes.leave()
"""
FSDP = {
    processes.FSDP_VARIABLE: "true", "FSDP_VERSION": "2", "FSDP_AUTO_WRAP_POLICY": "TRANSFORMER_BASED_WRAP",
    "FSDP_RESHARD_AFTER_FORWARD": "true", "FSDP_STATE_DICT_TYPE": "SHARDED_STATE_DICT",
}  # fmt: skip
"""What Accelerate's launcher makes of profiles/accelerate/fsdp.yaml."""


def work(folder, *launcher, kind="whole", **variables):
    folder.mkdir()
    script = folder / "work.py"
    script.write_text(WORK)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", processes.CONFIG_VARIABLE: "none"}
    done = subprocess.run(
        [sys.executable, *launcher, str(script), str(folder), kind],
        cwd=ROOT, env=environment | variables, check=False, timeout=300, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    script.unlink()
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "variables"), [("whole", {}), ("lora", {}), ("whole", FSDP)])
def test_two_processes_learn_what_one_learns(tmp_path, kind, variables):
    """In float32, both replicates one after the other; batches of 4, of which the last of an epoch holds 2."""
    one = work(tmp_path / "one", kind=kind)
    two = work(tmp_path / "two", *TORCHRUN, kind=kind, **variables)
    for seed in (1, 2):
        folders = [folder / f"seed-{seed}" for folder in (one, two)]
        expected, found = (load_file(folder / "model.safetensors") for folder in folders)
        assert found.keys() == expected.keys()
        for name, weight in expected.items():
            torch.testing.assert_close(found[name], weight, rtol=1e-3, atol=2e-5)
        expected, found = (json.loads((folder / "record.json").read_text()) for folder in folders)
        assert (found["world_size"], found["per_device_batch_size"], found["accumulation"]) == (2, 2, 1)
        assert found["best_step"] == expected["best_step"]
        assert found["best_losses"] == pytest.approx(expected["best_losses"], abs=1e-4)
        for (step, loss, rate), (expected_step, expected_loss, expected_rate) in zip(
            found["losses"], expected["losses"], strict=True
        ):
            assert (step, rate) == (expected_step, expected_rate)
            assert loss == pytest.approx(expected_loss, abs=2e-4)
        assert (folders[0] / "config.json").read_bytes() == (folders[1] / "config.json").read_bytes()
    assert sorted(path.name for path in two.iterdir()) == ["seed-1", "seed-2"]
