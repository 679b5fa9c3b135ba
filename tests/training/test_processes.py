"""Two gloo processes against one, however the work and the weights are divided between them."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from gdig.lm.passes import processes
from tests.conftest import ROOT
from tests.lm.passes.test_processes import TORCHRUN

WORK = """
import sys
from pathlib import Path
from accelerate.state import AcceleratorState, DistributedType, PartialState
from gdig.lm import head
from gdig.lm.passes import processes
from gdig.training.trainer import ResponseTrainer
from tests.training.toy import evaluation, lora, memory, run

out, kind = Path(sys.argv[1]), sys.argv[2]
if kind == "fsdp":
    # Accelerate does not take FSDP's configuration where there is no GPU, though FSDP itself runs there.
    made = AcceleratorState.__init__

    def init(self, *rest, fsdp_plugin=None, **named):
        made(self, *rest, fsdp_plugin=fsdp_plugin, **named)
        if fsdp_plugin is not None:
            self.fsdp_plugin, self.distributed_type = fsdp_plugin, DistributedType.FSDP
            PartialState._shared_state["distributed_type"] = DistributedType.FSDP

    AcceleratorState.__init__ = init

class Killed(BaseException):
    pass

measured = ResponseTrainer.loss_on

def until_step_4(trainer, examples):
    if trainer.state.global_step > 4:
        raise Killed
    if processes.count() > 1:
        wanted = {"ddp": "DistributedDataParallel", "lora": "DistributedDataParallel", "fsdp": "FSDPLlamaForCausalLM",
                  "deepspeed": "DeepSpeedEngine"}
        assert type(trainer.model_wrapped).__name__ == wanted[kind], type(trainer.model_wrapped)
    return measured(trainer, examples)

def go(seed):
    run(out / f"seed-{seed}", seed=seed, how=how, evaluated=evaluation(3), resume_steps=2, epochs=4.0)

processes.launch("tests.unused", [])
parts = []
if processes.count() > 1:
    head.MAX_LOGITS = head.PART = 2 * 23  # two positions: one process takes logits whole
    real = head._LinearLosses.apply
    head._LinearLosses.apply = lambda *given: parts.append(len(given[3])) or real(*given)
how = memory(lora=lora() if kind == "lora" else None, per_device_batch_size=1, gradient_checkpointing=kind != "lora")
go(1)
ResponseTrainer.loss_on = until_step_4
try:
    go(2)
except Killed:
    ResponseTrainer.loss_on = measured
    go(2)
# FSDP and DeepSpeed wrap the head.
assert bool(parts) == (processes.count() > 1 and kind in ("ddp", "lora"))
processes.leave()
"""
ENVIRONMENTS = {
    "ddp": {},
    "lora": {},
    # What Accelerate's launcher makes of profiles/accelerate/.
    "fsdp": {
        processes.FSDP_VARIABLE: "true", "FSDP_VERSION": "2", "FSDP_AUTO_WRAP_POLICY": "TRANSFORMER_BASED_WRAP",
        "FSDP_RESHARD_AFTER_FORWARD": "true", "FSDP_STATE_DICT_TYPE": "SHARDED_STATE_DICT",
    },
    "deepspeed": {
        "DS_ACCELERATOR": "cpu", "ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": "3",
        "ACCELERATE_DEEPSPEED_ZERO3_SAVE_16BIT_MODEL": "true", "ACCELERATE_DEEPSPEED_ZERO3_INIT": "false",
        "ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_DEVICE": "none", "ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_DEVICE": "none",
    },
}  # fmt: skip


def work(folder, kind, *launcher, **variables):
    folder.mkdir()
    script = folder.with_suffix(".py")
    script.write_text(WORK)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", processes.CONFIG_VARIABLE: "none"}
    done = subprocess.run(
        [sys.executable, *launcher, str(script), str(folder), kind],
        cwd=ROOT, env=environment | variables, check=False, timeout=300, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert sorted(path.name for path in folder.iterdir()) == ["seed-1", "seed-2"]
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("kind", ENVIRONMENTS)
def test_two_processes_learn_what_one_learns(tmp_path, kind):
    """In float32, in parts, logits too, both replicates in turn, the second resumed after a kill at a best step.

    Batches are of 4, of which the last of an epoch holds 2.
    """
    if kind == "deepspeed" and not importlib.util.find_spec("deepspeed"):
        pytest.skip("DeepSpeed is not installed")
    one = work(tmp_path / "one", kind)
    two = work(tmp_path / "two", kind, *TORCHRUN, **ENVIRONMENTS[kind])
    for seed in (1, 2):
        folders = [folder / f"seed-{seed}" for folder in (one, two)]
        expected, found = (load_file(folder / "model.safetensors") for folder in folders)
        assert found.keys() == expected.keys()
        for name, weight in expected.items():
            torch.testing.assert_close(found[name], weight, rtol=1e-4, atol=1e-5)
        expected, found = (json.loads((folder / "record.json").read_text()) for folder in folders)
        assert (found["world_size"], found["per_device_batch_size"], found["accumulation"]) == (2, 1, 2)
        assert found["best_step"] == expected["best_step"]
        assert found["best_losses"] == pytest.approx(expected["best_losses"], abs=1e-5)
        for (step, loss, rate), (expected_step, expected_loss, expected_rate) in zip(
            found["losses"], expected["losses"], strict=True
        ):
            assert (step, rate) == (expected_step, expected_rate)
            assert loss == pytest.approx(expected_loss, abs=2e-4)
        assert (folders[0] / "config.json").read_bytes() == (folders[1] / "config.json").read_bytes()
