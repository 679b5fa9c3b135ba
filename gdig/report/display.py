"""How metrics and selectors are shown: one name, colour and marker per selector in every figure of every run."""

from collections.abc import Sequence
from dataclasses import dataclass

TITLES = {"bleu": "BLEU", "chrf": "chrF", "comet": "COMET", "bleurt": "BLEURT"}
_HUNDREDTHS = ("comet", "bleurt")


@dataclass(frozen=True)
class Style:
    """How one selector is shown."""

    label: str
    colour: str
    shape: str
    """A symbol of Vega-Lite."""


# Okabe-Ito colours and a few more; each is distinct from white and from near-black.
STYLES = {
    "gdig": Style("G-DIG", "#D55E00", "circle"),
    "gdig_quality": Style("G-DIG without diversity", "#E69F00", "square"),
    "gdig_joint": Style("joint G-DIG", "#B22222", "triangle-up"),
    "gdig_embedding": Style("G-DIG, embedding clusters", "#CC79A7", "cross"),
    "base_loss": Style("base loss", "#1A78B8", "triangle-up"),
    "loss": Style("loss", "#56B4E9", "triangle-down"),
    "random": Style("random", "#7F7F7F", "diamond"),
    "random_length": Style("random, lengths of seeds", "#A9A9A9", "cross"),
    "reward": Style("reward", "#A07D3A", "triangle-right"),
    "mods": Style("MoDS", "#9467BD", "triangle-left"),
    "ifd": Style("IFD", "#B5179E", "triangle-right"),
    "superfiltering": Style("SuperFiltering", "#F072B6", "triangle-left"),
    "delta_loss": Style("loss difference", "#3D7F8C", "triangle-up"),
    "nuggets": Style("Nuggets", "#C9A227", "square"),
    "instruction_mining": Style("Instruction Mining", "#8C564B", "square"),
    "instructiongpt4": Style("InstructionGPT-4", "#8A9A00", "diamond"),
    "alpagasus": Style("AlpaGasus", "#C44E9B", "square"),
    "instag": Style("InsTag", "#5F7FBF", "cross"),
    "deita": Style("DEITA", "#C0663A", "triangle-down"),
    "less": Style("LESS", "#A8456E", "square"),
    "rds": Style("RDS+", "#2E8B8B", "circle"),
    "external": Style("external score", "#5B6770", "triangle-left"),
    "tfidf": Style("TF-IDF", "#4F7942", "square"),
    "dsir": Style("DSIR", "#2F6F9F", "cross"),
    "fusion": Style("rank fusion", "#7B4B94", "triangle-up"),
    "comet_qe": Style("COMET-QE", "#B5533C", "diamond"),
    "similarity": Style("similarity", "#6A8E23", "triangle-right"),
    "craft": Style("CRAFT", "#4C6A92", "diamond"),
    "dual_ce": Style("dual cross-entropy", "#1F6F5C", "triangle-down"),
    "tsds": Style("TSDS", "#7A7F1F", "diamond"),
    "full": Style("full pool", "#009E73", "stroke"),
}
_SYMBOLS = {
    "circle": "●", "square": "■", "cross": "✚", "triangle-up": "▲", "triangle-down": "▼", "triangle-right": "▶",
    "triangle-left": "◀", "diamond": "◆", "stroke": "━",
}  # fmt: skip
_OTHER_COLOURS = ("#17A2A2", "#B5485D", "#6F8F2F", "#5B6EE1")
_OTHER_SHAPES = ("square", "circle", "diamond", "cross")


def title_of(metric: str) -> str:
    """Return the name of a metric as people write it: `bleu_news` is BLEU on the test set news."""
    name, _, rest = metric.partition("_")
    return f"{TITLES[name]} {rest}".strip() if name in TITLES else metric.replace("_", " ")


def scale_of(metric: str) -> int:
    """Return the factor by which a value is multiplied to be shown.

    Learned metrics are stored as their commands print them, about 0 to 1, and shown times 100, as in the paper.
    """
    return 100 if metric.partition("_")[0] in _HUNDREDTHS else 1


def label_of(selector: str) -> str:
    """Return the name of a selector as people write it."""
    if (plain := selector.removesuffix("_filtered")) != selector:
        return f"{label_of(plain)}, filtered"
    return STYLES[selector].label if selector in STYLES else selector


def styles_of(selectors: Sequence[str]) -> dict[str, Style]:
    """Return the style of each selector; unknown selectors take the remaining colours, in order."""
    others = [name for name in selectors if name not in STYLES]
    return {
        name: STYLES[name]
        if name in STYLES
        else Style(
            label_of(name),
            _OTHER_COLOURS[others.index(name) % len(_OTHER_COLOURS)],
            _OTHER_SHAPES[others.index(name) % len(_OTHER_SHAPES)],
        )
        for name in selectors
    }


def symbol_of(style: Style) -> str:
    """Return the character that stands for the marker of a selector in a legend."""
    return _SYMBOLS[style.shape]
