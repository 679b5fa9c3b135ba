"""sacreBLEU scores with their signatures."""

from collections.abc import Sequence
from typing import Any

from sacrebleu.metrics import BLEU, CHRF


def score(hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Return corpus BLEU and chrF, 0 to 100.

    Raises:
        ValueError: the numbers of hypotheses and references differ, or there are none.
    """
    if len(hypotheses) != len(references) or not references:
        raise ValueError(f"{len(hypotheses)} hypotheses for {len(references)} references")
    return {
        name: metric.corpus_score(list(hypotheses), [list(references)]).score for name, metric in _metrics().items()
    }


def signatures(hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, str]:
    """Return the sacreBLEU signature of each metric: version and settings, without which a score means little."""
    result = {}
    for name, metric in _metrics().items():
        metric.corpus_score(list(hypotheses), [list(references)])
        result[name] = metric.get_signature().format()
    return result


def _metrics() -> dict[str, Any]:
    return {"bleu": BLEU(), "chrf": CHRF()}
