"""Cells as the stages leave them, for `gdig.report.efficiency.compare`."""

from collections.abc import Mapping
from pathlib import Path

from gdig.io.files import read_json
from gdig.io.records import read_rows
from gdig.report.efficiency.compare import Cell
from gdig.report.efficiency.pir import sentence_chrf


def read_cell(scores: Path, hypotheses: Path, references: Mapping[str, str], num_pairs: int) -> Cell:
    """Return a cell with chrF of each of its sentences.

    Args:
        scores: of each replicate, as stage `score` writes them.
        hypotheses: folder with a file a replicate.
        references: of the split that was translated, by id.
        num_pairs: pairs that its models were trained on.

    Raises:
        ValueError: the translations are not of that split; names the file.
    """
    by_seed = {replicate["seed"]: replicate for replicate in read_json(scores)["replicates"]}
    sentences = {}
    for seed in by_seed:
        file = hypotheses / f"seed-{seed}.jsonl"
        texts = {row["id"]: row["hypothesis"] for row in read_rows(file)}
        if texts.keys() != references.keys():
            raise ValueError(
                f"{file}: its ids are not those of the split that translate.split names; run stages translate and "
                f"score again"
            )
        sentences[seed] = sentence_chrf(texts, references)
    return Cell(by_seed, sentences, num_pairs)
