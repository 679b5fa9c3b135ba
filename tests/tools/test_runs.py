import json
import random
from itertools import product
from pathlib import Path

import pytest
from rich.console import Console

from gdig.io.records import Pair, read_rows, write_pairs, write_rows
from gdig.report.gains.results import results_of
from gdig.run.paths import Paths
from gdig.scoring.surface import score_sets
from gdig.tools.runs import collect, segments_file, show

WORDS = ["the", "man", "woman", "dog", "cat", "is", "in", "on", "of", "and", "with", "house", "runs", "quickly"]
SOURCE = random.Random(5)
TEST = [
    Pair(f"{name}-{number:03d}", "x", " ".join(SOURCE.choices(WORDS, k=9)))
    for name in ("own", "news")
    for number in range(40)
]
REFERENCES = {pair.id: pair.trg for pair in TEST}


def damaged(rate, seed):
    source = random.Random(seed)
    return {i: " ".join(word for word in text.split() if source.random() > rate) for i, text in REFERENCES.items()}


@pytest.fixture
def site(tmp_path, monkeypatch, params):
    """Cells of two selectors as the stages leave them; gdig damages less than random."""
    monkeypatch.chdir(tmp_path)

    def write(model, rates, budget=32, seeds=(1, 2)):
        base = Paths(profile=params.profile).base
        base.mkdir(parents=True, exist_ok=True)
        (base / "record.json").write_text(json.dumps({"model": model}))
        for selector, rate in rates.items():
            paths = Paths(profile=params.profile, selector=selector, budget=str(budget))
            paths.test.parent.mkdir(parents=True, exist_ok=True)
            write_pairs(paths.test, TEST)
            paths.subset.parent.mkdir(parents=True, exist_ok=True)
            write_pairs(paths.subset, TEST[:budget])
            replicates = []
            for seed in seeds:
                texts = damaged(rate, seed)
                paths.hypotheses.mkdir(parents=True, exist_ok=True)
                write_rows(
                    paths.hypotheses / f"seed-{seed}.jsonl",
                    ({"id": i, "hypothesis": text} for i, text in texts.items()),
                )
                scores = score_sets(texts, REFERENCES, "en")
                replicates.append({"seed": seed, "valid_loss": 1.5 + rate, "seed_loss": 2.0} | scores)
            paths.scores.parent.mkdir(parents=True, exist_ok=True)
            paths.scores.write_text(json.dumps({"replicates": replicates}))
        return [(selector, str(budget)) for selector in rates]

    return tmp_path / "metrics" / "grids" / "web.jsonl", write


def shown(path):
    console = Console(width=250, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    for table in show(path, "random"):
        console.print(table)
    return console.export_text().splitlines()


def test_rows_of_several_models_stand_in_one_file_and_a_new_run_replaces_its_row(site, params):
    path, write = site
    collect(params, path, write("small", {"random": 0.3, "gdig": 0.1}))
    collect(params, path, write("large", {"random": 0.2}))
    rows = {row["id"]: row for row in read_rows(path)}
    assert set(rows) == {
        *(f"small/{selector}/32/{seed}" for selector, seed in product(("random", "gdig"), (1, 2))),
        "large/random/32/1", "large/random/32/2",
    }  # fmt: skip
    assert rows["small/gdig/32/1"]["bleu"] > rows["small/random/32/1"]["bleu"]
    assert rows["small/gdig/32/1"]["num_pairs"] == 32
    assert [row["id"] for row in read_rows(segments_file(path))] == sorted(rows)
    before = rows["small/gdig/32/1"]["bleu"]
    collect(params, path, write("small", {"gdig": 0.5}))
    again = {row["id"]: row for row in read_rows(path)}
    assert set(again) == set(rows)
    assert again["small/gdig/32/1"]["bleu"] < before


def test_differences_from_the_baseline_have_intervals(site, params):
    path, write = site
    collect(params, path, write("small", {"random": 0.3, "gdig": 0.1, "loss": 0.3}))
    lines = shown(path)
    (gdig,) = [line.split() for line in lines if " gdig " in line]
    rows = {row["id"]: row for row in read_rows(path)}
    mean = {s: sum(rows[f"small/{s}/32/{seed}"]["bleu"] for seed in (1, 2)) / 2 for s in ("random", "gdig")}
    difference = next(part for part in gdig if part.startswith("+"))
    assert float(difference) == pytest.approx(mean["gdig"] - mean["random"], abs=0.06)
    (equal,) = [line for line in lines if " loss " in line and "valid" not in line]
    assert "+0.0 [0.0, 0.0]" in equal  # the same translations
    assert any("a difference to be seen" in line for line in lines)


def test_a_baseline_that_was_not_run_leaves_differences_out(site, params):
    path, write = site
    collect(params, path, write("small", {"gdig": 0.1}))
    assert not any("[" in line for line in shown(path)[1:])
    with pytest.raises(ValueError, match=r"none.jsonl is not there; `make repro ROWS="):
        show(path.with_name("none.jsonl"), "random")


def test_before_the_first_cell_there_is_nothing_to_add(site, params):
    collect(params, Path("metrics/grids/web.jsonl"), [])
    assert not Path("metrics").exists()


def test_the_report_takes_the_rows_for_no_grid(site, params):
    path, write = site
    collect(params, path, write("small", {"random": 0.3}))
    found = results_of(path)
    assert (found.runs, found.conditions) == ([], [])
    assert list(path.parent.glob("*.jsonl")) == [path]
