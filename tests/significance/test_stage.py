"""The stage as a command, on the files that a small run leaves."""

import json
import os
import random
import subprocess
import sys
from statistics import fmean

import pytest

from gdig.io.records import Pair, write_pairs, write_rows
from gdig.scoring.surface import score
from tests.conftest import ROOT, default_values, write_params

SENTENCES = [f"The {a} {b} the {c}." for a in ("cat", "dog") for b in ("sees", "hears") for c in ("man", "bird", "sun")]


@pytest.fixture
def site(tmp_path):
    """Two selectors, one budget, two training seeds; gdig makes fewer mistakes."""
    params = default_values()
    params["selectors"], params["budgets"] = ["random", "gdig"], [8]
    params["finetune"]["seeds"] = [1, 2]
    write_params(tmp_path, params)
    data = tmp_path / "data" / "embedded"
    for split in ("test", "valid"):
        pairs = [Pair(f"{split}-{number:02d}", "Quelle", text) for number, text in enumerate(SENTENCES)]
        write_pairs(data / "prepared" / f"{split}.jsonl", pairs)
    for selector, budget, rate in (("random", "8", 0.4), ("gdig", "8", 0.05), ("full", "all", 0.02)):
        replicates, of_segment = [], [{"id": f"test-{number:02d}", "comet": {}} for number in range(len(SENTENCES))]
        for seed in (1, 2):
            source = random.Random(f"{selector}{seed}")
            rows = [
                {"id": f"test-{number:02d}", "hypothesis": "".join(c for c in text if source.random() > rate)}
                for number, text in enumerate(SENTENCES)
            ]
            write_rows(data / "hypotheses" / selector / budget / f"seed-{seed}.jsonl", rows)
            scores = score([row["hypothesis"] for row in rows], SENTENCES, "en")
            for row in of_segment:
                row["comet"][f"seed-{seed}"] = 0.9 - rate + source.uniform(-0.05, 0.05)
            comet = {"comet": fmean(row["comet"][f"seed-{seed}"] for row in of_segment)}
            replicates.append({"seed": seed, "valid_loss": rate} | scores | comet)
        write_rows(data / "segments" / selector / f"{budget}.jsonl", of_segment)
        (data / "scores" / selector).mkdir(parents=True)
        (data / "scores" / selector / f"{budget}.json").write_text(
            json.dumps({"replicates": replicates, "signatures": {"bleu": "version:1", "comet": "model:one"}})
        )
    return tmp_path


def run(site):
    return subprocess.run(
        [sys.executable, "-m", "stages", "significance"],
        cwd=site,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_two_runs_give_the_same_bytes_in_git_and_in_the_cache(site):
    kept, cached = (site / folder / "embedded" / "significance.json" for folder in ("metrics", "data"))
    done = run(site)
    assert done.returncode == 0, done.stderr
    assert "one budget: the t-test over budgets needs two" in done.stderr
    first = kept.read_bytes()
    assert run(site).returncode == 0
    assert kept.read_bytes() == first == cached.read_bytes()
    found = json.loads(first)
    gdig = found["against_baseline"]["b0008"]["gdig"]
    assert gdig["valid_loss"] == {"difference": -0.35, "seeds_won": 2}
    assert gdig["bleu"]["holds"]
    assert gdig["chrf"]["p"] == pytest.approx(1 / 1001, rel=1e-3)
    assert gdig["chrf"]["low"] > 0
    assert gdig["comet"]["holds"]
    assert 0.25 < gdig["comet"]["low"] < gdig["comet"]["difference"] < gdig["comet"]["high"] < 0.45
    assert set(gdig["bleu"]) - set(gdig["comet"]) == {"p_sacrebleu"}
    assert found["over_budgets"]["gdig"]["bleu"]["p"] is None
    assert set(found["replicates"]) == {"random", "gdig", "full"}
    assert found["signatures"] == {"bleu": "version:1", "comet": "model:one"}


def test_cells_of_different_signatures_are_refused_with_both(site):
    file = site / "data" / "embedded" / "scores" / "gdig" / "8.json"
    file.write_text(file.read_text().replace("model:one", "model:two"))
    done = run(site)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "error: comet of scores/full/all.json and of scores/gdig/8.json cannot be compared: scored with model:one and "
        "with model:two; score both again on one machine, with one installation"
    )


def test_hypotheses_of_another_split_are_told_and_nothing_is_written(site):
    file = site / "data" / "embedded" / "hypotheses" / "gdig" / "8" / "seed-2.jsonl"
    file.write_text(file.read_text().replace("test-", "valid-"))
    done = run(site)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "error: data/embedded/hypotheses/gdig/8/seed-2.jsonl: 12 hypotheses for 12 references; 'test-00' has not both; "
        "run stages translate and score again"
    )
    assert not (site / "metrics").exists()
    assert not (site / "data" / "embedded" / "significance.json").exists()
