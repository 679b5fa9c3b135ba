"""Draw Vega-Lite without a browser or a network, through vl-convert: SVG and PNG files, and the page's library."""

import json
from pathlib import Path

import vl_convert

from gdig.io.files import atomic_file, write_text
from gdig.report.figure import Figure, Spec

VEGA_LITE = "6.4"
"""Version of Vega-Lite; vl-convert has several on board."""
_PNG_SCALE = 2.5
"""Pixels of a PNG for one of the SVG."""
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
# Black on white: files go into papers, and into pages that may be dark.
_CONFIG = {
    "font": _FONT,
    "background": "white",
    "padding": 8,
    "view": {"stroke": None},
    "axis": {
        "labelColor": "#333", "titleColor": "#333", "domainColor": "#888", "tickColor": "#888", "gridColor": "#e3e3e3",
        "labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "normal",
    },
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 220},
    "header": {"labelFontSize": 13, "labelFontWeight": "bold", "titleFontWeight": "normal"},
    "title": {"fontSize": 13},
    "rule": {"color": "#333"},
    "text": {"color": "#333"},
}  # fmt: skip


def svg(spec: Spec) -> str:
    """Return a chart as SVG; its bytes depend on the specification alone."""
    return vl_convert.vegalite_to_svg(json.dumps(spec), vl_version=VEGA_LITE, config=_CONFIG)


def write_figures(folder: Path, figures: list[Figure]) -> None:
    """Write each figure as `<name>.svg` and `<name>.png`."""
    for figure in figures:
        drawn = svg(figure.paper)
        write_text(folder / f"{figure.name}.svg", drawn)
        with atomic_file(folder / f"{figure.name}.png") as temporary:
            temporary.write_bytes(vl_convert.svg_to_png(drawn, scale=_PNG_SCALE))


def library(script: str) -> str:
    """Return Vega, Vega-Lite and Vega-Embed in one piece, followed by a script that uses `vegaEmbed`."""
    bundle: str = vl_convert.javascript_bundle(script, vl_version=VEGA_LITE)
    # What would end the script element that holds it.
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
