"""Rules that look at one pair alone: each named and switchable, the cheap ones first."""

from collections.abc import Callable, Sequence

from gdig.config import Languages, Prepare, Rules
from gdig.data.language import wrong_language
from gdig.data.normalise import is_blank
from gdig.data.tokens import are_too_long
from gdig.records import Pair

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
