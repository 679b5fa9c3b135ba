"""Sides that can be compared, and those that cannot, on the files that a small run leaves."""

import json
import random
from pathlib import Path

import pytest

from gdig.config import Significance, read_values
from gdig.io.records import Pair, write_pairs, write_rows
from gdig.io.statistics import summarise
from gdig.scoring.surface import score
from gdig.tools.compare.pair import compare
from gdig.tools.compare.show import markdown
from gdig.tools.compare.side import open_sides, parse_spec, read_side
from gdig.tools.compare.snapshot import UnavailableError
from tests.conftest import default_values, write_params

SENTENCES = [f"The {a} {b} the {c}." for a in ("cat", "dog") for b in ("sees", "hears") for c in ("man", "bird", "sun")]
SETTINGS = Significance(num_samples=200, confidence=0.95, seed=1)
DATA = Path("data", "embedded")


class Folder:
    """A run in a folder, in place of a revision."""

    def __init__(self, root):
        self.root = root

    def get(self, path):
        if not (self.root / path).exists():
            raise UnavailableError(f"{path.as_posix()} is not known there")
        return self.root / path


def write_run(root, *, rate, budgets=(4, 8), seeds=(1, 2), sentences=SENTENCES, signature="version:1", split="test"):
    """One selector, gdig, whose translations lack so many of their letters, and which picked pairs from 1 / rate on."""
    params = default_values()
    params["selectors"], params["budgets"], params["translate"]["split"] = ["gdig"], list(budgets), split
    root.mkdir()
    write_params(root, params)
    write_pairs(
        root / DATA / "prepared" / f"{split}.jsonl",
        [Pair(f"{split}-{number:02d}", "Quelle", text) for number, text in enumerate(sentences)],
    )
    metrics = {}
    for budget in budgets:
        first = round(1 / rate)
        subset = [Pair(f"pool-{number}", "Quelle", f"Target {number}") for number in range(first, first + budget)]
        write_pairs(root / DATA / "subsets" / "gdig" / f"{budget}.jsonl", subset)
        replicates = []
        for seed in seeds:
            source = random.Random(f"{seed}{budget}")
            rows = [
                {"id": f"{split}-{number:02d}", "hypothesis": "".join(c for c in text if source.random() > rate)}
                for number, text in enumerate(sentences)
            ]
            write_rows(root / DATA / "hypotheses" / "gdig" / str(budget) / f"seed-{seed}.jsonl", rows)
            scores = score([row["hypothesis"] for row in rows], list(sentences), "en")
            replicates.append({"seed": seed, "valid_loss": rate} | scores)
        ids = [{"id": f"{split}-{number:02d}"} for number in range(len(sentences))]
        write_rows(root / DATA / "segments" / "gdig" / f"{budget}.jsonl", ids)
        (root / DATA / "scores" / "gdig").mkdir(parents=True, exist_ok=True)
        (root / DATA / "scores" / "gdig" / f"{budget}.json").write_text(
            json.dumps({"replicates": replicates, "signatures": {"bleu": signature}})
        )
        own = summarise([{key: value for key, value in row.items() if key != "seed"} for row in replicates])
        metrics[f"b{budget:04d}"] = own | {"num_pairs": budget, "clean_share": 1 - rate}
    (root / "metrics" / "embedded").mkdir(parents=True)
    (root / "metrics" / "embedded" / "gdig.json").write_text(json.dumps(metrics))
    return Folder(root)


@pytest.fixture
def two(tmp_path):
    """Write another run beside a bad one; return both sides."""

    def write(**changes):
        old = write_run(tmp_path / "old", rate=0.5)
        new = write_run(tmp_path / "new", **({"rate": 0.25} | changes))
        return [read_side("gdig@old", old), read_side("gdig@new", new)]

    return write


def test_a_better_side_is_better_everywhere_and_holds(two):
    found = compare(two(), SETTINGS)
    assert list(found["budgets"]) == ["b0004", "b0008"]
    assert found["notes"] == []
    small = found["budgets"]["b0004"]
    values, difference = small["values"]["chrf"], small["differences"]["gdig@new"]["chrf"]
    assert difference["difference"] == pytest.approx(values["gdig@new"]["mean"] - values["gdig@old"]["mean"], abs=1e-6)
    assert 0 < difference["low"] < difference["difference"] < difference["high"]
    assert difference["holds"]
    assert small["differences"]["gdig@new"]["valid_loss"] == {"difference": -0.25, "seeds_won": 2}
    assert small["differences"]["gdig@new"]["clean_share"]["difference"] == 0.25
    # Pairs 2, 3, 4, 5 and 4, 5, 6, 7.
    assert small["overlap"]["gdig@new"] == {"num_common": 2, "jaccard": 2 / 6}
    assert found["over_budgets"]["gdig@new"]["chrf"]["budgets_won"] == 2
    text = markdown(found, "gdig@new", {})
    assert "**4 pairs: gdig@new against gdig@old (2 pairs in common, Jaccard 0.333)**" in text
    assert "| clean share | 0.500 | 0.750 | +0.250 |  |  |  |" in text


