"""Draw Vega-Lite through vl-convert, without browser or network: SVG and PNG files, and the library of the page."""

import json
from pathlib import Path

import vl_convert

from gdig.io.files import atomic_file, write_text
from gdig.report.charts.figure import Figure, Spec

VEGA_LITE = "6.4"
"""Version of Vega-Lite; vl-convert bundles several."""
_PNG_SCALE = 2.5
"""PNG pixels per SVG pixel."""
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
# Black on white: the files go into papers and onto pages that may be dark.
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
    """Return a chart as SVG; its bytes depend only on the specification."""
    return vl_convert.vegalite_to_svg(json.dumps(spec), vl_version=VEGA_LITE, config=_CONFIG)


def write_figures(folder: Path, figures: list[Figure]) -> None:
    """Write each figure as `<name>.svg` and `<name>.png`."""
    for figure in figures:
        drawn = svg(figure.paper)
        write_text(folder / f"{figure.name}.svg", drawn)
        with atomic_file(folder / f"{figure.name}.png") as temporary:
            temporary.write_bytes(vl_convert.svg_to_png(drawn, scale=_PNG_SCALE))


def library(script: str) -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, followed by a script that uses `vegaEmbed`."""
    bundle: str = vl_convert.javascript_bundle(script, vl_version=VEGA_LITE)
    # These strings would end the script element that holds the library.
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
