"""What can be said of a pair by itself, for a chunk of lines at a time: the work that is spread over processes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from gdig.config import Languages, Prepare
from gdig.data.decontaminate import Match, Ngrams, find_ngram, key_digests
from gdig.data.duplicates import signature
from gdig.data.normalise import normalise
from gdig.data.origin import corpus_of
from gdig.data.rules import checks
from gdig.order import shuffle_key
from gdig.records import Pair, parse_pair


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines of a file, the first of which has the number `start` (from 1)."""

    path: Path
    start: int
    lines: list[bytes]


@dataclass(slots=True)
class Judged:
    """A chunk's rows; of a row that a rule rejects, `lines` and `digests` are empty."""

    ids: list[str]
    orders: list[bytes]
    """`shuffle_key(0, id)`: which rejects are sampled, and whether an id is repeated."""
    rules: list[str | None]
    """The first rule that rejects the row."""
    lines: list[bytes]
    """The normalised pair as it is written."""
    digests: list[bytes]
    """See `key_digests`."""
    ngrams: dict[int, Match] = field(default_factory=dict)
    """For rows that share n words with a forbidden text, where that is."""
    signatures: dict[int, Any] = field(default_factory=dict)
    """For rows whose near duplicates are sought, their MinHash signature."""


def row_judge(prepare: Prepare, languages: Languages, ngrams: Ngrams) -> Callable[[Chunk], Judged]:
    """Return what judges a chunk by the rules of each row's corpus.

    It raises ValueError for a malformed line, naming file and line, and for rules that cannot be set up.
    """
    rules_of = cache(prepare.of)
    checks_of = cache(lambda corpus: checks(rules_of(corpus), languages))

    def judge(chunk: Chunk) -> Judged:
        pairs = [parse_pair(chunk.path, number, line) for number, line in enumerate(chunk.lines, start=chunk.start)]
        ids = [pair.id for pair in pairs]
        blank = [b""] * len(ids)
        judged = Judged(ids, [shuffle_key(0, i) for i in ids], [None] * len(ids), blank, blank.copy())
        rows_of: dict[str, list[int]] = {}
        for row, pair_id in enumerate(ids):
            rows_of.setdefault(corpus_of(pair_id), []).append(row)
        for corpus, rows in rows_of.items():
            rules = rules_of(corpus)
            for row in rows:
                pair = pairs[row]
                pairs[row] = Pair(pair.id, normalise(pair.src, rules), normalise(pair.trg, rules))
            for rule, check in checks_of(corpus).items():
                for row, is_bad in zip(rows, check([pairs[row] for row in rows]), strict=True):
                    if is_bad:
                        judged.rules[row] = rule
                rows = [row for row in rows if judged.rules[row] is None]
            for row in rows:
                pair = pairs[row]
                judged.lines[row] = _line(pair)
                judged.digests[row] = key_digests(pair)
                if rules.decontaminate_ngram and (match := find_ngram(pair, rules.decontaminate_ngram, ngrams)):
                    judged.ngrams[row] = match
                if rules.near_duplicates:
                    judged.signatures[row] = signature(pair, rules.near_duplicates)
        return judged

    return judge


def _line(pair: Pair) -> bytes:
    fields = {"id": pair.id, "src": pair.src, "trg": pair.trg}
    return (json.dumps(fields, ensure_ascii=False, sort_keys=True) + "\n").encode()
