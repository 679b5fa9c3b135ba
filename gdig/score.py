"""sacreBLEU scores with their signatures."""

from collections.abc import Sequence
from typing import Any

from sacrebleu.metrics import BLEU, CHRF


def score(hypotheses: Sequence[str], references: Sequence[str], target_language: str) -> dict[str, float]:
    """Return corpus BLEU and chrF, 0 to 100.

    Args:
        hypotheses: a translation of each source.
        references: in the same order.
        target_language: ISO 639-1 code, by which sacreBLEU chooses its tokeniser (`zh`; `13a` for most).

    Raises:
        ValueError: the numbers of hypotheses and references differ, there are none, or the tokeniser of the language
            is not installed.
    """
    if len(hypotheses) != len(references) or not references:
        raise ValueError(f"{len(hypotheses)} hypotheses for {len(references)} references")
    return {
        name: metric.corpus_score(list(hypotheses), [list(references)]).score
        for name, metric in _metrics(target_language).items()
    }


def signatures(hypotheses: Sequence[str], references: Sequence[str], target_language: str) -> dict[str, str]:
    """Return the sacreBLEU signature of each metric: version and settings, without which a score means little."""
    result = {}
    for name, metric in _metrics(target_language).items():
        metric.corpus_score(list(hypotheses), [list(references)])
        result[name] = metric.get_signature().format()
    return result


def _metrics(target_language: str) -> dict[str, Any]:
    try:
        return {"bleu": BLEU(trg_lang=target_language), "chrf": CHRF()}
    except RuntimeError as error:
        raise ValueError(f"languages.target = {target_language!r}: {' '.join(str(error).split())}") from None
