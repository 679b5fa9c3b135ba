"""Scores of the selectors: the first lines of the report, a table per budget, and sanity checks of the translations."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from gdig.report.display import label_of, scale_of, title_of
from gdig.report.dvc_files import Metrics
from gdig.report.render import Table, render

_SCORES = ("bleu", "comet", "bleurt", "chrf")
_LOSSES = ("valid_loss", "seed_loss")
_SANITY = {
    "empty_share": ("empty", "{:.1%}"),
    "copied_share": ("copies of the source", "{:.1%}"),
    "wrong_language_share": ("wrong language", "{:.1%}"),
    "repetitive_share": ("repetitive", "{:.1%}"),
    "length_ratio": ("length / reference", "{:.2f}"),
}


def tiles(
    metrics: Mapping[str, Metrics],
    budgets: Mapping[str, int],
    focus: str,
    baseline: str,
    significance: Mapping[str, Any],
) -> Markup:
    """Return the score of the selector in focus at each budget, with its distance from the baseline."""
    first = next(iter(metrics[focus].values()))
    score = next(key for key in ("comet", "bleu") if key in first)
    items = []
    for key, budget in budgets.items():
        means = {name: scale_of(score) * values[key][score]["mean"] for name, values in metrics.items()}
        best = max((name for name in means if name != "full"), key=means.__getitem__)
        found = significance["against_baseline"].get(key, {}).get(focus, {}).get(score, {})
        items.append(
            {
                "budget": budget,
                "mean": means[focus],
                "gain": means[focus] - means[baseline],
                "holds": found.get("holds"),
                "best": best,
                "best_mean": means[best],
            }
        )
    return render("tiles.html.j2", tiles=items, score=score, focus=focus, baseline=baseline)


def quality_note(quality: Mapping[str, Any]) -> Markup:
    """Return how strict the quality rule could be."""
    return render("quality_note.html.j2", quality=quality)


def scores_section(metrics: Mapping[str, Metrics], budgets: Mapping[str, int], focus: str) -> Markup:
    """Return a table per budget, with the selector in focus stressed."""
    tables = {budget: _budget_table(metrics, key, budget, focus) for key, budget in budgets.items()}
    return render("scores.html.j2", tables=tables, is_single=_is_single(metrics))


def sanity_section(metrics: Mapping[str, Metrics], budgets: Mapping[str, int]) -> Markup:
    """Return the counts that BLEU and chrF do not show, means over training seeds; nothing where there are none."""
    first = next(iter(metrics.values()))
    columns = {key: column for key, column in _SANITY.items() if all(key in first[budget] for budget in budgets)}
    if not columns:
        return Markup()
    tables = {}
    for key, budget in budgets.items():
        rows = [
            (label_of(name), [form.format(values[key][column]["mean"]) for column, (_, form) in columns.items()], False)
            for name, values in metrics.items()
        ]
        tables[budget] = Table(["selector", *(title for title, _ in columns.values())], rows)
    return render("sanity.html.j2", tables=tables)


def _budget_table(metrics: Mapping[str, Metrics], key: str, budget: int, focus: str) -> Table:
    first = next(iter(metrics.values()))[key]
    labelled = "clean_share" in first
    scores = [key for metric in _SCORES for key in first if key.partition("_")[0] == metric]
    rows = []
    for name, values in metrics.items():
        entry = values[key]
        cells = [f"{entry['num_pairs']:,}"]
        cells += [_mean_and_sd(entry[metric], "{:.1f}", scale_of(metric)) for metric in scores]
        cells += [_mean_and_sd(entry[metric], "{:.3f}", 1) for metric in _LOSSES]
        cells += [f"{entry['clean_share']:.1%}"] if labelled else []
        rows.append((label_of(name), cells, name == focus))
    header = ["selector", "pairs", *map(title_of, [*scores, *_LOSSES]), *(["clean pairs"] if labelled else [])]
    return Table(header, rows, label=f"Scores at {budget:,} pairs")


def _is_single(metrics: Mapping[str, Metrics]) -> bool:
    """Return whether there is only one training seed."""
    entry = next(iter(next(iter(metrics.values())).values()))
    return entry["bleu"]["sd"] is None


def _mean_and_sd(value: Mapping[str, float | None], form: str, scale: int) -> str:
    mean, sd = value["mean"], value["sd"]
    assert mean is not None
    return form.format(scale * mean) + ("" if sd is None else f" ± {form.format(scale * sd)}")
