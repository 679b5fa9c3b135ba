"""The survey's comparison (arXiv 2406.14115) of the selectors of one run, as the report shows it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gdig.config import Efficiency as Asked
from gdig.io.files import read_json
from gdig.io.records import read_rows
from gdig.report.efficiency.compare import FORMS, Cell, Comparison, Measured, compare, measure
from gdig.report.efficiency.curve import Point
from gdig.report.efficiency.pir import sentence_chrf, settings_of
from gdig.report.efficiency.plane import Efficiency, efficiency

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The measured values, and how params ask to show them."""

    measured: Sequence[Measured]
    comparisons: Mapping[str, Comparison | None]
    """By form of PIR; None for a form that could not be measured."""
    settings: Sequence[str]
    """Metrics of the mean ratio."""
    left_out: Mapping[str, str]
    """Other metrics, and why they are left out."""
    tie_margin: float
    is_log: bool
    is_best: bool
    """Whether each selector is shown at its best budget, or at every one."""

    def shown(self) -> dict[str, Comparison]:
        """Return the measured forms by title."""
        found = {f"PIR {title}": self.comparisons[form] for form, title in FORMS.items()}
        return {title: comparison for title, comparison in found.items() if comparison}

    def chosen(self, comparison: Comparison) -> list[Point]:
        """Return the points whose efficiency params ask for."""
        return comparison.best() if self.is_best else list(comparison.points)

    def efficiencies(self, comparison: Comparison) -> list[Efficiency]:
        """Return their efficiency, the greatest first; none without a baseline."""
        if not comparison.baseline:
            return []
        found = [efficiency(point, comparison.baseline) for point in self.chosen(comparison)]
        return sorted(found, key=lambda own: (-own.ceff, own.point.selector, own.point.budget))


def read_cell(scores: Path, hypotheses: Path, references: Mapping[str, str], num_pairs: int) -> Cell:
    """Return a cell with chrF of each of its sentences.

    Args:
        scores: scores of each replicate, as stage `score` writes them.
        hypotheses: folder with one file per replicate.
        references: references of the translated split by id.
        num_pairs: training pairs of its models.

    Raises:
        ValueError: the translations are of another split; names the file.
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


def survey_of(cells: Mapping[tuple[str, int], Cell], full: Cell, asked: Asked) -> Survey:
    """Return the comparison of all cells, by selector and budget, with that of the full pool."""
    settings, left_out = settings_of([own for each in (full, *cells.values()) for own in each.scores.values()])
    measured = measure(cells, full, settings, asked.tie_margin)
    is_log = asked.x == "log"
    comparisons = {form: compare(measured, form, asked.baseline, is_log=is_log) for form in FORMS}
    for form, found in comparisons.items():
        if not found or found.no_baseline:
            logger.info("PIR %s: %s", FORMS[form], found.no_baseline if found else "no metric has a ratio")
    return Survey(
        measured=measured,
        comparisons=comparisons,
        settings=settings,
        left_out=left_out,
        tie_margin=asked.tie_margin,
        is_log=is_log,
        is_best=asked.point == "best",
    )
