"""Stage `prepare` on the parts of a small profile, as DVC runs it: in a folder of its own."""

import subprocess
import sys

import pytest

from gdig.io.files import read_json
from gdig.io.records import Pair, read_pairs, write_pairs
from gdig.run.paths import Paths
from tests.conftest import ROOT, default_values, write_params

PATHS = Paths(profile="toy")
PARTS = {
    "test": [Pair("wmt22-1", "Das steht im Test.", "This is in the test."), Pair("flores-1", "Noch eins.", "Another.")],
    "valid": [Pair("dev-1", "Das steht im Test!", "Leaked from it."), Pair("dev-2", "Geprüft ist es.", "Validated.")],
    "seeds": [Pair("news-1", "Gut.", "Fine."), Pair("news-2", "Schlecht.", "ANOTHER"), Pair("news-3", "Leer", " ")],
    "spares": [Pair("news-4", "Gut", "fine"), Pair("news-5", "Besser.", "Better."), Pair("news-6", "Viel.", "Much."),
               Pair("news-7", "Nie.", "Never.")],
    "pool": [Pair("web-1", "Gut!", "Good."), Pair("web-2", "Neu.", "New."), Pair("web-3", "neu", "new!")],
    "base_text": [Pair("web-4", "Gut.", "A seed."), Pair("web-5", "Neu", "Of a pool."), Pair("web-6", "Frei", "Free")],
}  # fmt: skip


@pytest.fixture
def prepare(tmp_path):
    """Run the stage on parts with rules that differ from the default profile's; return its log."""
    raw = (PATHS.raw_test, PATHS.raw_valid, PATHS.seed_revisions, PATHS.seed_spares, PATHS.raw_pool,
           PATHS.raw_base_text)  # fmt: skip

    def run(parts, ok=True, **rules):
        for path, pairs in zip(raw, parts.values(), strict=True):
            write_pairs(tmp_path / path, pairs)
        params = default_values()
        params["seeds"]["count"] = len(parts["seeds"])
        params |= {"profile": "toy", "prepare": params["prepare"] | rules}
        write_params(tmp_path, params)
        done = subprocess.run(
            [sys.executable, "-m", "stages", "prepare"], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, text=True,
            capture_output=True, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) == ok, done.stderr
        return done.stderr

    return run


def ids(path):
    return [pair.id for pair in read_pairs(path)]


def test_no_part_holds_what_stands_in_an_earlier_one(prepare, tmp_path):
    log = prepare(PARTS)
    kept = {part: ids(tmp_path / getattr(PATHS, part)) for part in PARTS if part != "spares"}
    assert kept == {
        "test": ["wmt22-1", "flores-1"], "valid": ["dev-2"], "seeds": ["news-1", "news-5", "news-6"], "pool": ["web-2"],
        "base_text": ["web-6"],
    }  # fmt: skip
    rejects = read_json(tmp_path / PATHS.rejects)
    assert rejects["pool"]["web"]["rejected"] == {"contaminated": 1, "duplicate": 1}
    matches = {
        sample["id"]: (sample["matches"]["part"], sample["matches"]["id"])
        for part in rejects.values()
        for corpus in part.values()
        for sample in corpus["samples"].get("contaminated", [])
    }
    assert matches == {
        "dev-1": ("test", "wmt22-1"), "news-2": ("test", "flores-1"), "web-1": ("seeds", "news-1"),
        "web-4": ("seeds", "news-1"), "web-5": ("pool", "web-2"),
    }  # fmt: skip
    (seeds,) = rejects["seeds"].values()
    assert (seeds["seen"], seeds["kept"]) == (6, 3)
    assert "seeds: these were rejected, and others of the reserve took their place: " in log
    assert "news-2 (contaminated by test flores-1)" in log
    assert "news-3 (empty)" in log
    assert "news-4 (duplicate)" in log


def test_too_few_seeds_stop_the_stage_before_the_pool_is_cleaned(prepare, tmp_path):
    log = prepare(PARTS | {"spares": PARTS["spares"][:2]}, ok=False)
    why = "seeds: only 2 of seeds.count = 3 pass params.prepare, the reserve included (2 of 5 rows of news); rejected: "
    assert f"error: {why}" in log
    assert "news-4 (duplicate)" in log
    assert "add rows to seeds.sources or raise seeds.reserve, or set seeds.count: 2" in log
    assert not (tmp_path / PATHS.pool).exists()


def test_a_reserve_that_is_not_needed_is_not_looked_at(prepare, tmp_path):
    prepare(PARTS | {"seeds": PARTS["spares"], "spares": PARTS["seeds"][1:]})
    (seeds,) = read_json(tmp_path / PATHS.rejects)["seeds"].values()
    assert (seeds["seen"], seeds["rejected"]) == (4, {})


def test_ngrams_of_every_part_but_the_pool_are_kept_out(prepare, tmp_path):
    words = "a sentence that goes on for a good many more words than thirteen"
    parts = PARTS | {
        "test": [Pair("wmt22-1", "Test", words)],
        "pool": [Pair("web-1", "Auch", f"it says {words} indeed"), Pair("web-2", "Neu", f"{words[2:]} of ours")],
        "base_text": [Pair("web-3", "Alt", f"{words[2:]} of theirs")],
    }
    parts["pool"] = [*parts["pool"], Pair("web-4", "Sonst", "Otherwise")]
    prepare(parts, decontaminate_ngram=12, character_ratio=None)
    assert ids(tmp_path / PATHS.pool) == ["web-4"]
    prepare(parts | {"test": PARTS["test"]}, decontaminate_ngram=12, character_ratio=None)
    assert ids(tmp_path / PATHS.pool) == ["web-1", "web-2", "web-4"]
    assert ids(tmp_path / PATHS.base_text) == ["web-3"]


def test_a_profile_without_base_text(prepare, tmp_path):
    log = prepare(PARTS | {"base_text": []}, overrides={"grammar": {"drop_copies": True}})
    assert (tmp_path / PATHS.base_text).read_bytes() == b""
    assert "prepare.overrides: no pair has an id that begins with ['grammar']" in log


def test_a_part_of_which_nothing_is_left_stops_the_stage(prepare, tmp_path):
    log = prepare(PARTS | {"pool": PARTS["test"]}, ok=False)
    assert "raw/pool.jsonl: no pair passes the rules {'contaminated': 2}; loosen params.prepare" in log
    assert not (tmp_path / PATHS.rejects).exists()
