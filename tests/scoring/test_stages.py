"""Stages score and systems as commands, on the files that a small run leaves."""

import json
import os
import subprocess
import sys
from statistics import fmean

import pytest

from gdig.io.records import Pair, read_rows, write_pairs, write_rows
from tests.conftest import ROOT, default_values, write_params

GERMAN = ["Der alte Mann sieht den Hund.", "Die Frau kauft einen roten Apfel.", "Es regnet."]
ENGLISH = ["The old man sees the dog.", "The woman buys a red apple.", "It rains."]
PAIRS = [
    Pair(f"{name}-{number}", source, target)
    for name in ("news", "talks")
    for number, (source, target) in enumerate(zip(GERMAN, ENGLISH, strict=True))
]


@pytest.fixture
def site(tmp_path):
    """Two test sets, two training seeds that translate one of them alike."""
    data = tmp_path / "data" / "embedded"
    for part in ("raw", "prepared"):
        write_pairs(data / part / "test.jsonl", PAIRS)
    for seed, end in ((1, ""), (2, "!")):
        rows = [{"id": p.id, "hypothesis": p.trg + (end if p.id.startswith("news") else " yes")} for p in PAIRS]
        write_rows(data / "hypotheses" / "gdig" / "8" / f"seed-{seed}.jsonl", rows)
    (data / "losses" / "gdig").mkdir(parents=True)
    (data / "losses" / "gdig" / "8.json").write_text(json.dumps([{"valid_loss": 1.0}, {"valid_loss": 2.0}]))
    return tmp_path


def run(site, stage, *arguments, score=(None, None), systems=()):
    params = default_values()
    params["finetune"]["seeds"] = [1, 2]
    params["score"] = {"comet": score[0], "bleurt": score[1]}
    params["systems"] = list(systems)
    params["significance"]["num_samples"] = 2000
    params["pool"]["sources"] = [{"name": "own", "kind": "files", "path": "own.tsv", "weight": 1.0}]
    params["pool"]["tests"] = [{"name": name, "kind": "files", "path": f"{name}.tsv"} for name in ("news", "talks")]
    params["pool"] |= {"valid": [], "num_valid": 9}
    write_params(site, params)
    return subprocess.run(
        [sys.executable, "-m", "stages", stage, *arguments],
        cwd=site,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


CELL = ("--selector", "gdig", "--budget", "8")


@pytest.mark.slow
def test_learned_metrics_by_segment_and_set(site, tiny_comet, tiny_bleurt):
    own = {"revision": None, "batch_size": 4}
    models = ({"model": str(tiny_comet), "precision": "float16"} | own, {"model": str(tiny_bleurt)} | own)
    done = run(site, "score", *CELL, score=models)
    assert done.returncode == 0, done.stderr
    data = site / "data" / "embedded"
    found = json.loads((data / "scores" / "gdig" / "8.json").read_text())
    segments = read_rows(data / "segments" / "gdig" / "8.jsonl")
    assert [row["id"] for row in segments] == [pair.id for pair in PAIRS]
    for replicate in found["replicates"]:
        for metric in ("comet", "bleurt"):
            values = [row[metric][f"seed-{replicate['seed']}"] for row in segments]
            for key, part in ((metric, values), (f"{metric}_news", values[:3]), (f"{metric}_talks", values[3:])):
                assert replicate[key] == pytest.approx(fmean(part), abs=1e-4)
    first, second = found["replicates"]
    assert first["comet_talks"] == second["comet_talks"]
    assert first["comet_news"] != second["comet_news"]
    assert set(found["signatures"]) == {"bleu", "chrf", "comet", "bleurt"}
    before = (data / "segments" / "gdig" / "8.jsonl").read_bytes()
    assert run(site, "score", *CELL, score=models).returncode == 0
    assert (data / "segments" / "gdig" / "8.jsonl").read_bytes() == before


def test_without_learned_metrics_segments_have_ids_alone(site):
    done = run(site, "score", *CELL)
    assert done.returncode == 0, done.stderr
    assert read_rows(site / "data/embedded/segments/gdig/8.jsonl") == [{"id": pair.id} for pair in PAIRS]


def test_a_missing_model_ends_in_one_line_and_writes_nothing(site):
    model = {"model": "Unbabel/nowhere", "precision": "float16", "revision": None, "batch_size": 4}
    done = run(site, "score", *CELL, score=(model, None))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        "error: score.comet.model: Unbabel/nowhere is not in the hub's cache"
    )
    assert "Traceback" not in done.stderr
    assert not (site / "data/embedded/scores").exists()
    assert not (site / "data/embedded/segments").exists()


def systems_of(site):
    kept, cached = (site / folder / "embedded" / "systems.json" for folder in ("metrics", "data"))
    assert kept.read_bytes() == cached.read_bytes()
    return json.loads(kept.read_text())


def test_systems_are_scored_and_what_they_leave_out_is_reported(site):
    (site / "all.txt").write_text("\n".join(pair.trg for pair in PAIRS) + "\n")
    (site / "news.txt").write_text("It rains.\n\nIt rains.\n")
    # A row that cleaning drops is still a line of the systems' files.
    write_pairs(site / "data/embedded/prepared/test.jsonl", PAIRS[1:])
    named = [{"name": "Perfect", "hypotheses": "all.txt"}, {"name": "One set", "hypotheses": {"news": "news.txt"}}]
    done = run(site, "systems", systems=named)
    assert done.returncode == 0, done.stderr
    assert "systems: One set has no translations of talks" in done.stderr
    found = systems_of(site)
    whole, part = found["systems"]["Perfect"], found["systems"]["One set"]
    assert whole["scores"]["bleu"] == whole["scores"]["bleu_talks"] == pytest.approx(100)
    assert (whole["left_out"], part["left_out"]) == ([], ["talks"])
    assert (whole["num_segments"], part["num_segments"]) == ({"news": 2, "talks": 3}, {"news": 2})
    assert {key for key in part["scores"] if key.startswith("bleu")} == {"bleu_news"}
    assert part["scores"]["empty_share"] == 0.5
    assert "tok:13a" in found["signatures"]["bleu"]


def test_a_file_of_another_length_ends_in_one_line_and_writes_nothing(site):
    (site / "news.txt").write_text("It rains.\n")
    done = run(site, "systems", systems=[{"name": "Moses", "hypotheses": {"news": "news.txt"}}])
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        "error: systems: Moses: news.txt has 1 lines, but test set news has 3 segments"
    )
    assert not (site / "metrics").exists()


def test_no_systems_are_an_empty_result(site):
    assert run(site, "systems").returncode == 0
    assert systems_of(site) == {"signatures": {}, "systems": {}}
