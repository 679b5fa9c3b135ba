"""What came out, in numbers: the first lines of the report, and a table a budget."""

from collections.abc import Mapping
from html import escape
from typing import Any

from gdig.report.focus import Metrics
from gdig.report.metrics import scale_of, title_of
from gdig.report.selectors import label_of
from gdig.report.table import table

_SCORES = ("bleu", "comet", "bleurt", "chrf")
_LOSSES = ("valid_loss", "seed_loss")


def tiles(
    metrics: Mapping[str, Metrics],
    budgets: Mapping[str, int],
    focus: str,
    baseline: str,
    significance: Mapping[str, Any],
) -> str:
    """Return the score of the selector in focus at each budget, with its distance from the baseline."""
    first = next(iter(metrics[focus].values()))
    score = next(key for key in ("comet", "bleu") if key in first)
    scale = scale_of(score)
    items = []
    for key, budget in budgets.items():
        means = {name: scale * values[key][score]["mean"] for name, values in metrics.items()}
        best = max((name for name in means if name != "full"), key=means.__getitem__)
        found = significance["against_baseline"].get(key, {}).get(focus, {}).get(score, {})
        sure = ""
        if "holds" in found:
            sure = ", holds" if found["holds"] else ", not sure"
        gain = f"{means[focus] - means[baseline]:+.1f} on {escape(label_of(baseline))}{sure}; "
        leads = "the best here" if best == focus else f"best: {escape(label_of(best))} {means[best]:.1f}"
        items.append(
            f"<li><span>{title_of(score)} at {budget:,} pairs</span><b>{means[focus]:.1f}</b>"
            f"<span>{'' if focus == baseline else gain}{leads}</span></li>"
        )
    return f'<ul class="tiles" aria-label="{escape(label_of(focus), quote=True)} at each budget">{"".join(items)}</ul>'


def quality_note(quality: Mapping[str, Any]) -> str:
    """Return how strict the quality rule could be."""
    kept = f"{quality['num_survivors']:,} of {quality['num_candidates']:,} candidates survive"
    if quality["share_reached"] == 1:
        return f"<p>Quality rule: {kept}; each helps all {quality['num_seeds']} seeds (equation 4).</p>"
    strict = f"Only {quality['num_strict']:,} help" if quality["num_strict"] else "None helps"
    return (
        f'<p class="note"><strong>Quality rule relaxed:</strong> {kept}, helping at least '
        f"{quality['share_reached']:.1%} of the {quality['num_seeds']} seeds. {strict} every seed (equation 4), and "
        f"{quality['min_survivors']:,} survivors are asked for.</p>"
    )


def scores_section(metrics: Mapping[str, Metrics], budgets: Mapping[str, int], focus: str) -> str:
    """Return a table a budget, the selector in focus stressed."""
    parts = ["<h2>Scores and losses</h2>", f"<p><small>{_spread_note(metrics)}</small></p>"]
    for key, budget in budgets.items():
        parts += [f"<h3>Budget {budget:,}</h3>", _budget_table(metrics, key, budget, focus)]
    return "\n".join(parts)


def _budget_table(metrics: Mapping[str, Metrics], key: str, budget: int, focus: str) -> str:
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
    return table(header, rows, label=f"Scores at {budget:,} pairs")


def _spread_note(metrics: Mapping[str, Metrics]) -> str:
    if is_single(metrics):
        return "One training seed, so that nothing is known of the spread over seeds."
    return "Mean ± standard deviation over training seeds."


def is_single(metrics: Mapping[str, Metrics]) -> bool:
    """Return whether there is one training seed only."""
    entry = next(iter(next(iter(metrics.values())).values()))
    return entry["bleu"]["sd"] is None


def _mean_and_sd(value: Mapping[str, float | None], form: str, scale: int) -> str:
    mean, sd = value["mean"], value["sd"]
    assert mean is not None
    return form.format(scale * mean) + ("" if sd is None else f" ± {form.format(scale * sd)}")
