"""The survey's bridge: a missing PIR by wins, read off a line through works of which both forms are known.

Only what the survey prints is held against it. Nothing of ours is filled in with it: what was not measured is missing.
"""

from collections.abc import Sequence
from itertools import product

from gdig.report.efficiency.curve import line


def bridge(known: Sequence[tuple[float, float]], bench: float) -> float:
    """Return the PIR by wins that the least-squares line through known (bench, wins) gives."""
    slope, intercept = line([x for x, _ in known], [y for _, y in known])
    return intercept + slope * bench


def bridge_range(known: Sequence[tuple[float, float]], bench: float, half: float) -> tuple[float, float]:
    """Return the least and the most that it can give, where every number is rounded and may be off by `half`.

    Looked at are the corners only: between them the line through two points moves one way with each number.
    """
    corners = []
    for moves in product((-half, half), repeat=2 * len(known) + 1):
        moved = [(x + moves[2 * n], y + moves[2 * n + 1]) for n, (x, y) in enumerate(known)]
        corners.append(bridge(moved, bench + moves[-1]))
    return min(corners), max(corners)
