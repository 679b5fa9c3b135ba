import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import pytest

from gdig.shards import compute_shards, fingerprint, read_matrix

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


def test_a_second_process_is_refused(tmp_path):
    def second(rows):
        with pytest.raises(ValueError, match="another process computes these shards"):
            compute_shards(tmp_path / "out2", tmp_path / "s", "influence", IDS, 4, compute)
        return compute(rows)

    compute_shards(tmp_path / "out", tmp_path / "s", "influence", IDS, 10, second)


def test_folder_without_shards_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no shards"):
        read_matrix(tmp_path, "influence")


def test_fingerprint_tells_inputs_apart():
    assert fingerprint(1, "a") == fingerprint(1, "a")
    assert fingerprint(1, "a") != fingerprint(1, "b")


SLOW = """
import sys, time, numpy as np
from pathlib import Path
from gdig.shards import compute_shards
def compute(rows):
    time.sleep(0.02)
    return np.arange(30, dtype=np.float32).reshape(10, 3)[rows.start:rows.stop]
compute_shards(Path(sys.argv[1]), Path(sys.argv[2]), "influence", [f"p{n}" for n in range(10)], 1, compute)
"""


@pytest.mark.slow
def test_kill_at_random_moments_loses_nothing(tmp_path):
    compute_shards(tmp_path / "whole", tmp_path / "s0", "influence", IDS, 1, compute)
    rng = random.Random(1)
    command = [sys.executable, "-c", SLOW, str(tmp_path / "out"), str(tmp_path / "s1")]
    for _ in range(6):
        process = subprocess.Popen(command)
        while process.poll() is None and not (tmp_path / "s1").exists():
            time.sleep(0.01)
        time.sleep(rng.random() * 0.15)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        for path in (tmp_path / "s1").glob("shard-*.parquet"):
            pq.read_table(path, page_checksum_verification=True)
        if (tmp_path / "out").exists():
            break
    subprocess.run(command, check=True)
    assert files(tmp_path / "out") == files(tmp_path / "whole")


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
