"""Results computed from the raters' answers."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from gdig.significance.correction import holm
from gdig.tools.humaneval.agreement import Level, agreement, cohen_kappa
from gdig.tools.humaneval.campaign import Campaign
from gdig.tools.humaneval.inference import intervals, sign_test, wilcoxon_test
from gdig.tools.humaneval.layout import CRITERIA
from gdig.tools.humaneval.outcomes import win_tie_lose
from gdig.tools.humaneval.take import Answer

T = TypeVar("T")

Thing = tuple[str, ...]
"""Unit of judgement: a segment, or a segment's translation by a system."""


def results(campaign: Campaign, answers: Sequence[Answer]) -> dict[str, Any]:
    """Return all results as JSON values; repeated rows of a rater count once."""
    first = [answer for answer in answers if not answer.item.is_repeat]
    judged = {answer.item.segment for answer in first}
    return {
        "kind": campaign.kind,
        "seed": campaign.seed,
        "systems": list(campaign.systems),
        "origins": campaign.origins,
        "segments": {
            "drawn": len(campaign.segments),
            "judged": len(judged),
            "equal": len(_equal_counted(campaign, len(judged))),
        },
        "rows": {"asked": len(campaign.items), "answered": len(answers)},
        "raters": {str(rater): sum(answer.item.rater == rater for answer in answers) for rater in campaign.raters()},
        "comments": [
            {"rater": answer.item.rater, "segment": answer.item.segment, "comment": answer.comment}
            for answer in answers
            if answer.comment
        ],
        **(_pairwise if campaign.kind == "pairwise" else _rating)(campaign, answers, first),
    }


def _pairwise(campaign: Campaign, answers: Sequence[Answer], first: Sequence[Answer]) -> dict[str, Any]:
    def preferred(answer: Answer) -> dict[Thing, float]:
        return {(answer.item.segment,): _outcome(answer, campaign.systems[0])}

    outcomes = _by_segment(first, lambda answer: int(_outcome(answer, campaign.systems[0])))
    ties = {i: [0] for i in _equal_counted(campaign, len(outcomes))}
    sides = [answer.values["choice"] for answer in answers]
    left, right = sides.count("left"), sides.count("right")
    return {
        "comparisons": {campaign.systems[1]: win_tie_lose(outcomes | ties, campaign.seed)},
        "side": {"left": left, "right": right, "p": sign_test(left, right)},
        "self_agreement": {"choice": _self_agreement(answers, preferred, "nominal")},
        "agreement": {"choice": _agreement(first, preferred, "nominal")},
    }


def _equal_counted(campaign: Campaign, judged: int) -> tuple[str, ...]:
    """Return the segments with equal translations, in proportion to the judged part of the sheets."""
    asked = len(campaign.segments) - len(campaign.equal)
    return campaign.equal[: round(len(campaign.equal) * judged / asked)]


def _outcome(answer: Answer, system: str) -> float:
    """Return 1 if the rater prefers the system, 0 for a tie, -1 for the other system."""
    choice = answer.values["choice"]
    if choice == "tie":
        return 0
    return 1 if answer.item.order[0 if choice == "left" else 1] == system else -1


def _rating(campaign: Campaign, answers: Sequence[Answer], first: Sequence[Answer]) -> dict[str, Any]:
    marks = _mean_marks(first)
    segments, names = sorted(marks), (*CRITERIA, "score")
    ratings = {
        system: dict(zip(names, intervals(np.array([marks[i][system] for i in segments]), campaign.seed), strict=True))
        for system in campaign.systems
    }
    comparisons = {other: _comparison(campaign, first, marks, other) for other in campaign.systems[1:]}
    for name in names:
        corrected = holm({other: comparison["difference"][name]["p"] for other, comparison in comparisons.items()})
        for other, comparison in comparisons.items():
            comparison["difference"][name]["p_holm"] = corrected[other]

    def marks_of(criterion: str) -> Callable[[Answer], dict[Thing, float]]:
        return lambda answer: {
            (answer.item.segment, system): float(_marks(answer)[system][CRITERIA.index(criterion)])
            for system in campaign.systems
        }

    return {
        "ratings": ratings,
        "comparisons": comparisons,
        "self_agreement": {name: _self_agreement(answers, marks_of(name), "interval") for name in CRITERIA},
        "agreement": {name: _agreement(first, marks_of(name), "interval") for name in CRITERIA},
    }


