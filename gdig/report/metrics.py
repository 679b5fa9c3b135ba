"""How metrics are written for people."""

TITLES = {"bleu": "BLEU", "chrf": "chrF", "comet": "COMET", "bleurt": "BLEURT"}
_HUNDREDTHS = ("comet", "bleurt")


def title_of(metric: str) -> str:
    """Return the name of a metric as people write it: `bleu_news` is BLEU on the test set news."""
    name, _, rest = metric.partition("_")
    return f"{TITLES[name]} {rest}".strip() if name in TITLES else metric.replace("_", " ")


def scale_of(metric: str) -> int:
    """Return by what a value is multiplied to be shown: learned metrics are stored as their commands print them, about
    0 to 1, and shown as the paper does, times 100.
    """
    return 100 if metric.partition("_")[0] in _HUNDREDTHS else 1
