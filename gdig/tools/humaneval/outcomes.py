"""Win, tie and lose of one system against another, by segment."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gdig.tools.humaneval.inference import intervals, sign_test

OUTCOMES = {"win": 1, "tie": 0, "lose": -1}


def win_tie_lose(outcomes: Mapping[str, Sequence[int]], seed: int) -> dict[str, Any]:
    """Return counts, shares with intervals, and the sign test.

    Ratings of one segment are not independent: shares are means over segments of the raters' shares, intervals resample
    segments, and the sign test counts each segment once, by the majority of its raters.

    Args:
        outcomes: for each segment, its raters' outcomes for the system (1 win, 0 tie, -1 lose).
        seed: seed of the intervals.
    """
    ids = sorted(outcomes)
    shares_SK = np.array([[np.mean([said == o for said in outcomes[i]]) for o in OUTCOMES.values()] for i in ids])
    majorities = [int(np.sign(sum(outcomes[i]))) for i in ids]
    wins, losses = majorities.count(1), majorities.count(-1)
    return {
        "judgements": {
            name: sum(list(said).count(outcome) for said in outcomes.values()) for name, outcome in OUTCOMES.items()
        },
        "segments": {name: majorities.count(outcome) for name, outcome in OUTCOMES.items()},
        "share": dict(zip(OUTCOMES, intervals(shares_SK, seed), strict=True)),
        "sign_test": {"wins": wins, "losses": losses, "p": sign_test(wins, losses)},
    }
