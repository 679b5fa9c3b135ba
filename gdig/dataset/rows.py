"""Rows of the dataset: each pair as instruction, input and output, with score and rank."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from gdig.config import Prompt
from gdig.io.ranking import iterate_ranking
from gdig.io.records import parse_pair
from gdig.lm.prompt import INSTRUCTION

JOINT = "\n"
"""Separator of instruction and input; joined by it, they equal the training prompt byte for byte.

LLaMA-Factory uses the same separator. The prompt is split before its last line, so that no part starts or ends with
white space, which tools strip.
"""
_HEAD, _, _LAST_LINE = INSTRUCTION.rpartition(JOINT)


class Row(TypedDict):
    """A row; `score` is the selector's score, None for selectors without one."""

    instruction: str
    input: str
    output: str
    id: str
    score: float | None
    rank: int


def iterate_rows(subset: Path, ranking: Path, prompt: Prompt) -> Iterator[Row]:
    """Yield the rows of a subset, which is a prefix of a ranking, one at a time.

    Raises:
        ValueError: the subset is not a prefix of the ranking; names the line.
    """
    instruction = _HEAD.format(trg_lang=prompt.target_language)
    ranked = iterate_ranking(ranking)
    with subset.open("rb") as stream:
        for rank, line in enumerate(stream, start=1):
            pair = parse_pair(subset, rank, line)
            expected, score = next(ranked, (None, None))
            if pair.id != expected:
                raise ValueError(
                    f"{subset}:{rank}: pair {pair.id}, but rank {rank} of {ranking} is {expected}; `dvc repro` makes "
                    f"both anew"
                )
            yield {
                "instruction": instruction,
                "input": _LAST_LINE.format(src_text=pair.src),
                "output": pair.trg,
                "id": pair.id,
                "score": score,
                "rank": rank,
            }


def prompt_of(row: Row) -> str:
    """Return the training prompt."""
    return row["instruction"] + JOINT + row["input"]
