"""Scores that are no numbers become neither an order nor a file."""

import json
import math

import numpy as np
import pytest

from gdig.io.files import write_json, write_metrics
from gdig.io.order import ascending
from gdig.io.ranking import rank_below, write_ranking
from gdig.io.records import write_rows
from gdig.lm.passes.shards import compute_shards

SCORES = {f"p-{n}": float(n) for n in range(10)}


@pytest.fixture(params=[math.nan, math.inf, -math.inf, np.float32("nan")])
def wrong(request):
    return request.param


def test_no_order_is_made_of_them(wrong):
    scores = SCORES | {"p-3": wrong, "p-7": wrong}
    message = f"pair p-3: its score is {wrong}, which is no number"
    with pytest.raises(ValueError, match=message):
        ascending(scores, 1)
    with pytest.raises(ValueError, match=message):
        rank_below(scores, upper=5.0, direction="low", count=4, on_short="relax", seed=1, name="x")


def test_no_file_is_made_of_them(wrong, tmp_path):
    scores = SCORES | {"p-3": wrong}
    with pytest.raises(ValueError, match="pair p-3: its score is"):
        write_ranking(tmp_path / "ranking.jsonl", list(scores), scores)
    with pytest.raises(ValueError, match=r"rows.jsonl: row p-3: value\[1\] is .*, which is no number"):
        write_rows(tmp_path / "rows.jsonl", ({"id": i, "value": [0, float(s)]} for i, s in scores.items()))
    for write in (write_json, lambda path, value: write_metrics(path, path.with_suffix(".copy"), value)):
        with pytest.raises(ValueError, match=r"a.json: b0032.bleu.mean is .*, which is no number"):
            write(tmp_path / "a.json", {"b0032": {"bleu": {"mean": float(wrong), "sd": 1.0}}})
    with pytest.raises(ValueError, match=r"pair p-3: its gain is no number \(1 of the 5 rows of a shard\)"):
        compute_shards(
            tmp_path / "out", tmp_path / "scratch", "gain", list(scores), 5,
            lambda rows: np.array([[scores[f"p-{row}"]] for row in rows], dtype=np.float32),
        )  # fmt: skip
    assert not [path for path in tmp_path.iterdir() if path.name != "scratch" and not path.name.endswith(".lock")]


def test_numbers_are_written_as_they_were(tmp_path):
    write_json(tmp_path / "a.json", {"b": [1, 0.5], "a": "ü"})
    assert (tmp_path / "a.json").read_text() == '{\n  "a": "ü",\n  "b": [\n    1,\n    0.5\n  ]\n}\n'
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": "ü", "b": [1, 0.5]}
