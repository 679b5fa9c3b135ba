import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from gdig.io.folders import fingerprint
from gdig.io.matrix import read_matrix
from gdig.lm.passes.shards import compute_shards
from tests.conftest import ROOT

IDS = [f"p{n}" for n in range(10)]
VALUES = np.arange(30, dtype=np.float32).reshape(10, 3)


def compute(rows):
    return VALUES[rows.start : rows.stop]


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*"))}


def test_round_trip_keeps_ids_rows_and_order(tmp_path):
    compute_shards(tmp_path / "out", tmp_path / "scratch", "influence", IDS, 4, compute)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"shard-0000{n}.parquet" for n in range(3)]
    ids, values = read_matrix(tmp_path / "out", "influence")
    assert ids == IDS
    np.testing.assert_array_equal(values, VALUES)
    assert not (tmp_path / "scratch").exists()


def test_resumes_after_an_error_and_gives_the_same_bytes(tmp_path):
    calls = []

    def failing(rows):
        calls.append(rows.start)
        if len(calls) == 3:
            raise RuntimeError("power cut")
        return compute(rows)

    compute_shards(tmp_path / "whole", tmp_path / "s0", "influence", IDS, 4, compute)
    with pytest.raises(RuntimeError):
        compute_shards(tmp_path / "out", tmp_path / "s1", "influence", IDS, 4, failing)
    assert not (tmp_path / "out").exists()
    compute_shards(tmp_path / "out", tmp_path / "s1", "influence", IDS, 4, failing)
    assert calls == [0, 4, 8, 8]
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_a_damaged_shard_is_computed_again(tmp_path):
    compute_shards(tmp_path / "whole", tmp_path / "s0", "influence", IDS, 4, compute)
    scratch = tmp_path / "s1"
    scratch.mkdir()
    for name, content in files(tmp_path / "whole").items():
        (scratch / name).write_bytes(content)
    flipped = bytearray((scratch / "shard-00001.parquet").read_bytes())
    position = flipped.index(np.float32(13).tobytes())  # inside the values of row 4
    flipped[position + 2] ^= 1
    (scratch / "shard-00001.parquet").write_bytes(flipped)
    (scratch / "shard-00002.parquet").write_bytes((scratch / "shard-00002.parquet").read_bytes()[:100])
    calls = []
    compute_shards(
        tmp_path / "out", scratch, "influence", IDS, 4, lambda rows: calls.append(rows.start) or compute(rows)
    )
    assert calls == [4, 8]
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_a_flipped_bit_in_an_artifact_is_an_error_that_names_the_file(tmp_path):
    compute_shards(tmp_path / "out", tmp_path / "s", "influence", IDS, 4, compute)
    path = tmp_path / "out" / "shard-00000.parquet"
    content = bytearray(path.read_bytes())
    content[content.index(np.float32(7).tobytes()) + 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"shard-00000.parquet: damaged shard"):
        read_matrix(tmp_path / "out", "influence")


def test_what_a_kill_left_half_copied_is_removed(tmp_path):
    (tmp_path / ".out.1234.part").mkdir()
    (tmp_path / ".out.1234.part" / "shard-00000.parquet").write_bytes(b"half")
    compute_shards(tmp_path / "out", tmp_path / "s", "influence", IDS, 4, compute)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "s.lock"]


def test_a_second_process_is_refused(tmp_path):
    def second(rows):
        with pytest.raises(ValueError, match="another process works in it"):
            compute_shards(tmp_path / "out2", tmp_path / "s", "influence", IDS, 4, compute)
        return compute(rows)

    compute_shards(tmp_path / "out", tmp_path / "s", "influence", IDS, 10, second)


def test_folder_without_shards_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no shards"):
        read_matrix(tmp_path, "influence")


def test_fingerprint_tells_inputs_apart():
    assert fingerprint(1, "a") == fingerprint(1, "a")
    assert fingerprint(1, "a") != fingerprint(1, "b")


