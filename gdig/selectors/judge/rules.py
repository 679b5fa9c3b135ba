"""Rule-based mock of an LLM judge: rules over the texts in a prompt, plus noise derived from those texts.

It counts, compares and searches words, and uses only the two texts in the prompt. It allows tests of the pipeline,
its error handling and its selectors without an LLM.
"""

import hashlib
import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

from gdig.io.files import digest

MODEL = f"rules-{digest(Path(__file__))[:12]}"
"""Model name: a change of the rules needs a new name, so that answers are stored separately."""

_WORD = re.compile(r"\w+")
_END = re.compile(r"[.!?…。！？][\"'”»)]*$")
_JOINING = {"und", "aber", "oder", "denn", "and", "but", "or", "et", "mais", "y", "pero"}
_SUBORDINATING = {"dass", "weil", "wenn", "obwohl", "während", "that", "because", "if", "although", "while", "who"}
_NEGATING = {"nicht", "kein", "keine", "keinen", "keiner", "nie", "not", "no", "never", "none", "ne", "pas"}
_MODAL = {
    "kann",
    "können",
    "soll",
    "sollen",
    "muss",
    "müssen",
    "will",
    "wollen",
    "darf",
    "can",
    "should",
    "must",
    "may",
}
_ASKING = {"wer", "was", "wo", "wann", "warum", "wie", "who", "what", "where", "when", "why", "how"}
_SHORT = 4
"""Minimum length of topic words, and of words whose overlap indicates a copy."""
_LONG = 12
"""Minimum words of a long sentence, and letters of a long word."""


def answer(system: str, user: str) -> str:
    """Return the answer to one of this project's prompts, as JSON.

    Raises:
        ValueError: the prompt has no source or translation between the expected tags.
    """
    source, target = _between(user, "source"), _between(user, "translation")
    if source is None:
        raise ValueError("the prompt shows no text between <source> and </source>")
    wanted = system.rpartition("{")[2]
    found: dict[str, Any]
    if '"tags"' in wanted:
        found = {"tags": tags(source)}
    elif target is None:
        raise ValueError("the prompt shows no text between <translation> and </translation>")
    elif '"complexity"' in wanted:
        found = {"complexity": complexity(source), "quality": 1 + rating(source, target)}
    else:
        found = {"score": rating(source, target)}
    return json.dumps(found, ensure_ascii=False)


def rating(source: str, target: str) -> float:
    """Rate a translation, 0 to 5 in steps of 0.5: 5 minus a penalty per defect."""
    src, trg = _words(source), _words(target)
    if not trg:
        return 0.0
    ratio = abs(math.log(len(target) / max(1, len(source))))
    shared = {word for word in src if len(word) >= _SHORT} & {word for word in trg if len(word) >= _SHORT}
    copied = len(shared) / max(1, len({word for word in src if len(word) >= _SHORT}))
    repeated = sum(count - 1 for word, count in Counter(trg).items() if len(word) >= _SHORT) / len(trg)
    penalty = 3.0 * max(0.0, ratio - 0.25) + 3.0 * copied + 2.0 * repeated
    penalty += 1.5 * (bool(_END.search(source.strip())) != bool(_END.search(target.strip())))
    penalty += 1.0 * (source[:1].isupper() != target[:1].isupper())
    penalty += 1.5 * (sorted(re.findall(r"\d+", source)) != sorted(re.findall(r"\d+", target)))
    return _halves(5 - penalty + _noise("rating", source, target), 0, 5)


def complexity(source: str) -> float:
    """Rate the complexity of a source, 1 to 6 in steps of 0.5: by words, long words, clauses and punctuation."""
    words = _words(source)
    clauses = sum(word in _JOINING | _SUBORDINATING for word in words) + source.count(",")
    value = 1 + 2 * math.log2(1 + len(words) / 8) + 0.5 * clauses + 0.25 * sum(len(word) >= _LONG for word in words)
    return _halves(value + _noise("complexity", source), 1, 6)


def tags(source: str) -> list[str]:
    """Tag a source: phenomena by words and punctuation, and its longest words as topics."""
    words = _words(source)
    seen = set(words)
    found = {
        "question": source.rstrip().endswith("?") or (words[:1] and words[0] in _ASKING),
        "number": bool(re.search(r"\d", source)),
        "negation": bool(seen & _NEGATING),
        "modal verb": bool(seen & _MODAL),
        "coordination": bool(seen & _JOINING),
        "subordinate clause": "," in source and bool(seen & _SUBORDINATING),
        "quotation": bool(re.search('["„“”«»]', source)),
        "parenthesis": "(" in source,
        "list": source.count(",") > 1,
        "long sentence": len(words) > _LONG,
        "short sentence": len(words) <= _SHORT,
        "long word": any(len(word) >= _LONG for word in words),
        "web address": "http" in source or "www." in source,
    }
    topics = sorted({word for word in words if len(word) > _SHORT and word.isalpha()}, key=lambda w: (-len(w), w))[:3]
    return [tag for tag, is_there in found.items() if is_there] + [f"topic {word}" for word in topics]


def _between(text: str, tag: str) -> str | None:
    """Return the text between the first opening and the last closing tag, each on a separate line."""
    found = re.search(rf"<{tag}>\n(.*)\n</{tag}>", text, re.DOTALL)
    return found[1] if found else None


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _noise(*parts: str) -> float:
    """Return a number from -0.5 to 0.5 that depends only on the text."""
    drawn = hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(drawn) / 2**64 - 0.5


def _halves(value: float, least: float, most: float) -> float:
    return min(most, max(least, round(2 * value) / 2))
