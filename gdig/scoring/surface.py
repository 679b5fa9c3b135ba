"""sacreBLEU scores with their signatures."""

from collections.abc import Container, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from sacrebleu.metrics import BLEU, CHRF

from gdig.io.records import corpus_of


def score(hypotheses: Sequence[str], references: Sequence[str], target_language: str) -> dict[str, float]:
    """Return corpus BLEU and chrF, 0 to 100.

    Args:
        hypotheses: one translation per source.
        references: in the same order.
        target_language: as `params.languages` has it; selects sacreBLEU's tokeniser (`zh`; `13a` for most).

    Raises:
        ValueError: the numbers of hypotheses and references differ, there are none, or the tokeniser of the language
            is not installed.
    """
    if len(hypotheses) != len(references) or not references:
        raise ValueError(f"{len(hypotheses)} hypotheses for {len(references)} references")
    return {
        name: metric.corpus_score(list(hypotheses), [list(references)]).score
        for name, metric in sacrebleu_metrics(target_language).items()
    }


def score_sets(
    hypotheses: Mapping[str, str], references: Mapping[str, str], target_language: str, *, each: bool = True
) -> dict[str, float]:
    """Return the scores of all pairs together and, with several test sets, `<metric>_<set>` of each.

    Args:
        hypotheses: by id, whose prefix names the test set; an incomplete test set gets no score.
        references: by id.
        target_language: as in `score`.
        each: as in `by_test_set`.
    """
    return {
        f"{metric}{suffix}": value
        for suffix, ids in by_test_set(references, hypotheses, each=each).items()
        for metric, value in score([hypotheses[i] for i in ids], [references[i] for i in ids], target_language).items()
    }


def mean_sets(metric: str, segments: Mapping[str, float], ids: Iterable[str], *, each: bool = True) -> dict[str, float]:
    """Return the mean of segment scores by key, as `score_sets` does.

    Args:
        metric: its name.
        segments: score by id.
        ids: of the references.
        each: as in `by_test_set`.
    """
    sets = by_test_set(ids, segments, each=each)
    return {f"{metric}{suffix}": fmean(segments[i] for i in own) for suffix, own in sets.items()}


def by_test_set(
    ids: Iterable[str], translated: Container[str] | None = None, *, each: bool = True
) -> dict[str, list[str]]:
    """Return the ids that are scored together, by suffix of the metric's key.

    `""` is all ids; `_<set>` is each of several test sets, if `each` is set. Do not set it for a validation set drawn
    from the corpora, whose ids name the corpora. Sets that are not completely `translated` are left out.
    """
    everything = list(ids)
    sets = {f"_{name}": own for name, own in test_sets(everything).items()}
    found = {"": everything} | (sets if each and len(sets) > 1 else {})
    return {suffix: own for suffix, own in found.items() if translated is None or all(i in translated for i in own)}


def test_sets(ids: Iterable[str]) -> dict[str, list[str]]:
    """Return the ids of each test set, in their order."""
    sets: dict[str, list[str]] = {}
    for pair_id in ids:
        sets.setdefault(corpus_of(pair_id), []).append(pair_id)
    return sets


def signatures(hypotheses: Sequence[str], references: Sequence[str], target_language: str) -> dict[str, str]:
    """Return the sacreBLEU signature of each metric: version and settings."""
    result = {}
    for name, metric in sacrebleu_metrics(target_language).items():
        metric.corpus_score(list(hypotheses), [list(references)])
        result[name] = metric.get_signature().format()
    return result


def sacrebleu_metrics(target_language: str) -> dict[str, Any]:
    """Return sacreBLEU's metrics by key, with the tokeniser of the language.

    Raises:
        ValueError: the tokeniser is not installed.
    """
    try:
        return {"bleu": BLEU(trg_lang=target_language), "chrf": CHRF()}
    except RuntimeError as error:
        raise ValueError(f"languages.target = {target_language!r}: {' '.join(str(error).split())}") from None
