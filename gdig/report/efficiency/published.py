"""Numbers of the survey, Liu et al. 2024, "Take the essence and discard the dross: A Rethinking on Data Selection for
Fine-Tuning Large Language Models" (arXiv 2406.14115, NAACL 2025): its tables of PIR and of feasibility, and its bridge.

The tables are copied as printed. The survey does not print the SDF of each work: it comes from the authors' leaderboard
(github.com/tREeFrOGcoder/TEDD-Ranker, index.html at 09882f5), whose PIR differs from the table for two works.

The bridge estimates a missing PIR by wins from a line through works that have both forms. Only printed numbers are
compared with it; it fills in no value of this run.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from gdig.report.efficiency.curve import line
from gdig.report.efficiency.feasibility import Work

WINS, BENCH, OTHER_WINS, OTHER_BENCH = "same model, wins", "same model, bench", "others, wins", "others, bench"
COLUMNS = (WINS, BENCH, OTHER_WINS, OTHER_BENCH)
_HALF_DIGIT = 0.0005
"""Values are printed with three decimals."""

PIR: Mapping[str, Mapping[str, float]] = {
    "AlpaGasus": {WINS: 1.284, BENCH: 0.949},
    "SuperFiltering": {WINS: 1.475, BENCH: 0.962},
    "InsTag": {WINS: 1.344, OTHER_BENCH: 0.985},
    "DEITA": {WINS: 1.467, OTHER_BENCH: 1.0},
    "InstructionGPT-4": {WINS: 1.443},
    "Nuggets": {WINS: 1.519},
    "IFD": {WINS: 1.747},
    "LESS": {WINS: 1.57, BENCH: 0.973},
    "Instruction-Mining": {WINS: 1.4, OTHER_WINS: 0.212, OTHER_BENCH: 0.991},
}
ESTIMATED = {"LESS": BENCH, "Instruction-Mining": OTHER_BENCH}
"""Works whose PIR by wins the bridge estimates, and the column that it uses."""
LEADERBOARD: Mapping[str, tuple[float, float]] = {
    "AlpaGasus": (0.17, 1.284),
    "SuperFiltering": (0.05, 1.475),
    "InsTag": (0.0196, 1.344),
    "DEITA": (0.1, 1.426),
    "InstructionGPT-4": (0.06, 1.443),
    "Nuggets": (0.15, 1.519),
    "IFD": (0.05, 1.747),
    "LESS": (0.05, 1.491),
    "Instruction-Mining": (0.025, 1.4),
}
"""SDF and PIR by wins of the authors' leaderboard."""
ANCHORS = ("Instruction-Mining", "InstructionGPT-4")
"""Works through which the survey draws its baseline."""

WORKS: Mapping[str, Work] = {
    "AlpaGasus": Work(trained=0, steps=2, uses=1, reproducible=False,
                      model_free=True, dataset_free=True, chatgpt_free=False),
    "InsTag": Work(trained=0, steps=3, uses=1, reproducible=False,
                   model_free=True, dataset_free=True, chatgpt_free=False),
    "Nuggets": Work(trained=0, steps=4, uses=2, reproducible=True,
                    model_free=False, dataset_free=True, chatgpt_free=True),
    "SuperFiltering": Work(trained=1, steps=3, uses=1, reproducible=True, small=True,
                           model_free=False, dataset_free=False, chatgpt_free=True),
    "IFD": Work(trained=1, steps=3, uses=1, reproducible=True,
                model_free=False, dataset_free=False, chatgpt_free=True),
    "LESS": Work(trained=1, steps=4, uses=2, reproducible=True,
                 model_free=False, dataset_free=False, chatgpt_free=True),
    "DEITA": Work(trained=2, steps=5, uses=4, reproducible=True,
                  model_free=True, dataset_free=False, chatgpt_free=False),
    "Instruction-Mining": Work(trained=129, steps=4, uses=0, reproducible=False,
                               model_free=False, dataset_free=True, chatgpt_free=True),
    "InstructionGPT-4": Work(trained=30, steps=4, uses=1, reproducible=True,
                             model_free=False, dataset_free=True, chatgpt_free=False),
}  # fmt: skip
RANKS: Mapping[str, tuple[int, int, int]] = {
    "AlpaGasus": (1, 1, 1),
    "InsTag": (2, 1, 2),
    "Nuggets": (2, 2, 3),
    "SuperFiltering": (3, 4, 4),
    "IFD": (4, 4, 5),
    "LESS": (5, 4, 6),
    "DEITA": (6, 3, 6),
    "Instruction-Mining": (8, 2, 7),
    "InstructionGPT-4": (7, 5, 8),
}
"""Printed ranks of simplicity, flexibility and feasibility."""


@dataclass(frozen=True)
class Bridged:
    """A printed estimate, and the value of the bridge."""

    printed: float
    found: float
    low: float
    high: float
    """Range that the rounding of printed numbers allows."""

    @property
    def reproduced(self) -> bool:
        """Whether the printed number agrees with the bridge."""
        return self.low - _HALF_DIGIT <= self.printed <= self.high + _HALF_DIGIT


def bridge(known: Sequence[tuple[float, float]], bench: float) -> float:
    """Return the PIR by wins that the least-squares line through known (bench, wins) gives."""
    slope, intercept = line([x for x, _ in known], [y for _, y in known])
    return intercept + slope * bench


def bridge_range(known: Sequence[tuple[float, float]], bench: float, half: float) -> tuple[float, float]:
    """Return the least and largest value of the bridge where every number is rounded and may be off by `half`.

    Only corners matter: between them the line through two points is monotonic in each number.
    """
    corners = []
    for moves in product((-half, half), repeat=2 * len(known) + 1):
        moved = [(x + moves[2 * n], y + moves[2 * n + 1]) for n, (x, y) in enumerate(known)]
        corners.append(bridge(moved, bench + moves[-1]))
    return min(corners), max(corners)


def bridged() -> dict[str, Bridged]:
    """Return every estimated PIR; each line goes through the two works that have both numbers."""

    def of(work: str, column: str) -> Bridged:
        own = [(row[column], row[WINS]) for name, row in PIR.items() if name not in ESTIMATED and column in row]
        value = PIR[work][column]
        return Bridged(PIR[work][WINS], bridge(own, value), *bridge_range(own, value, _HALF_DIGIT))

    return {work: of(work, column) for work, column in ESTIMATED.items()}


def source_of(work: str, column: str) -> str:
    """Return where a printed PIR comes from: the mark of its cell."""
    if ESTIMATED.get(work) is None or column != WINS:
        return "as printed"
    return "bridge, follows" if bridged()[work].reproduced else "bridge, does not follow"


def misplaced(rule: Callable[[Mapping[str, Work]], Mapping[str, int]], column: int) -> list[str]:
    """Return the works whose rank by a rule differs from the printed one."""
    found = rule(WORKS)
    return [name for name, printed in RANKS.items() if found[name] != printed[column]]
