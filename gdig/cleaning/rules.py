"""Which rule rejects a pair, if one does."""

import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from gdig.cleaning.decontaminate import Match, Ngrams, find_ngram, key_digests
from gdig.cleaning.duplicates import signature
from gdig.cleaning.language import wrong_language
from gdig.cleaning.normalise import is_blank, normalise
from gdig.config import Languages, Prepare, Rules, TokenLimit
from gdig.io.order import shuffle_key
from gdig.io.records import Pair, corpus_of, parse_pair


def are_too_long(texts: Sequence[str], limit: TokenLimit) -> list[bool]:
    """Return whether each text has more tokens than the limit, special ones not counted.

    Raises:
        ValueError: the tokenizer cannot be loaded.
    """
    tokenizer = _tokenizer(limit.tokenizer)
    unsure = [place for place, text in enumerate(texts) if not _is_surely_short(text, limit.max_tokens)]
    too_long = [False] * len(texts)
    if unsure:
        encoded = tokenizer([texts[place] for place in unsure], add_special_tokens=False, verbose=False).input_ids
        for place, tokens in zip(unsure, encoded, strict=True):
            too_long[place] = len(tokens) > limit.max_tokens
    return too_long


def _is_surely_short(text: str, max_tokens: int) -> bool:
    """Return whether there are too few bytes for that many tokens: most texts need not be tokenised.

    A token stands for a byte at least, but for one that some tokenizers put in front. Only what is NFKC already is
    counted so, as a tokenizer may normalise a character to many.
    """
    return len(text.encode()) < max_tokens and unicodedata.is_normalized("NFKC", text)


@cache
def _tokenizer(name: str) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"prepare.token_limit.tokenizer = {name!r} cannot be loaded; give the folder of a tokenizer, or a hub id "
            f"(and HF_HUB_OFFLINE=0 to download it): {error}"
        ) from None


Check = Callable[[Sequence[Pair]], list[bool]]
"""From normalised pairs to whether each is rejected."""


def checks(rules: Rules, languages: Languages) -> dict[str, Check]:
    """Return the rules that are on, by name, in the order in which they are applied.

    Raises:
        ValueError: a tokenizer that cannot be loaded, a language that cannot be identified.
    """
    active: dict[str, Check] = {"empty": _each(lambda pair: is_blank(pair.src) or is_blank(pair.trg))}
    if rules.drop_copies:
        active["copy"] = _each(lambda pair: pair.src == pair.trg)
    if (most := rules.max_characters) is not None:
        active["too_long"] = _each(lambda pair: len(pair.src) > most or len(pair.trg) > most)
    if rules.character_ratio is not None:
        low, high = rules.character_ratio
        active["odd_length_ratio"] = _each(lambda pair: not low <= len(pair.trg) / len(pair.src) <= high)
    if (limit := rules.token_limit) is not None:
        active["too_many_tokens"] = lambda pairs: [
            is_long_source or is_long_target
            for is_long_source, is_long_target in zip(
                are_too_long([pair.src for pair in pairs], limit),
                are_too_long([pair.trg for pair in pairs], limit),
                strict=True,
            )
        ]
    if rules.language_id is not None:
        is_wrong_source, is_wrong_target = wrong_language(rules.language_id, languages)
        active["wrong_language"] = _each(lambda pair: is_wrong_source(pair.src) or is_wrong_target(pair.trg))
    return active


def without_rejection(prepare: Prepare) -> Prepare:
    """Return the rules with all off that could reject a pair, but for empty ones: what is left is how text is written.

    For test sets: scores on one of which hard or repeated sentences were thrown out can be compared with nobody's.
    """
    off = {"drop_copies": False, "max_characters": None, "character_ratio": None, "token_limit": None,
           "language_id": None, "drop_duplicates": False, "near_duplicates": None, "decontaminate": False,
           "decontaminate_ngram": None}  # fmt: skip
    overrides = {corpus: own | off for corpus, own in prepare.overrides.items()}
    return Prepare.model_validate(prepare.model_dump() | off | {"overrides": overrides})


def _each(is_bad: Callable[[Pair], bool]) -> Check:
    return lambda pairs: [is_bad(pair) for pair in pairs]


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
