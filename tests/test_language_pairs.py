"""Any direction: rows land on the right sides, the prompt names the target, and rules and scores suit its script."""

import os
import subprocess
import sys

import pytest

from gdig.config import load_params
from gdig.io.records import read_pairs
from gdig.lm.prompt import instruction
from gdig.run.paths import Paths
from gdig.scoring.surface import signatures
from tests.conftest import ROOT, default_values, write_params

NAMES = {"de": "German", "en": "English", "zh": "Chinese"}
SUBJECTS = [("Der alte Lehrer", "The old teacher", "老教师"), ("Unser Nachbar", "Our neighbour", "我们的邻居"),
            ("Meine kleine Schwester", "My little sister", "我的小妹妹"), ("Ein Gast", "A guest", "一位客人"),
            ("Der Arzt", "The doctor", "医生"), ("Die junge Köchin", "The young cook", "年轻的厨师")]  # fmt: skip
VERBS = [("kauft", "buys", "买"), ("sieht", "sees", "看见"), ("bringt", "brings", "带来")]
OBJECTS = [("einen roten Apfel", "a red apple", "一个红苹果"), ("das neue Buch", "the new book", "那本新书"),
           ("zwei Stühle", "two chairs", "两把椅子"), ("den Brief", "the letter", "那封信")]  # fmt: skip


def sentences() -> list[dict[str, str]]:
    rows = []
    for subject in SUBJECTS:
        for verb in VERBS:
            for thing in OBJECTS:
                german, english = (" ".join(part[side] for part in (subject, verb, thing)) + "." for side in (0, 1))
                rows.append({"de": german, "en": english, "zh": "".join(p[2] for p in (subject, verb, thing)) + "。"})
    return rows


@pytest.mark.parametrize(
    ("source", "target", "ratio", "tokeniser"),
    [
        ("zh", "en", [1.0, 10.0], "13a"),
        ("de", "en", [0.4, 2.5], "13a"),
        ("en", "zh", [0.1, 1.0], "zh"),
        ("en", "de", [0.4, 2.5], "13a"),
    ],
)
def test_a_profile_may_hold_any_direction(tmp_path, source, target, ratio, tokeniser):
    rows = sentences()
    for name, part in (("train", rows[12:]), ("test", rows[:12])):
        # The columns stand in an order of their own, as corpora have them.
        text = "".join(f"{row['zh']}\t{row['en']}\t{row['de']}\n" for row in part)
        (tmp_path / f"{name}.tsv").write_text("zh\ten\tde\n" + text, encoding="utf-8", newline="\n")
    values = default_values()
    values["languages"] = {"source": source, "target": target}
    values["prompt"]["target_language"] = NAMES[target]
    values["prepare"] |= {"character_ratio": ratio, "language_id": {"min_characters": 20, "min_probability": 0.9}}
    values["noise"]["rate"] = 0.0
    values["seeds"] |= {"count": 6, "reserve": 2, "revision": "none"}
    values["budgets"], values["quality"]["min_survivors"] = [8], 16
    source_of = {"kind": "files", "columns": [source, target]}
    values["pool"] |= {
        "sources": [{"name": "train", "path": "train.tsv", "weight": 1.0, **source_of}],
        "tests": [{"name": "test", "path": "test.tsv", **source_of}],
        "valid": [],
        "num_pool": 30, "num_heldout": 12, "num_valid": 6, "num_base_text": 4,
    }  # fmt: skip
    write_params(tmp_path, values)
    for name in ("oracle", "none"):
        (tmp_path / "data" / "revisions").mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / "revisions" / name).touch()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    for stage in ("pool", "seeds", "prepare"):
        command = [sys.executable, "-m", "stages", stage]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    params, paths = load_params(tmp_path / "params.yaml"), Paths(profile="embedded")
    known = {(row[source], row[target]) for row in rows}
    for path, count in ((paths.pool, 30), (paths.seeds, 6), (paths.valid, 6), (paths.test, 12)):
        pairs = read_pairs(tmp_path / path)
        assert {(pair.src, pair.trg) for pair in pairs} <= known
        assert len(pairs) == count
    assert instruction(pairs[0].src, params.prompt).startswith(f"Translate the following text into {NAMES[target]}.")
    assert pairs[0].src in instruction(pairs[0].src, params.prompt)
    targets = [pair.trg for pair in pairs]
    assert f"tok:{tokeniser}|" in signatures(targets, targets, params.languages.target)["bleu"]