def _marks(answer: Answer) -> dict[str, tuple[int, ...]]:
    """Return a row's marks by system, in the order of CRITERIA."""
    return {
        system: tuple(int(answer.values[f"{name} {number}"]) for name in CRITERIA)
        for number, system in enumerate(answer.item.order, start=1)
    }


def _mean_marks(first: Sequence[Answer]) -> dict[str, dict[str, tuple[float, ...]]]:
    """Return, by segment and system, the mean over raters of each criterion and, last, of all marks."""
    rows = _by_segment(first, _marks)
    result: dict[str, dict[str, tuple[float, ...]]] = {}
    for i, said in rows.items():
        result[i] = {}
        for system in said[0]:
            # Sum integers before dividing, so that equal means are bitwise equal.
            sums = [sum(marks[system][n] for marks in said) for n in range(len(CRITERIA))]
            result[i][system] = (*(s / len(said) for s in sums), sum(sums) / (len(said) * len(CRITERIA)))
    return result


def _comparison(
    campaign: Campaign, first: Sequence[Answer], marks: Mapping[str, Mapping[str, Sequence[float]]], other: str
) -> dict[str, Any]:
    system = campaign.systems[0]
    segments = sorted(marks)
    outcomes = _by_segment(first, lambda answer: int(np.sign(sum(_marks(answer)[system]) - sum(_marks(answer)[other]))))
    # Rounded, so that equal differences get tied ranks.
    differences_SK = np.round([np.subtract(marks[i][system], marks[i][other]) for i in segments], 9)
    means = intervals(differences_SK, campaign.seed)
    return {
        **win_tie_lose(outcomes, campaign.seed),
        "difference": {
            name: {**mean, "p": wilcoxon_test(differences_SK[:, n].tolist())}
            for n, (name, mean) in enumerate(zip((*CRITERIA, "score"), means, strict=True))
        },
    }


def _by_segment(answers: Sequence[Answer], value: Callable[[Answer], T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for answer in answers:
        found[answer.item.segment].append(value(answer))
    return dict(found)


def _agreement(
    first: Sequence[Answer], values: Callable[[Answer], dict[Thing, float]], level: Level
) -> dict[str, Any] | None:
    units: dict[Thing, dict[int, float]] = defaultdict(dict)
    for answer in first:
        for thing, value in values(answer).items():
            units[thing][answer.item.rater] = value
    return agreement(list(units.values()), level)


def _self_agreement(
    answers: Sequence[Answer], values: Callable[[Answer], dict[Thing, float]], level: Level
) -> dict[str, Any] | None:
    """Return the agreement of raters with themselves on repeated rows; None without repeated rows."""
    said: dict[tuple[int, Thing], dict[bool, float]] = defaultdict(dict)
    for answer in answers:
        for thing, value in values(answer).items():
            said[answer.item.rater, thing][answer.item.is_repeat] = value
    twice = {key: (both[False], both[True]) for key, both in said.items() if len(both) == 2}
    if not twice:
        return None
    by_rater: dict[str, list[bool]] = defaultdict(list)
    for (rater, _), (before, again) in twice.items():
        by_rater[str(rater)].append(before == again)
    pairs = list(twice.values())
    return {
        "units": len(pairs),
        "share": float(np.mean([before == again for before, again in pairs])),
        "share_by_rater": {rater: float(np.mean(same)) for rater, same in by_rater.items()},
        "cohen_kappa": cohen_kappa(pairs, level),
    }
