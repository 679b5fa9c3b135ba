"""Two gloo processes under the real launcher against one."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from gdig.influence.kfac import load_curvature
from gdig.io.matrix import read_matrix
from gdig.lm.batches import by_length
from gdig.lm.passes import processes
from tests.conftest import ROOT, toy_examples, toy_model

WORK = """
import sys
from pathlib import Path
from gdig.lm.passes import processes
from gdig.config import load_params
from gdig.influence.damping import Damping
from gdig.influence.ekfac import curvature
from gdig.influence.kfac import save_curvature
from gdig.influence.score import influence, precondition_seeds
from gdig.lm.layers import linear_shape, tracked_linears
from gdig.lm.sharding import load_sharded
from gdig.influence.projection import project_gradients, projection
from gdig.lm.passes.shards import compute_shards
from tests.conftest import toy_examples

processes.launch("tests.unused", [])
out, params, model = Path(sys.argv[1]), load_params(), load_sharded(Path(sys.argv[2]))
names = tracked_linears(model, 1, ["mlp.up_proj", "mlp.down_proj"])
sample, candidates, seeds = toy_examples(31, seed=4), toy_examples(41, seed=2), toy_examples(5, seed=3)
bases = curvature(model, names, sample, kind="ekfac", max_tokens=100, memory_gib=float(sys.argv[3]))
if processes.rank() == 0:
    save_curvature(out / "curvature.safetensors", bases)
damping = Damping("relative", 0.1, "eigen", 1, 1.0)
prepared = precondition_seeds(model, seeds, bases, damping, dict.fromkeys(names, "dense"), params.influence)
shape = linear_shape(model, names[-1])
project = projection(*shape, kind="dense", dim=400, memory_gib=1.0, seed=3, device=model.device)
for column, compute in (
    ("influence", lambda rows: influence(model, [candidates[row] for row in rows], prepared, 20)),
    ("gradient", lambda rows: project_gradients(model, names[-1], [candidates[row] for row in rows], project, 20)),
):
    ids = [c.id for c in candidates]
    compute_shards(out / column, out / f"{column}-scratch", column, ids, 7, lambda rows: compute(rows).numpy())
local = [getattr(weight, "_local_tensor", weight).numel() for weight in model.parameters()]
(out / f"weights-{processes.rank()}-of-{processes.count()}").write_text(str(sum(local)))
processes.leave()
"""
FSDP = {processes.FSDP_VARIABLE: "true", "FSDP_CPU_RAM_EFFICIENT_LOADING": "true"}
"""What Accelerate's launcher sets; the second by default."""
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")


def run(folder, model, *launcher, memory_gib=1.0, **variables):
    folder.mkdir(exist_ok=True)
    script = folder / "work.py"
    script.write_text(WORK)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", processes.CONFIG_VARIABLE: "none"}
    subprocess.run(
        [sys.executable, *launcher, str(script), str(folder), str(model), str(memory_gib)],
        cwd=ROOT, env=environment | variables, check=True, timeout=120,
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def toy_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy") / "model"
    toy_model(dtype=torch.float32).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def one(tmp_path_factory, toy_folder):
    return run(tmp_path_factory.mktemp("one") / "out", toy_folder)


def require_equal(found, expected):
    """Require equality but for rounding: factors to a last digit, ids equal, numbers to 1e-5 of their mean."""
    bases = [load_curvature(folder / "curvature.safetensors", torch.device("cpu")) for folder in (found, expected)]
    for name, basis in bases[1].items():
        for part in ("s_O", "a_I", "corrected_OI"):
            torch.testing.assert_close(getattr(bases[0][name], part), getattr(basis, part), rtol=1e-6, atol=0)
    for column in ("influence", "gradient"):
        (ids, values), (expected_ids, expected_values) = (read_matrix(f / column, column) for f in (found, expected))
        assert ids == expected_ids
        np.testing.assert_allclose(values, expected_values, rtol=0, atol=1e-5 * np.abs(expected_values).mean())
        names = [sorted(path.name for path in (folder / column).iterdir()) for folder in (found, expected)]
        assert names[0] == names[1]


@pytest.mark.slow
@pytest.mark.parametrize("memory_gib", [1.0, 0.0])
def test_two_processes_give_what_one_gives(tmp_path, toy_folder, one, memory_gib):
    """Whether EK-FAC keeps what it saw or runs the model again."""
    two = run(tmp_path / "two", toy_folder, *TORCHRUN, memory_gib=memory_gib)
    assert len(list(two.glob("weights-?-of-2"))) == 2
    require_equal(two, one)


@pytest.mark.slow
@pytest.mark.parametrize("memory_gib", [1.0, 0.0])
def test_a_model_divided_over_two_processes_gives_what_a_whole_one_gives(tmp_path, toy_folder, one, memory_gib):
    """Five shards are missing, so that one process repeats one, and their numbers of batches differ."""
    folder = tmp_path / "sharded"
    (folder / "influence-scratch").mkdir(parents=True)
    shutil.copy(one / "influence" / "shard-00002.parquet", folder / "influence-scratch")
    candidates = toy_examples(41, seed=2)
    num_batches = [len(by_length(candidates[start : start + 7], 20)) for start in range(0, 41, 7)]
    assert len(num_batches) == 6
    assert num_batches[0] != num_batches[1]

    run(folder, toy_folder, *TORCHRUN, memory_gib=memory_gib, **FSDP)
    whole = int((one / "weights-0-of-1").read_text())
    assert [int(path.read_text()) < 0.7 * whole for path in folder.glob("weights-?-of-2")] == [True, True]
    require_equal(folder, one)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["MULTI_GPU", "FSDP", "MULTI_CPU"])
