import json
import tracemalloc

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from gdig.config import LAYOUTS
from gdig.dataset import layouts
from gdig.dataset.layouts import SUFFIXES, write_layout
from gdig.lm.prompt import instruction
from tests.conftest import PROMPT
from tests.dataset.conftest import HARD


def test_every_layout_of_the_params_has_a_writer():
    assert set(LAYOUTS) == set(SUFFIXES) == set(layouts._WRITERS)


def read(layout, path):
    if layout == "parquet":
        return pq.read_table(path, page_checksum_verification=True).to_pylist()
    if layout == "jsonl":
        # A reader that takes more than a line feed for the end of a line finds the same rows.
        return [json.loads(line) for line in path.read_bytes().decode().splitlines()]
    return json.loads(path.read_text("utf-8"))


def expected(layout, rows):
    if layout == "alpaca":
        return [{key: row[key] for key in ("instruction", "input", "output")} for row in rows]
    if layout == "sharegpt":
        turns = (
            [{"from": "human", "value": instruction(pair.src, PROMPT)}, {"from": "gpt", "value": pair.trg}]
            for pair in HARD
        )
        return [{"id": pair.id, "conversations": turn} for pair, turn in zip(HARD, turns, strict=True)]
    return rows


@pytest.mark.parametrize("layout", LAYOUTS)
def test_hard_texts_come_back_from_every_layout_and_from_datasets(layout, rows, tmp_path, monkeypatch):
    # More than one group of rows.
    monkeypatch.setattr(layouts, "ROWS_IN_GROUP", 3)
    path = tmp_path / "folder" / f"7{SUFFIXES[layout]}"
    write_layout(layout, path, iter(rows))
    assert read(layout, path) == expected(layout, rows)
    builder = "parquet" if layout == "parquet" else "json"
    loaded = load_dataset(builder, data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.to_list() == expected(layout, rows)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_rows_give_the_same_bytes(layout, rows, tmp_path):
    written = []
    for name in ("a", "b"):
        write_layout(layout, tmp_path / name, rows)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


def test_a_selector_without_scores_has_a_column_of_nulls(rows, tmp_path):
    path = tmp_path / "7.parquet"
    write_layout("parquet", path, [row | {"score": None} for row in rows])
    table = pq.read_table(path)
    assert table.schema.equals(layouts.SCHEMA)
    assert table["score"].null_count == len(rows)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_subset_that_is_written_is_not_held(layout, tmp_path, monkeypatch):
    """Memory is that of a group of rows and the one before it, however many follow."""
    monkeypatch.setattr(layouts, "ROWS_IN_GROUP", 500)
    row = {"instruction": "i", "input": "x" * 1000, "output": "y" * 1000, "id": "z-1", "score": 1.0, "rank": 1}

    def peak(count):
        tracemalloc.start()
        write_layout(layout, tmp_path / "rows", (row | {"input": f"{n}{row['input']}"} for n in range(count)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak(5_000) < 1.2 * peak(1_000) + 100_000
