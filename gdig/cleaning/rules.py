"""Cleaning rules: normalise pairs and find the first rule that rejects each."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from gdig.cleaning.decontaminate import Match, Ngrams, find_ngram, key_digests
from gdig.cleaning.duplicates import signature
from gdig.cleaning.normalise import is_blank, normalise
from gdig.config import Languages, Prepare, Rules, TokenLimit
from gdig.io.language import wrong_language
from gdig.io.order import shuffle_key
from gdig.io.records import Pair, corpus_of, parse_pair
from gdig.io.tokens import is_surely_short, text_tokens


def are_too_long(texts: Sequence[str], limit: TokenLimit) -> list[bool]:
    """Return whether each text has more tokens than the limit, without special tokens.

    Raises:
        ValueError: the tokenizer cannot be loaded.
    """
    tokenizer = _tokenizer(limit.tokenizer)
    unsure = [place for place, text in enumerate(texts) if not is_surely_short(text, limit.max_tokens)]
    too_long = [False] * len(texts)
    if unsure:
        for place, tokens in zip(unsure, text_tokens(tokenizer, [texts[place] for place in unsure]), strict=True):
            too_long[place] = len(tokens) > limit.max_tokens
    return too_long


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
"""Maps normalised pairs to whether each is rejected."""


def checks(rules: Rules, languages: Languages) -> dict[str, Check]:
    """Return the active rules by name, in order of application.

    Raises:
        ValueError: a tokenizer cannot be loaded, or a language cannot be identified.
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
    """Return the rules without those that reject pairs (except empty ones) or edit texts: only NFC is left.

    For test sets: scores on a test set whose sentences are edited, or without its hard or repeated ones, cannot be
    compared with published scores.
    """
    off = {"drop_control_characters": False, "drop_copies": False, "max_characters": None, "character_ratio": None,
           "token_limit": None, "language_id": None, "drop_duplicates": False, "near_duplicates": None,
           "decontaminate": False, "decontaminate_ngram": None}  # fmt: skip
    overrides = {corpus: own | off for corpus, own in prepare.overrides.items()}
    return Prepare.model_validate(prepare.model_dump() | off | {"overrides": overrides})


def _each(is_bad: Callable[[Pair], bool]) -> Check:
    return lambda pairs: [is_bad(pair) for pair in pairs]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines of a file; `start` is the number of the first line, from 1."""

    path: Path
    start: int
    lines: list[bytes]


@dataclass(slots=True)
class CleanedChunk:
    """Result of cleaning a chunk; for a rejected row, `lines` and `digests` are empty."""

    ids: list[str]
    orders: list[bytes]
    """`shuffle_key(0, id)`: used to sample rejects and to detect repeated ids."""
    rules: list[str | None]
    """The first rule that rejects the row."""
    lines: list[bytes]
    """The serialised normalised pair."""
    digests: list[bytes]
    """See `key_digests`."""
    ngrams: dict[int, Match] = field(default_factory=dict)
    """For rows that share an n-gram with a forbidden text, the pair that contains it."""
    signatures: dict[int, Any] = field(default_factory=dict)
    """MinHash signatures of the rows that are checked for near duplicates."""


def chunk_cleaner(prepare: Prepare, languages: Languages, ngrams: Ngrams) -> Callable[[Chunk], CleanedChunk]:
    """Return a function that cleans a chunk by the rules of each row's corpus.

    It raises ValueError if a line is malformed (names file and line) or a rule cannot be set up.
    """
    rules_of = cache(prepare.of)
    checks_of = cache(lambda corpus: checks(rules_of(corpus), languages))

    def clean_chunk(chunk: Chunk) -> CleanedChunk:
        pairs = [parse_pair(chunk.path, number, line) for number, line in enumerate(chunk.lines, start=chunk.start)]
        ids = [pair.id for pair in pairs]
        blank = [b""] * len(ids)
        cleaned = CleanedChunk(ids, [shuffle_key(0, i) for i in ids], [None] * len(ids), blank, blank.copy())
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
                        cleaned.rules[row] = rule
                rows = [row for row in rows if cleaned.rules[row] is None]
            for row in rows:
                pair = pairs[row]
                cleaned.lines[row] = _line(pair)
                cleaned.digests[row] = key_digests(pair)
                if rules.decontaminate_ngram and (match := find_ngram(pair, rules.decontaminate_ngram, ngrams)):
                    cleaned.ngrams[row] = match
                if rules.near_duplicates:
                    cleaned.signatures[row] = signature(pair, rules.near_duplicates)
        return cleaned

    return clean_chunk


def _line(pair: Pair) -> bytes:
    fields = {"id": pair.id, "src": pair.src, "trg": pair.trg}
    return (json.dumps(fields, ensure_ascii=False, sort_keys=True) + "\n").encode()
