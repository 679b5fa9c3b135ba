"""A stand-in for a judge: rules over the text of the pair that a prompt shows, and noise drawn from that text.

No LLM, and none that could be mistaken for one: it counts, compares and looks for words. It knows nothing of a pair but
the two texts in the prompt. It is there so that the pipeline, its faults and its selectors can be tried anywhere.
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
"""Its name: other rules are another model, whose answers are kept apart."""

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
"""Words shorter than that are told from topics, and from words that only a copy would share."""
_LONG = 12
"""Words of a long sentence, and letters of a long word."""


def answer(system: str, user: str) -> str:
    """Return the answer to a prompt of ours, as JSON.

    Raises:
        ValueError: it shows no source between the tags of our prompts.
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
    """Return how good a translation looks, 0 to 5 in halves: 5 less a penalty for each thing that looks wrong."""
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
    """Return how hard a source looks, 1 to 6 in halves: by its words, its long words, its clauses and its marks."""
    words = _words(source)
    clauses = sum(word in _JOINING | _SUBORDINATING for word in words) + source.count(",")
    value = 1 + 2 * math.log2(1 + len(words) / 8) + 0.5 * clauses + 0.25 * sum(len(word) >= _LONG for word in words)
    return _halves(value + _noise("complexity", source), 1, 6)


def tags(source: str) -> list[str]:
    """Return what is in a source: phenomena by their words and marks, and its longest words as topics."""
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
    """Return what stands between the first opening tag and the last closing one, each on a line of its own."""
    found = re.search(rf"<{tag}>\n(.*)\n</{tag}>", text, re.DOTALL)
    return found[1] if found else None


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _noise(*parts: str) -> float:
    """Return a number from -0.5 to 0.5 that depends on the text and on nothing else."""
    drawn = hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(drawn) / 2**64 - 0.5


def _halves(value: float, least: float, most: float) -> float:
    return min(most, max(least, round(2 * value) / 2))
