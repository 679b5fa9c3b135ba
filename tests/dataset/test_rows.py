import pytest

from gdig.dataset.rows import iterate_rows, prompt_of
from gdig.io.ranking import write_ranking
from gdig.io.records import write_pairs
from gdig.lm.prompt import instruction
from tests.conftest import PROMPT
from tests.dataset.conftest import HARD


def test_instruction_and_input_joined_are_the_prompt_of_training(rows):
    for row, pair in zip(rows, HARD, strict=True):
        assert prompt_of(row) == row["instruction"] + "\n" + row["input"] == instruction(pair.src, PROMPT)
        assert row["input"][1:-1] == pair.src
        assert (row["id"], row["output"]) == (pair.id, pair.trg)
        for part in (row["instruction"], row["input"]):
            assert part == part.strip(), "tools strip it"
    assert len({row["instruction"] for row in rows}) == 1


def test_ranks_and_scores_are_those_of_the_ranking(rows, files):
    assert [row["rank"] for row in rows] == list(range(1, len(HARD) + 1))
    assert [row["score"] for row in rows[:3]] == [-0.333333, -0.25, -0.2]
    write_ranking(files[1], [pair.id for pair in HARD])
    assert {row["score"] for row in iterate_rows(*files, PROMPT)} == {None}


def test_a_subset_that_is_not_the_beginning_of_its_ranking_is_refused(files):
    subset, ranking = files
    write_pairs(subset, [HARD[0], HARD[2]])
    with pytest.raises(ValueError, match=r"subset.jsonl:2: pair web-3, but rank 2 of .*ranking.jsonl is web-2"):
        list(iterate_rows(subset, ranking, PROMPT))
    write_ranking(ranking, ["web-1"])
    with pytest.raises(ValueError, match="is None; `dvc repro`"):
        list(iterate_rows(subset, ranking, PROMPT))
