"""Cleaning rules of `prepare`: each named, switchable and counted, with samples of what it rejects."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from gdig.config import Prepare
from gdig.data.decontaminate import matching_key
from gdig.order import shuffle_key
from gdig.records import Pair

NUM_SAMPLES = 20


@dataclass
class Rejects:
    """What was seen, kept and rejected, per rule."""

    seen: int = 0
    kept: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    pairs: dict[str, list[Pair]] = field(default_factory=dict)

    def add(self, rule: str, pair: Pair) -> None:
        """Count a rejected pair under the rule that rejected it."""
        self.counts[rule] += 1
        self.pairs.setdefault(rule, []).append(pair)

    def summary(self) -> dict[str, Any]:
        """Return counts and, for each rule, a seeded sample of its rejects."""
        samples = {
            rule: [
                {"id": pair.id, "src": pair.src, "trg": pair.trg}
                for pair in sorted(pairs, key=lambda pair: shuffle_key(0, pair.id))[:NUM_SAMPLES]
            ]
            for rule, pairs in self.pairs.items()
        }
        return {"seen": self.seen, "kept": self.kept, "rejected": dict(self.counts), "samples": samples}


def clean(pairs: Iterable[Pair], rules: Prepare, forbidden: frozenset[str]) -> tuple[list[Pair], Rejects]:
    """Normalise pairs and keep those that pass every rule.

    Args:
        pairs: as read.
        rules: which rules are on, and their limits.
        forbidden: matching keys of texts that must not occur on either side (see `decontaminate`).
    """
    rejects = Rejects()
    kept: list[Pair] = []
    duplicates: set[tuple[str, str]] = set()
    for raw in pairs:
        rejects.seen += 1
        pair = Pair(raw.id, normalise(raw.src, rules), normalise(raw.trg, rules))
        rule = next((name for name, is_bad in _RULES.items() if is_bad(pair, rules)), None)
        if rule is None and rules.decontaminate and {matching_key(pair.src), matching_key(pair.trg)} & forbidden:
            rule = "contaminated"
        if rule is None and rules.drop_duplicates:
            key = (matching_key(pair.src), matching_key(pair.trg))
            if key in duplicates:
                rule = "duplicate"
            duplicates.add(key)
        if rule is not None:
            rejects.add(rule, raw)
        else:
            kept.append(pair)
    rejects.kept = len(kept)
    return kept, rejects


def normalise(text: str, rules: Prepare) -> str:
    """Return NFC text without control characters, outer or repeated white space, as the rules say."""
    if rules.normalise_unicode:
        text = unicodedata.normalize("NFC", text)
    if rules.drop_control_characters:
        # Category C holds controls, format characters and unassigned ones; white space among them becomes a space.
        text = "".join(c if c.isspace() or unicodedata.category(c)[0] != "C" else "" for c in text)
        text = " ".join(text.split())
    return text


def _is_empty(pair: Pair, rules: Prepare) -> bool:
    return not pair.src.strip() or not pair.trg.strip()


def _is_copy(pair: Pair, rules: Prepare) -> bool:
    return rules.drop_copies and pair.src == pair.trg


def _is_too_long(pair: Pair, rules: Prepare) -> bool:
    return rules.max_characters is not None and max(len(pair.src), len(pair.trg)) > rules.max_characters


def _has_odd_ratio(pair: Pair, rules: Prepare) -> bool:
    if rules.character_ratio is None:
        return False
    low, high = rules.character_ratio
    return not low <= len(pair.trg) / len(pair.src) <= high


_RULES: dict[str, Callable[[Pair, Prepare], bool]] = {
    "empty": _is_empty,
    "copy": _is_copy,
    "too_long": _is_too_long,
    "odd_length_ratio": _has_odd_ratio,
}
