"""Clusters of the survivors in the plane: two principal components of their projected gradients, with sentences.

Shapes: S sampled survivors, K dimensions.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize

from gdig.io.order import shuffled
from gdig.io.records import Pair
from gdig.report.charts.figure import Figure, Legend, Spec
from gdig.report.charts.influence_map import chunks
from gdig.report.render import Row

MAX_POINTS = 1200
_SEED = 0
"""Seed of the sample of a large pool; no selection depends on it."""
_NUM_COLOURED = 8
_COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#3FA3DC", "#9467BD", "#A07D3A")
_GREY = "#9a9a9a"
_MAX_CHARACTERS = 140
_PER_CLUSTER = 3
"""Sentences per cluster in the table."""


def sample(clusters: Mapping[str, int]) -> list[str]:
    """Return the ids of the survivors in the picture."""
    return shuffled(sorted(clusters), _SEED)[:MAX_POINTS]


def gradients_of(folder: Path, ids: Sequence[str], num_rows: int) -> NDArray[np.float32]:
    """Return the projected gradients of some pairs, in their order, from shards that may not fit memory."""
    wanted = set(ids)
    found: dict[str, NDArray[np.float32]] = {}
    for _, names, values in chunks(folder, "gradient", num_rows):
        found |= {name: values[row].copy() for row, name in enumerate(names) if name in wanted}
    return np.stack([found[i] for i in ids])


def plane(points_SK: NDArray[np.float32], *, normalised: bool) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Return the first two principal components of each point, and the share of the variance of each.

    The largest loading of each component is positive, so that the picture does not flip between machines.
    """
    points = (normalize(points_SK) if normalised else points_SK).astype(np.float64)
    points = points - points.mean(axis=0)
    values_K, vectors_KK = np.linalg.eigh(points.T @ points)
    axes_K2 = vectors_KK[:, [-1, -2]]
    axes_K2 = axes_K2 * np.sign(axes_K2[np.abs(axes_K2).argmax(axis=0), [0, 1]])
    total = float(values_K.sum()) or 1.0
    return points @ axes_K2, (float(values_K[-1]) / total, float(values_K[-2]) / total)


def cluster_figure(
    places: NDArray[np.float64],
    shares: tuple[float, float],
    pairs: Sequence[Pair],
    clusters: Mapping[str, int],
    drawn: Collection[str],
    kinds: Mapping[str, str] | None,
) -> Figure:
    """Return the figure.

    Args:
        places: two coordinates of each of `pairs`.
        shares: share of the variance of each coordinate.
        pairs: sampled survivors.
        clusters: cluster of each survivor.
        drawn: ids of the smallest subset of `gdig`.
        kinds: noise kind of each id; None without planted noise.
    """
    sizes = Counter(clusters.values())
    largest = sorted(sizes, key=lambda cluster: (-sizes[cluster], cluster))[:_NUM_COLOURED]
    names = {cluster: f"{cluster} ({sizes[cluster]:,} pairs)" for cluster in largest}
    values = [
        {
            "x": round(float(x), 3),
            "y": round(float(y), 3),
            "cluster": clusters[pair.id],
            "size": sizes[clusters[pair.id]],
            "of": names.get(clusters[pair.id], "others"),
            "source": _cut(pair.src),
            "target": _cut(pair.trg),
            "id": pair.id,
        }
        | ({"drawn": "yes"} if pair.id in drawn else {})
        | ({"noise": kinds[pair.id]} if kinds else {})
        for pair, (x, y) in zip(pairs, places, strict=True)
    ]
    # Later points lie on top.
    values.sort(key=lambda value: ("drawn" in value, value["of"] != "others", value["id"]))
    axes = [f"component {n}: {share:.0%} of the variance" for n, share in enumerate(shares, start=1)]
    title = "Clusters of the survivors' gradients."
    many = f"{len(pairs):,} of {len(clusters):,} survivors" if len(pairs) < len(clusters) else "all survivors"
    return Figure(
        name="clusters",
        title=title,
        description="Scatter plot of survivors by the first two principal components of their projected gradients; "
        "colours tell the largest clusters.",
        panels={"": _chart(values, names, axes, legend=False, has_kinds=kinds is not None)},
        paper=_chart(values, names, axes, legend=True, has_kinds=kinds is not None) | {"width": 460},
        header=["cluster", "pairs", "id", "source", "target"],
        rows=_sentences(pairs, clusters, sizes, largest),
        of_text=True,
        note=f"{many[0].upper() + many[1:]} in {len(sizes):,} clusters, which lie apart in more dimensions than "
        f"the two principal components that are drawn. The largest are coloured"
        + ("; large dots are the pairs of G-DIG's smallest subset" if drawn else "")
        + ". Point at a dot to read it and to see the rest of its cluster.",
        legend=Legend(
            "Clusters",
            [
                ("●", colour, name)
                for colour, name in zip([*_COLOURS, _GREY], [*names.values(), "others"], strict=False)
            ],
        ),
        columns=1,
    )


def _chart(
    values: Sequence[dict[str, Any]],
    names: Mapping[int, str],
    axes: Sequence[str],
    *,
    legend: bool,
    has_kinds: bool,
) -> Spec:
    near = {"param": "near", "empty": True}
    place = {"type": "quantitative", "axis": {"labels": False, "ticks": False, "grid": False, "domain": False}}
    return {
        "data": {"values": list(values)},
        "height": 420,
        "params": [
            {"name": "near", "select": {"type": "point", "fields": ["cluster"], "on": "pointerover",
                                        "clear": "pointerout"}},
        ],
        "mark": {"type": "point", "filled": True, "aria": False},
        "encoding": {
            "x": {"field": "x", "title": axes[0]} | place,
            "y": {"field": "y", "title": axes[1]} | place,
            "color": {
                "field": "of",
                "type": "nominal",
                "title": "cluster",
                "scale": {"domain": [*names.values(), "others"], "range": [*_COLOURS[: len(names)], _GREY]},
                "legend": {"symbolOpacity": 1} if legend else None,
            },
            "size": {"condition": {"test": "datum.drawn === 'yes'", "value": 130}, "value": 40},
            "opacity": {"condition": near | {"value": 0.8}, "value": 0.07},
            "tooltip": [
                {"field": "source", "type": "nominal"},
                {"field": "target", "type": "nominal"},
                *([{"field": "noise", "type": "nominal"}] if has_kinds else []),
                {"field": "cluster", "type": "nominal"},
                {"field": "size", "type": "quantitative", "title": "its size", "format": ",d"},
                {"field": "id", "type": "nominal"},
            ],
        },
    }  # fmt: skip


def _sentences(
    pairs: Sequence[Pair], clusters: Mapping[str, int], sizes: Mapping[int, int], largest: Sequence[int]
) -> list[Row]:
    rows: list[Row] = []
    for cluster in largest:
        own = [pair for pair in pairs if clusters[pair.id] == cluster][:_PER_CLUSTER]
        rows += [
            (str(cluster), [f"{sizes[cluster]:,}", pair.id, _cut(pair.src), _cut(pair.trg)], False) for pair in own
        ]
    return rows


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_CHARACTERS else text[: _MAX_CHARACTERS - 1] + "…"
