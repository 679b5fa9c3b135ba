"""Segment scores of COMET and BLEURT; one process per metric scores all translations of a cell."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from gdig.config import Bleurt, Comet, Score
from gdig.io.records import Pair
from gdig.scoring import bleurt, comet
from gdig.scoring.checkpoints import Checkpoint
from gdig.scoring.environment import metrics_python
from gdig.scoring.process import ask
from gdig.scoring.surface import test_sets


@dataclass(frozen=True)
class Learned:
    """Scores of the active learned metrics."""

    segments: Mapping[str, Mapping[str, Mapping[str, float]]]
    """Metric -> name of the translations -> id of the segment -> score, 0 to 1 for most models."""
    signatures: Mapping[str, str]
    """Metric -> model, version and settings."""


def learned_scores(settings: Score, pairs: Sequence[Pair], translations: Mapping[str, Mapping[str, str]]) -> Learned:
    """Score translations of the same segments.

    Args:
        settings: metrics and their models.
        pairs: sources and references, in the order of the test set.
        translations: name -> id -> text; each covers one or more complete test sets.

    Raises:
        ValueError: a model or the environment of the metrics is missing, memory runs out, or a score is not a number.
    """
    # Find everything before the first metric scores.
    used: dict[str, tuple[ModuleType, Comet | Bleurt, Checkpoint]] = {}
    if settings.comet is not None:
        used["comet"] = (comet, settings.comet, comet.checkpoint(settings.comet))
    if settings.bleurt is not None:
        used["bleurt"] = (bleurt, settings.bleurt, bleurt.checkpoint(settings.bleurt))
    pythons = {metric: metrics_python(module.KEY) for metric, (module, _, _) in used.items()}
    segments: dict[str, dict[str, dict[str, float]]] = {}
    signatures = {}
    by_id = {pair.id: pair for pair in pairs}
    # One file per test set, as in the metrics' own commands: in float16, scores depend on the batch of a segment.
    files = {
        (name, test_set): ids
        for name, texts in translations.items()
        for test_set, ids in test_sets(i for i in by_id if i in texts).items()
    }
    rows = {key: [_row(by_id[i], translations[key[0]][i]) for i in ids] for key, ids in files.items()}
    distinct = list(dict.fromkeys(map(_frozen, rows.values())))
    for metric, (module, own, found) in used.items():
        request = own.model_dump(exclude={"model", "revision"}) | {
            "folder": str(found.folder),
            "files": [list(map(dict, file)) for file in distinct],
        }
        answer = ask(pythons[metric], module.__name__, request, f"{module.KEY}.batch_size")
        of_file = dict(zip(distinct, answer["scores"], strict=True))
        segments[metric] = {name: {} for name in translations}
        for (name, test_set), ids in files.items():
            segments[metric][name] |= zip(ids, of_file[_frozen(rows[name, test_set])], strict=True)
        for name, values in segments[metric].items():
            if strange := [i for i, value in values.items() if not math.isfinite(value)]:
                raise ValueError(f"{module.KEY}: {own.model} gives {values[strange[0]]} for {strange[0]} of {name}")
        signatures[metric] = f"model:{found.identity}|{answer['versions']}"
    return Learned(segments, signatures)


def _row(pair: Pair, text: str) -> dict[str, str]:
    # The metrics' own commands strip lines.
    return {"src": pair.src.strip(), "mt": text.strip(), "ref": pair.trg.strip()}


def _frozen(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[tuple[str, Any], ...], ...]:
    return tuple(tuple(row.items()) for row in rows)
