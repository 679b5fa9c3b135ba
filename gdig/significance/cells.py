"""Cells as the stages leave them, for the tests of `gdig.significance.compare`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gdig.io.records import read_rows
from gdig.significance.compare import Cell
from gdig.significance.resampling import Resampled, Resampler


def read_cell(replicates: Sequence[Mapping[str, Any]], hypotheses: Path, segments: Path, resampler: Resampler) -> Cell:
    """Return a cell with the resamples of its translations.

    Args:
        replicates: scores of each, and its training seed under `seed`.
        hypotheses: folder with a file a replicate.
        segments: scores of the learned metrics by segment.
        resampler: of the split that was translated.

    Raises:
        ValueError: the translations are not of that split; names the file.
    """
    rows = read_rows(segments)
    resampled: dict[int, dict[str, Resampled]] = {}
    for seed in [replicate["seed"] for replicate in replicates]:
        file = hypotheses / f"seed-{seed}.jsonl"
        learned = {
            metric: {row["id"]: row[metric][f"seed-{seed}"] for row in rows} for metric in rows[0].keys() - {"id"}
        }
        try:
            resampled[seed] = resampler({row["id"]: row["hypothesis"] for row in read_rows(file)}, learned)
        except ValueError as error:
            raise ValueError(f"{file}: {error}; run stages translate and score again") from None
    return Cell({replicate["seed"]: replicate for replicate in replicates}, resampled)
