"""The stage as a command, killed and run again."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from gdig.config import load_params
from gdig.io.records import write_pairs
from gdig.translate.run import translate
from tests.conftest import ROOT, default_values, write_params


@pytest.fixture
def site(tmp_path, checkpoint, pairs):
    params = default_values()
    params["finetune"]["seeds"] = [1, 2]
    # Many small batches, so that there is time to kill it.
    params["translate"] |= {"num_beams": 4, "max_tokens": 30}
    write_params(tmp_path, params)
    data = tmp_path / "data" / "embedded"
    for split in ("test", "valid"):
        write_pairs(data / "prepared" / f"{split}.jsonl", pairs)
    for seed in (1, 2):
        shutil.copytree(checkpoint, data / "finetuned" / "gdig" / "8" / f"seed-{seed}")
    return tmp_path


def start(site):
    return subprocess.Popen(
        [sys.executable, "-m", "stages", "translate", "--selector", "gdig", "--budget", "8"],
        cwd=site,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "GDIG_SCRATCH": str(site / "scratch")},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.slow
def test_killed_and_run_again_equals_uninterrupted_and_leaves_nothing(site, checkpoint, pairs):
    hypotheses = site / "data" / "embedded" / "hypotheses" / "gdig" / "8"

    def finished():
        return sum(path.read_bytes().count(b"\n") for path in site.glob("scratch/hypotheses-gdig-8-*/seed-*.jsonl"))

    first = start(site)
    while first.poll() is None and finished() < 4:
        time.sleep(0.01)
    os.killpg(first.pid, signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    assert 4 <= finished() < 2 * len(pairs)
    assert not hypotheses.exists()
    second = start(site)
    _, told = second.communicate()
    assert second.returncode == 0, told
    assert "translations found in" in told
    # What stages took is all that stays.
    assert [path.name for path in (site / "scratch").iterdir()] == ["costs"]
    assert {path.name for path in hypotheses.iterdir()} == {"seed-1.jsonl", "seed-2.jsonl", "generation.json"}
    rows = [json.loads(line) for line in (hypotheses / "seed-1.jsonl").read_text().splitlines()]
    params = load_params(site / "params.yaml")
    expected = translate(checkpoint, pairs, params.prompt, params.translate, site / "uninterrupted.jsonl", "test")
    assert rows == [{"id": pair.id, "hypothesis": expected[pair.id]} for pair in pairs]
    assert (hypotheses / "seed-2.jsonl").read_bytes() == (hypotheses / "seed-1.jsonl").read_bytes()
    record = json.loads((hypotheses / "generation.json").read_text())
    assert record["settings"]["num_beams"] == 4
    assert record["versions"].keys() == {"torch", "transformers"}