KILLED = """
import json, os, random, signal, sys, time
from pathlib import Path
import torch
from gdig.config import load_params
from gdig.influence.damping import Damping
from gdig.influence.kfac import eigenbases, factors
from gdig.influence.score import influence, precondition_seeds
from gdig.lm.layers import tracked_linears
from gdig.lm.passes.shards import compute_shards
from tests.conftest import toy_examples, toy_model

torch.set_num_threads(1)
folder, num_kills = Path(sys.argv[1]), int(sys.argv[2])
model, candidates, seeds = toy_model(dtype=torch.float32), toy_examples(241, seed=2), toy_examples(5, seed=3)
names = tracked_linears(model, 1, ["mlp.up_proj", "mlp.down_proj"])
bases = eigenbases(factors(model, names, toy_examples(31, seed=4), 100))
damping, dense = Damping("relative", 0.1, "eigen", 1, 1.0), dict.fromkeys(names, "dense")
prepared = precondition_seeds(model, seeds, bases, damping, dense, load_params().influence)

def start(name):
    '''Run the pass in a process of its own, which writes down the shards that it begins to compute.'''
    if child := os.fork():
        return child
    log = os.open(folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    def compute(rows):
        os.write(log, f"{rows.start // 4}\\n".encode())
        return influence(model, candidates[rows.start : rows.stop], prepared, 20).numpy()
    ids = [candidate.id for candidate in candidates]
    compute_shards(folder / name, folder / f"{name}-scratch", "influence", ids, 4, compute)
    os._exit(0)

def finished(name):
    return {path.name: path.stat().st_mtime_ns for path in (folder / f"{name}-scratch").glob("shard-*.parquet")}

began = time.monotonic()
os.waitpid(start("whole"), 0)
lasted = time.monotonic() - began

rng, runs, kills, series = random.Random(7), [], 0, 0
while True:
    name = f"killed-{series}"
    before = finished(name)
    child = start(name)
    if kills < num_kills:
        time.sleep(rng.uniform(0, lasted / 2))
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    kills += status == signal.SIGKILL
    log = folder / f"{name}.log"
    computed = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    done = (folder / name).exists()
    assert status == signal.SIGKILL or status == 0 and done
    runs.append([name, computed, before, finished(name), done])
    if status == 0 and kills == num_kills:
        break
    series += done
print(json.dumps(runs))
"""


@pytest.mark.slow
def test_influence_killed_at_20_random_moments_loses_no_finished_shard(tmp_path):
    """A series goes on after each kill until the pass is through; then a new one begins, until all kills are spent."""
    output = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), "20"], cwd=ROOT, capture_output=True, text=True, timeout=300,
        env=os.environ | {"OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    assert output.returncode == 0, output.stderr[-3000:]
    runs = json.loads(output.stdout)
    resumed = 0  # a series may end before its first kill, or be killed before its first shard
    for name, computed, before, after, done in runs:
        known = {f"shard-{int(number):05d}.parquet" for number in computed}
        assert len(known) == len(computed)
        assert not known & before.keys()
        if done:
            assert files(tmp_path / name) == files(tmp_path / "whole")
        else:
            assert before.items() <= after.items()
            assert len(known - after.keys()) <= 1
        resumed += bool(before)
    assert resumed >= 10
    assert runs[-1][4]


def test_a_disk_too_full_is_told_before_the_work(tmp_path, monkeypatch):
    full = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    calls = []

    def counted(rows):
        calls.append(rows)
        return compute(rows)

    # 3 shards of 4 rows of 3 floats, in scratch and in the output
    with pytest.raises(ValueError, match=r"has 0 MiB free, but the shards take 0 MiB; free some, or set GDIG_SCRATCH"):
        compute_shards(tmp_path / "out", tmp_path / "scratch", "influence", IDS, 4, counted)
    assert len(calls) == 1
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full._replace(free=2 * 3 * 4 * 3 * 4))
    compute_shards(tmp_path / "out", tmp_path / "scratch", "influence", IDS, 4, counted)
