"""The report's order: what came out, how it was selected, what it was trained on, what it cost, where it came from."""

from dataclasses import dataclass
from html import escape

from gdig.report.cost import cost_section
from gdig.report.data import cleaning_section, sources_section
from gdig.report.efficiency_section import efficiency_section
from gdig.report.examples import examples_section
from gdig.report.feasibility import measured_section, published_section
from gdig.report.figure import Figure, figure_html
from gdig.report.outlook import outlook_text
from gdig.report.page import Section, page
from gdig.report.provenance import provenance_section
from gdig.report.rankings import quality_section
from gdig.report.results import Results
from gdig.report.sanity import sanity_section
from gdig.report.scores import quality_note, scores_section, tiles
from gdig.report.selection import clusters_text, engine_text, noise_text
from gdig.report.selectors import label_of
from gdig.report.significance import significance_section
from gdig.report.systems import systems_section


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of the report; None is one that this run has not."""

    budget: Figure
    comparisons: Figure | None
    efficiency_curves: Figure | None
    efficiency_plane: Figure | None
    overlap: Figure | None
    curves: Figure
    influence: Figure
    helped: Figure
    survivors: Figure
    clusters: Figure
    costs: Figure | None

    def all(self) -> list[Figure]:
        """Return those that there are."""
        every = (self.budget, self.comparisons, self.efficiency_curves, self.efficiency_plane, self.helped,
                 self.influence, self.survivors, self.clusters, self.overlap, self.curves, self.costs)  # fmt: skip
        return [figure for figure in every if figure]


def report_page(results: Results, figures: Figures) -> str:
    """Return the page."""
    budgets, focus = results.budgets, results.focus
    metrics = results.metrics
    lead = (
        f"<p>{escape(label_of(focus))} in focus, against {escape(label_of(results.baseline))}; "
        f"{len(metrics)} selectors, {len(budgets)} budget{'s' if len(budgets) > 1 else ''}.</p>"
        + tiles(metrics, budgets, focus, results.baseline, results.significance)
        + quality_note(results.selection["quality"])
        + outlook_text(results.cleanliness, results.evidence, "gdig_joint" if "gdig_joint" in metrics else focus)
    )
    return page(
        f"G-DIG report: {results.profile}",
        lead,
        {
            "Results": [
                Section("curve", "Budget curve", _titled("Budget curve", figures.budget)),
                Section(
                    "questions", "The paper's comparisons", _titled("The paper's comparisons", figures.comparisons)
                ),
                Section("scores", "Scores and losses", scores_section(metrics, budgets, focus)),
                Section(
                    "significance",
                    "Significance",
                    significance_section(
                        results.significance, budgets, list(metrics), focus, results.reported.p_values
                    ),
                ),
                Section(
                    "survey",
                    "Comparison (survey)",
                    efficiency_section(results.survey, figures.efficiency_curves, figures.efficiency_plane, focus)
                    + measured_section(results.by_selector, results.profile, results.measured)
                    + published_section(),
                ),
                Section(
                    "systems", "Systems", systems_section(metrics, budgets, results.systems, results.reported, focus)
                ),
                Section("sanity", "Sanity of translations", sanity_section(metrics, budgets)),
            ],
            "Selection": [
                Section("rule", "Quality rule", _titled("Quality rule", figures.helped)),
                Section(
                    "matrix",
                    "Influence",
                    _titled("Influence", figures.influence) + engine_text(results.engine),
                ),
                Section("who", "Survivors", _titled("Survivors", figures.survivors) + noise_text(results.selection)),
                Section(
                    "plane",
                    "Clusters",
                    _titled("Clusters", figures.clusters) + clusters_text(results.selection, budgets),
                ),
                Section("rankings", "Rankings", _rankings(results, figures.overlap)),
                Section(
                    "examples",
                    "Kept and rejected",
                    examples_section(results.examples, results.pairs, results.candidates, results.kinds),
                ),
            ],
            "Training and data": [
                Section("training", "Loss curves", _titled("Loss while finetuning", figures.curves)),
                Section("sources", "Sources", sources_section(results.provenance)),
                Section("cleaning", "Cleaning", cleaning_section(results.rejects)),
            ],
            "The run": [
                Section(
                    "cost",
                    "Cost",
                    _titled("Cost", figures.costs, always=True) + cost_section(results.stages, results.measured),
                ),
                Section(
                    "provenance",
                    "Provenance",
                    "<h2>Provenance</h2>" + provenance_section(results.stages, results.revision),
                ),
            ],
        },
    )


def _rankings(results: Results, overlap: Figure | None) -> str:
    quality = quality_section(results.rankings, results.kinds, results.budgets)
    return _titled("Rankings", overlap, always=bool(quality)) + quality


def _titled(title: str, figure: Figure | None, *, always: bool = False) -> str:
    if figure is None:
        return f"<h2>{escape(title)}</h2>" if always else ""
    return f"<h2>{escape(title)}</h2>{figure_html(figure)}"
