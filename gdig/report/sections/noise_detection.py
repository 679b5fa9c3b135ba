"""How well rankings detect planted noise: for measuring only, because it reads labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from gdig.labels import detection
from gdig.report.display import label_of
from gdig.report.render import Row, Table, render


def noise_detection_section(
    rankings: Mapping[str, Sequence[str]], kinds: Mapping[str, str] | None, budgets: Mapping[str, int]
) -> Markup:
    """Return how well each ranking detects planted noise; nothing where none was planted.

    Args:
        rankings: ids by selector.
        kinds: noise kind of each candidate.
        budgets: by key.
    """
    if kinds is None:
        return Markup()
    found = {name: ranking_quality(ranking, kinds, budgets) for name, ranking in rankings.items()}
    rows: list[Row] = [
        (label_of(name), [f"{own['auc']:.3f}", *(f"{own[key]['precision']:.1%}" for key in budgets)], False)
        for name, own in found.items()
    ]
    header = ["selector", "AUC", *(f"precision at {budget:,}" for budget in budgets.values())]
    return render(
        "noise_detection.html.j2",
        quality=Table(header, rows, label="Ranking quality"),
        kept_out={budget: _kept_out(found, key, budget) for key, budget in budgets.items()},
    )


def ranking_quality(ranking: Sequence[str], kinds: Mapping[str, str], budgets: Mapping[str, int]) -> dict[str, Any]:
    """Return how clean the first ids of a ranking are, and how well its whole order separates clean from noisy.

    Args:
        ranking: ids; candidates that it leaves out share the last place.
        kinds: noise kind of every candidate.
        budgets: by key.

    Returns:
        `auc`: share of the pairs (clean, noisy) that the ranking puts in that order; ties count half. For each budget:
        `precision`, the clean share of its subset; `recall`, the share of all clean candidates in the subset; and
        `rejected`, the share of each noise kind outside it.
    """
    last = -float(len(ranking))
    scores = dict.fromkeys(kinds, last) | {i: -float(place) for place, i in enumerate(ranking)}
    found = {key: detection(ranking[:budget], scores, kinds) for key, budget in budgets.items()}
    auc = next(iter(found.values()))["auc"]
    return {"auc": auc} | {key: {k: v for k, v in own.items() if k != "auc"} for key, own in found.items()}


def _kept_out(found: Mapping[str, Mapping[str, Any]], key: str, budget: int) -> Table:
    noise = list(next(iter(found.values()))[key]["rejected"])
    rows: list[Row] = [
        (label_of(name), [f"{own[key]['recall']:.1%}", *(f"{own[key]['rejected'][kind]:.1%}" for kind in noise)], False)
        for name, own in found.items()
    ]
    return Table(["selector", "clean, taken", *noise], rows, label=f"Noise kept out at {budget:,} pairs")