def test_a_stage_starts_the_launcher_that_the_configuration_asks_for(tmp_path, kind):
    """Without a GPU, MULTI_GPU and FSDP start gloo processes, and MULTI_CPU, which wants MPI, a single one."""
    config = tmp_path / "accelerate.json"
    config.write_text(
        json.dumps(
            {
                "compute_environment": "LOCAL_MACHINE", "distributed_type": kind, "num_processes": 2,
                "num_machines": 1, "machine_rank": 0, "use_cpu": kind == "MULTI_CPU", "mixed_precision": "no",
                "downcast_bf16": "no", "main_training_function": "main", "rdzv_backend": "static", "same_network": True,
                "main_process_ip": None, "main_process_port": None, "debug": False, "enable_cpu_affinity": False,
                "tpu_env": [], "tpu_use_cluster": False, "tpu_use_sudo": False,
            }
        )
    )  # fmt: skip
    (tmp_path / "several.py").write_text(
        "import os\n"
        "from gdig.lm.passes import processes\n"
        "from gdig.run import stage\n"
        "def main(params, paths):\n"
        "    sharded = processes.models_are_sharded()\n"
        "    os.write(1, f'rank {processes.rank()} of {processes.count()}, sharded: {sharded}\\n'.encode())\n"
        "if __name__ == '__main__':\n"
        "    stage.run(main, several=True)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path), processes.CONFIG_VARIABLE: str(config)}
    done = subprocess.run(
        [sys.executable, "-m", "several"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        timeout=100,
    )  # fmt: skip
    if kind == "MULTI_CPU":
        assert "its launcher starts one process" in done.stderr
        return
    assert done.returncode == 0, done.stderr[-3000:]
    assert sorted(done.stdout.split("\n"))[1:] == [f"rank {rank} of 2, sharded: {kind == 'FSDP'}" for rank in range(2)]


def test_a_configuration_that_is_not_there_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv(processes.CONFIG_VARIABLE, str(tmp_path / "none.yaml"))
    with pytest.raises(ValueError, match="there is no such file"):
        processes.launch("stages.influence", [])


@pytest.mark.parametrize("length", range(8))
def test_all_get_equally_many_and_every_item_is_one_process_s_own(monkeypatch, length):
    monkeypatch.setenv("WORLD_SIZE", "3")
    shares = []
    for rank in range(3):
        monkeypatch.setenv("RANK", str(rank))
        shares.append(processes.share(range(length)))
    assert len({len(share) for share in shares}) == 1
    assert sorted(item for share in shares for item, own in share if own) == list(range(length))


def test_alone_everything_is_here():
    assert processes.share("abc") == [("a", True), ("b", True), ("c", True)]
    tensor = torch.ones(3)
    processes.sum_over_all([tensor])
    processes.wait_for_all()
    assert tensor.tolist() == [1, 1, 1]
