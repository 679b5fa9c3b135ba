"""Compare sides with the first: means, differences with tests, overlap of the subsets."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from gdig.config import Significance
from gdig.io.files import read_json
from gdig.io.records import read_pairs
from gdig.scoring.signatures import common_signatures
from gdig.significance.cells import read_cell
from gdig.significance.compare import Cell, Cells, significance
from gdig.significance.resampling import Resampler
from gdig.tools.compare.side import Side
from gdig.tools.compare.snapshot import UnavailableError


def compare(sides: Sequence[Side], settings: Significance) -> dict[str, Any]:
    """Return the results of each side, and the differences from the first.

    Args:
        sides: two or more, with different labels.
        settings: settings of the bootstrap.

    Returns:
        `reference`: label of the first side; `confidence`: that of the intervals.
        `budgets`: budgets that all sides have; by key:
            `num_pairs`: the number.
            `values`: metric -> label -> mean and sd; sd is null for a single value.
            `differences`: label -> metric -> `difference` of the means, side - reference; where translations are at
                hand, as in `significance.json`: the interval `low` and `high`, `p`, `p_holm`, `holds`, `seeds_won`.
            `overlap`: label -> pairs in common with the reference, and Jaccard index; omitted if unknown.
        `over_budgets`: label -> metric -> budgets won and the t-test; not for the whole pool, which has no budgets.
        `notes`: what is missing, and why.

    Raises:
        ValueError: the sides cannot be compared: different test sets, splits or metric versions, or no common budget.
    """
    reference = sides[0]
    budgets = {key: n for key, n in reference.budgets.items() if all(key in side.budgets for side in sides)}
    if not budgets:
        lists = "; ".join(f"{side.label}: {', '.join(map(str, side.budgets.values()))}" for side in sides)
        raise ValueError(f"there is no budget that all sides have ({lists})")
    notes: list[str] = []
    if left_out := sorted({n for side in sides for n in side.budgets.values()} - set(budgets.values())):
        notes.append(f"not all sides have budget {', '.join(map(str, left_out))}: left out")
    _refuse_other_scores(sides)
    tested: dict[str, Any] = {}
    with _noting_unavailable(notes, "no intervals and no tests"):
        tested = _tested(sides, budgets, settings)
    overlap: dict[str, dict[str, Any]] = {key: {} for key in budgets}
    with _noting_unavailable(notes, "no overlap of the subsets"):
        overlap = {key: _overlap(sides, budget) for key, budget in budgets.items()}
    against = tested.get("against_baseline", {})
    whole_pool = any(side.selector == "full" for side in sides)
    return {
        "reference": reference.label,
        "confidence": settings.confidence,
        "budgets": {
            key: {
                "num_pairs": budget,
                "values": (values := _values(sides, key)),
                "differences": {
                    side.label: _differences(values, side.label, reference.label, against.get(key, {}))
                    for side in sides[1:]
                },
                "overlap": overlap[key],
            }
            for key, budget in budgets.items()
        },
        "over_budgets": {} if whole_pool else tested.get("over_budgets", {}),
        "notes": notes,
    }


@contextmanager
def _noting_unavailable(notes: list[str], what: str) -> Iterator[None]:
    """Note which result the block could not compute because an artifact is missing."""
    try:
        yield
    except UnavailableError as error:
        notes.append(f"{what}: {error}")


def _refuse_other_scores(sides: Sequence[Side]) -> None:
    """Raise ValueError if scores are of different segments or settings."""
    first = sides[0]
    for side in sides[1:]:
        if side.split != first.split:
            raise ValueError(
                f"{first.label} is scored on the {first.split} split, {side.label} on the {side.split} split: "
                f"translate.split must be the same"
            )
        with _noting_unavailable([], ""):
            ours, theirs = first.segments(), side.segments()
            if ours != theirs:
                raise ValueError(
                    f"{first.label} and {side.label} have different {first.split} sets ({len(ours)} and {len(theirs)} "
                    f"segments, {len(set(ours) & set(theirs))} in common): their scores say nothing of each other"
                )
    common_signatures({side.label: side.signatures() for side in sides})


def _tested(sides: Sequence[Side], budgets: Mapping[str, int], settings: Significance) -> dict[str, Any]:
    """Return the results of `significance`.

    Raises:
        UnavailableError: an artifact is missing, or sides were trained with different seeds, so they cannot be paired.
    """
    references = {pair.id: pair.trg for pair in sides[0].segments()}
    on_test = sides[0].split == "test"
    resampler = Resampler(references, sides[0].target_language, settings.num_samples, settings.seed, each=on_test)
    cells: Cells = {side.label: _cells(side, budgets, resampler) for side in sides}
    seeds = {label: sorted(next(iter(own.values())).scores) for label, own in cells.items()}
    if len({tuple(own) for own in seeds.values()}) > 1:
        told = ", ".join(f"{label} {own}" for label, own in seeds.items())
        raise UnavailableError(f"sides were trained with different seeds ({told}), and pairs need equal ones")
    return significance(cells, sides[0].label, settings.num_samples, settings.confidence, settings.seed)


def _cells(side: Side, budgets: Mapping[str, int], resampler: Resampler) -> dict[str, Cell]:
    found: dict[str, Cell] = {}
    cells = {}
    for key, budget in budgets.items():
        paths = side.cell(budget)
        if paths.budget not in found:
            replicates = read_json(side.get(paths.scores))["replicates"]
            hypotheses, segments = side.get(paths.hypotheses), side.get(paths.segments)
            found[paths.budget] = read_cell(replicates, hypotheses, segments, resampler)
        cells[key] = found[paths.budget]
    return cells


def _overlap(sides: Sequence[Side], budget: int) -> dict[str, dict[str, float]]:
    # Compare texts too: an id may be a different pair in another revision's pool.
    subsets = [set(read_pairs(side.get(side.cell(budget).subset))) for side in sides]
    return {
        side.label: {"num_common": len(own & subsets[0]), "jaccard": len(own & subsets[0]) / len(own | subsets[0])}
        for side, own in zip(sides[1:], subsets[1:], strict=True)
    }


def _values(sides: Sequence[Side], key: str) -> dict[str, dict[str, dict[str, float | None]]]:
    """Return metric -> label -> mean and sd, of the metrics that all sides have."""
    found = [side.metrics[key] for side in sides]
    common = [metric for metric in found[0] if all(metric in own for own in found)]
    return {
        metric: {
            side.label: own[metric] if isinstance(own[metric], dict) else {"mean": own[metric], "sd": None}
            for side, own in zip(sides, found, strict=True)
        }
        for metric in common
    }


def _differences(
    values: Mapping[str, Mapping[str, Mapping[str, Any]]], label: str, reference: str, tested: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    return {
        metric: {"difference": own[label]["mean"] - own[reference]["mean"]} | tested.get(label, {}).get(metric, {})
        for metric, own in values.items()
    }