def test_the_same_id_of_another_pool_is_not_the_same_pair(two, tmp_path):
    sides = two()
    path = tmp_path / "new" / DATA / "subsets" / "gdig" / "4.jsonl"
    path.write_text(path.read_text().replace("Target 4", "Another 4"))
    assert compare(sides, SETTINGS)["budgets"]["b0004"]["overlap"]["gdig@new"]["num_common"] == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"signature": "version:2"}, "bleu of gdig@old and of gdig@new cannot be compared: scored with version:1 and"),
        ({"sentences": SENTENCES[:10]}, "have different test sets .12 and 10 segments, 10 in common."),
        ({"split": "valid"}, "gdig@old is scored on the test split, gdig@new on the valid split"),
        ({"budgets": (2, 16)}, "there is no budget that all sides have .gdig@old: 4, 8; gdig@new: 2, 16."),
    ],
)
def test_what_cannot_be_compared_is_refused(two, changes, message):
    with pytest.raises(ValueError, match=message):
        compare(two(**changes), SETTINGS)


def test_budgets_of_one_side_alone_are_left_out_and_reported(two):
    found = compare(two(budgets=(8, 16)), SETTINGS)
    assert list(found["budgets"]) == ["b0008"]
    assert found["notes"] == ["not all sides have budget 4, 16: left out"]


def test_other_training_seeds_leave_means_alone(two):
    found = compare(two(seeds=(1, 2, 3)), SETTINGS)
    assert found["notes"] == [
        "no intervals and no tests: sides were trained with different seeds (gdig@old [1, 2], gdig@new [1, 2, 3]), and "
        "pairs need equal ones"
    ]
    assert set(found["budgets"]["b0004"]["differences"]["gdig@new"]["bleu"]) == {"difference"}
    assert "p, Holm" not in markdown(found, "gdig@new", {})


def test_artifacts_that_are_nowhere_leave_means_alone(two, tmp_path):
    sides = two()
    (tmp_path / "new" / DATA / "hypotheses").rename(tmp_path / "gone")
    (tmp_path / "old" / DATA / "subsets").rename(tmp_path / "gone-too")
    found = compare(sides, SETTINGS)
    assert found["notes"] == [
        "no intervals and no tests: gdig@new: data/embedded/hypotheses/gdig/4 is not known there",
        "no overlap of the subsets: gdig@old: data/embedded/subsets/gdig/4.jsonl is not known there",
    ]
    assert found["budgets"]["b0008"]["differences"]["gdig@new"]["clean_share"]["difference"] == 0.25
    assert found["budgets"]["b0008"]["overlap"] == {}


def test_specs_name_a_selector_and_a_revision():
    assert parse_spec("gdig") == ("gdig", None)
    assert parse_spec("gdig@HEAD@{1}") == ("gdig", "HEAD@{1}")
    for spec in ("", "@HEAD", "gdig@"):
        with pytest.raises(ValueError, match="say SELECTOR, or SELECTOR@REVISION"):
            parse_spec(spec)
    with pytest.raises(ValueError, match="gdig is compared with itself"):
        open_sides(["gdig", "gdig"], Path())


def test_a_side_that_is_not_there_is_reported_with_what_is(tmp_path):
    run = write_run(tmp_path / "run", rate=0.5)
    with pytest.raises(ValueError, match=r"random@x: 'random' is no selector there; params.yaml of x has gdig, full"):
        read_side("random@x", run)
    with pytest.raises(ValueError, match="full: metrics/embedded/full.json is not there; run `dvc repro` first"):
        read_side("full", run)
    params = run.root / "params.yaml"
    write_params(run.root, read_values(params) | {"budgets": [4, 16]})
    with pytest.raises(ValueError, match="has no budget 16, which params.yaml of x lists"):
        read_side("gdig@x", run)
    params.write_text("profile: embedded\n")
    with pytest.raises(ValueError, match="params.yaml of x lacks 'selectors'"):
        read_side("gdig@x", run)
    params.unlink()
    with pytest.raises(ValueError, match="params.yaml of x is missing"):
        read_side("gdig@x", run)
