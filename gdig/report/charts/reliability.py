"""Reliability diagram of stage `cleanliness`: how many controls are sound of those that have a given probability."""

from collections.abc import Mapping, Sequence

from gdig.labels import calibration_error
from gdig.report.charts.figure import Figure, Spec

_COLOUR, _IDEAL = "#0072B2", "#9aa5b1"
_PROBABILITY = {"type": "quantitative", "scale": {"domain": [0, 1]}}


def reliability_figure(bins: Sequence[Mapping[str, float]]) -> Figure:
    """Return the figure, one point per bin.

    Args:
        bins: rows {predicted, sound, weight} as `gdig.labels.reliability` returns them.
    """
    chart = _chart(bins)
    return Figure(
        name="reliability",
        title="Reliability of the probability of being sound.",
        description="Share of sound controls against their mean predicted probability, one point per tenth of the "
        "range; on the diagonal both are equal.",
        panels={"": chart},
        paper=chart | {"width": 260},
        header=["tenth", "mean predicted", "sound", "share of controls"],
        rows=[
            (
                _tenth(row["predicted"]),
                [f"{row['predicted']:.3f}", f"{row['sound']:.3f}", f"{row['weight']:.1%}"],
                False,
            )
            for row in bins
        ],
        note=f"Controls that the fit had not seen, sound and corrupted ones weighing the same. Mean distance from the "
        f"diagonal, weighted by the points' area: {calibration_error(bins):.3f}.",
    )


def _chart(bins: Sequence[Mapping[str, float]]) -> Spec:
    return {
        "height": 260,
        "layer": [
            {
                "data": {"values": [{"both": 0}, {"both": 1}]},
                "mark": {"type": "line", "color": _IDEAL, "strokeDash": [4, 4], "aria": False},
                "encoding": {
                    "x": {"field": "both", "title": "mean predicted probability"} | _PROBABILITY,
                    "y": {"field": "both", "title": "share that is sound"} | _PROBABILITY,
                },
            },
            {
                "data": {"values": list(bins)},
                "mark": {"type": "point", "filled": True, "color": _COLOUR, "opacity": 0.85, "clip": False},
                "encoding": {
                    "x": {"field": "predicted"} | _PROBABILITY,
                    "y": {"field": "sound"} | _PROBABILITY,
                    "size": {
                        "field": "weight", "type": "quantitative", "legend": None,
                        "scale": {"domain": [0, 0.5], "range": [25, 500]},
                    },
                    "tooltip": [
                        {"field": "predicted", "type": "quantitative", "format": ".3f", "title": "mean predicted"},
                        {"field": "sound", "type": "quantitative", "format": ".3f"},
                        {"field": "weight", "type": "quantitative", "format": ".1%", "title": "share of controls"},
                    ],
                },
            },
        ],
    }  # fmt: skip


def _tenth(probability: float) -> str:
    low = min(int(10 * probability), 9) / 10
    return f"{low:.1f} to {low + 0.1:.1f}"
