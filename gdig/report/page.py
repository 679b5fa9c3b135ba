"""The report: one HTML page that needs no network. Results come first, then selection, training, and the run itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from markupsafe import Markup

from gdig.io.records import Pair
from gdig.report.charts.draw import library
from gdig.report.charts.figure import Figure
from gdig.report.dvc_files import Metrics
from gdig.report.efficiency.survey import Survey
from gdig.report.gains.cells import Cell
from gdig.report.lock import Locked
from gdig.report.paper import Reported
from gdig.report.render import asset, render
from gdig.report.sections.cost import cost_section
from gdig.report.sections.data import cleaning_section, filters_section, sources_section
from gdig.report.sections.efficiency import efficiency_section
from gdig.report.sections.examples import Groups, examples_section
from gdig.report.sections.expected_gain import expected_gain_section
from gdig.report.sections.feasibility import measured_section, published_section
from gdig.report.sections.noise_detection import noise_detection_section
from gdig.report.sections.provenance import provenance_section
from gdig.report.sections.scores import quality_note, sanity_section, scores_section, tiles
from gdig.report.sections.selection import clusters_text, engine_text, noise_text
from gdig.report.sections.significance import significance_section
from gdig.report.sections.systems import systems_section


@dataclass(frozen=True, kw_only=True)
class Results:
    """One run, as its artifacts hold it."""

    profile: str
    focus: str
    baseline: str
    budgets: Mapping[str, int]
    """By key."""
    metrics: Mapping[str, Metrics]
    """By selector, in the order of the page."""
    systems: Mapping[str, Any]
    reported: Reported
    significance: Mapping[str, Any]
    selection: Mapping[str, Any]
    survey: Survey
    engine: Mapping[str, Any]
    cleanliness: Mapping[str, Any] | None
    """Estimated noise of the pool; None where it was not estimated."""
    evidence: Mapping[str, Sequence[Cell]]
    """Measured gains over pools by grid."""
    provenance: Mapping[str, Any]
    rejects: Mapping[str, Mapping[str, Any]]
    filtered_out: Mapping[str, Any] | None
    """What filters in front of selectors drop; None where no selector has one."""
    examples: Groups
    pairs: Mapping[str, Pair]
    candidates: Mapping[str, Mapping[str, Any]]
    """Those of the examples, at least."""
    kinds: Mapping[str, str] | None
    """Noise kind of each candidate; None without planted noise."""
    rankings: Mapping[str, Sequence[str]]
    """By selector; empty without planted noise."""
    steps: Mapping[str, int]
    """Training steps of all cells by selector."""
    by_selector: Mapping[str, Mapping[str, Sequence[Locked]]]
    """Stages of each selector by phase, as `gdig.report.lock.of_selectors` returns them."""
    stages: Sequence[Locked]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of the report, in the order of the files; None stands for a figure that this run lacks."""

    budget: Figure
    comparisons: Figure | None
    efficiency_curves: Figure | None
    efficiency_plane: Figure | None
    seeds_helped: Figure
    influence: Figure
    survivors: Figure
    reliability: Figure | None
    clusters: Figure
    overlap: Figure | None
    loss_curves: Figure

    def all(self) -> list[Figure]:
        """Return the figures of this run."""
        every = [getattr(self, field.name) for field in fields(self)]
        return [figure for figure in every if figure]


@dataclass(frozen=True)
class Section:
    """A section of the page: a heading with a figure, text, or both."""

    anchor: str
    name: str
    """In the contents."""
    text: str = ""
    """HTML."""
    heading: str = ""
    figure: Figure | None = None

    @property
    def is_shown(self) -> bool:
        """Whether the run has anything of the kind."""
        return bool(self.figure or self.text)


def report_page(results: Results, figures: Figures) -> Markup:
    """Return the page."""
    lead = [
        tiles(results.metrics, results.budgets, results.focus, results.baseline, results.significance),
        quality_note(results.selection["quality"]),
        expected_gain_section(
            results.cleanliness,
            results.evidence,
            "gdig_joint" if "gdig_joint" in results.metrics else results.focus,
        ),
    ]
    parts = {
        "Results": _results(results, figures),
        "Selection": _selection(results, figures),
        "Training and data": [
            Section("training", "Loss curves", heading="Loss while finetuning", figure=figures.loss_curves),
            Section("sources", "Sources", sources_section(results.provenance)),
            Section("cleaning", "Cleaning", cleaning_section(results.rejects)),
            Section("filters", "Filters", filters_section(results.filtered_out)),
        ],
        "The run": [
            Section("cost", "Cost", cost_section(results.stages, results.by_selector, _base(results), results.steps)),
            Section("provenance", "Provenance", provenance_section(results.stages)),
        ],
    }
    shown = {name: [section for section in sections if section.is_shown] for name, sections in parts.items()}
    return render(
        "page.html.j2",
        title=f"G-DIG report: {results.profile}",
        results=results,
        lead=lead,
        parts={name: sections for name, sections in shown.items() if sections},
        style=Markup(asset("style.css")),
        library=Markup(library(asset("script.js"))),
    )


def _results(results: Results, figures: Figures) -> list[Section]:
    metrics, budgets, focus = results.metrics, results.budgets, results.focus
    significance = significance_section(results.significance, budgets, list(metrics), focus, results.reported.p_values)
    survey = [
        efficiency_section(results.survey, figures.efficiency_curves, figures.efficiency_plane, focus),
        measured_section(results.by_selector, _base(results)),
        published_section(),
    ]
    return [
        _figure("curve", "Budget curve", figures.budget),
        _figure("questions", "The paper's comparisons", figures.comparisons),
        Section("scores", "Scores and losses", scores_section(metrics, budgets, focus)),
        Section("significance", "Significance", significance),
        Section("survey", "Comparison (survey)", Markup("\n").join(survey)),
        Section("systems", "Systems", systems_section(metrics, budgets, results.systems, results.reported, focus)),
        Section("sanity", "Sanity of translations", sanity_section(metrics, budgets)),
    ]


def _selection(results: Results, figures: Figures) -> list[Section]:
    examples = examples_section(results.examples, results.pairs, results.candidates, results.kinds)
    return [
        _figure("rule", "Quality rule", figures.seeds_helped),
        _figure("matrix", "Influence", figures.influence, engine_text(results.engine)),
        _figure("who", "Survivors", figures.survivors, noise_text(results.selection)),
        _figure("sound", "Probability of being sound", figures.reliability),
        _figure("plane", "Clusters", figures.clusters, clusters_text(results.selection, results.budgets)),
        _figure(
            "rankings",
            "Rankings",
            figures.overlap,
            noise_detection_section(results.rankings, results.kinds, results.budgets),
        ),
        Section("examples", "Kept and rejected", examples),
    ]


def _figure(anchor: str, title: str, figure: Figure | None, text: str = "") -> Section:
    return Section(anchor, title, text, heading=title, figure=figure)


def _base(results: Results) -> str:
    return f"data/{results.profile}/base"
