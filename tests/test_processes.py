"""Two gloo processes under the real launcher against one."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from gdig import processes
from gdig.curvature.kfac import load_curvature
from gdig.shards import read_matrix
from tests.conftest import ROOT

WORK = """
import sys
from pathlib import Path
from gdig import processes
from gdig.config import load_params
from gdig.curvature.damping import Damping
from gdig.curvature.ekfac import corrected
from gdig.curvature.kfac import eigenbases, factors, save_curvature
from gdig.influence.score import influence, precondition_seeds
from gdig.model.layers import tracked_linears
from gdig.shards import compute_shards
from tests.conftest import toy_examples, toy_model
import torch

processes.launch("tests.unused", [])
out, settings, model = Path(sys.argv[1]), load_params().influence, toy_model(dtype=torch.float32)
names = tracked_linears(model, 1, ["mlp.up_proj", "mlp.down_proj"])
sample, candidates, seeds = toy_examples(31, seed=4), toy_examples(30, seed=2), toy_examples(5, seed=3)
bases = corrected(model, eigenbases(factors(model, names, sample, 100)), sample, 100)
if processes.rank() == 0:
    save_curvature(out / "curvature.safetensors", bases)
damping = Damping("relative", 0.1, "eigen", 1, 1.0)
prepared = precondition_seeds(model, seeds, bases, damping, dict.fromkeys(names, "dense"), settings)
compute_shards(
    out / "influence", out / "scratch", "influence", [c.id for c in candidates], 7,
    lambda rows: influence(model, [candidates[row] for row in rows], prepared, 100).numpy(),
)
(out / f"ranks-{processes.rank()}-of-{processes.count()}").touch()
processes.leave()
"""


def run(folder, *launcher):
    folder.mkdir()
    script = folder / "work.py"
    script.write_text(WORK)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", processes.CONFIG_VARIABLE: "none"}
    subprocess.run([sys.executable, *launcher, str(script), str(folder)], cwd=ROOT, env=environment, check=True)
    return folder


@pytest.mark.slow
def test_two_processes_give_what_one_gives(tmp_path):
    one = run(tmp_path / "one")
    two = run(tmp_path / "two", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    assert sorted(path.name for path in two.glob("ranks-*")) == ["ranks-0-of-2", "ranks-1-of-2"]
    cpu = torch.device("cpu")
    curvatures = [load_curvature(folder / "curvature.safetensors", cpu) for folder in (one, two)]
    for name, basis in curvatures[0].items():
        for part in ("s_O", "a_I", "corrected_OI"):
            torch.testing.assert_close(getattr(curvatures[1][name], part), getattr(basis, part), rtol=1e-6, atol=0)
    (ids, expected), (found_ids, found) = (read_matrix(folder / "influence", "influence") for folder in (one, two))
    assert found_ids == ids
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).mean())
    names = [sorted(path.name for path in (folder / "influence").iterdir()) for folder in (one, two)]
    assert names[0] == names[1]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["MULTI_GPU", "MULTI_CPU"])
def test_a_stage_starts_the_launcher_that_the_configuration_asks_for(tmp_path, kind):
    """Without a GPU, MULTI_GPU starts gloo processes, and MULTI_CPU, which wants MPI, a single one."""
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
        "from gdig import processes, stage\n"
        "def main(params, paths):\n"
        "    os.write(1, f'rank {processes.rank()} of {processes.count()}\\n'.encode())\n"
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
    assert sorted(done.stdout.split("\n"))[1:] == ["rank 0 of 2", "rank 1 of 2"]


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
