"""Pairs that the quality rule kept and rejected, side by side, as in the paper's Table 3."""

import json
from collections.abc import Collection, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from gdig.io.records import CLEAN, Pair, parse_pair

_NUM_EACH = 5
Groups = Mapping[str, tuple[Sequence[str], Sequence[str]]]
"""Title -> ids that were kept, and that were rejected."""


def choose(candidates: Sequence[dict[str, Any]], survivors: Collection[str]) -> Groups:
    """Return examples: the ends of the order that the quality rule makes, its cut, and an even spread.

    Args:
        candidates: `share_helped` and `mean_influence` of each.
        survivors: ids that the rule kept.
    """
    ranked = sorted(candidates, key=lambda c: (-c["share_helped"], c["mean_influence"], c["id"]))
    kept = [c["id"] for c in ranked if c["id"] in survivors]
    rejected = [c["id"] for c in ranked if c["id"] not in survivors]
    return {
        "Most and least helpful": (kept[:_NUM_EACH], rejected[::-1][:_NUM_EACH]),
        "Just kept and just rejected": (kept[::-1][:_NUM_EACH], rejected[:_NUM_EACH]),
        "Evenly spread": (_spread(kept), _spread(rejected)),
    }


def read_some(path: Path, ids: Collection[str]) -> dict[str, Pair]:
    """Return the pairs with these ids, from JSON lines that may not fit memory."""
    found: dict[str, Pair] = {}
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            # Reading each id only is much faster than making each pair.
            if json.loads(line)["id"] in ids:
                pair = parse_pair(path, number, line)
                found[pair.id] = pair
    return found


def examples_section(
    groups: Groups,
    pairs: Mapping[str, Pair],
    candidates: Mapping[str, Mapping[str, Any]],
    kinds: Mapping[str, str] | None,
) -> str:
    """Return the section.

    Args:
        groups: as `choose` makes them.
        pairs: that are in them, by id.
        candidates: `share_helped` of each, by id.
        kinds: noise kind of each id; None where none was planted.
    """
    parts = [
        "<h2>Kept and rejected</h2>",
        "<p>Pairs as they are in the pool, with the share of the seeds that each helps"
        + (" and, after it, the noise that was planted in it. " if kinds else ". ")
        + "In the form of the paper's Table 3.</p>",
    ]
    for title, (kept, rejected) in groups.items():
        columns = "".join(
            f'<section class="{name}"><h4>{name.capitalize()}</h4>'
            + ("".join(_card(pairs[i], candidates[i], kinds) for i in ids) or "<p>None.</p>")
            + "</section>"
            for name, ids in (("kept", kept), ("rejected", rejected))
        )
        parts.append(f'<h3>{title}</h3><div class="beside">{columns}</div>')
    return "\n".join(parts)


def _card(pair: Pair, candidate: Mapping[str, Any], kinds: Mapping[str, str] | None) -> str:
    kind = kinds[pair.id] if kinds else CLEAN
    tag = "" if kind == CLEAN else f' <span class="tag">{escape(kind.replace("_", " "))}</span>'
    return (
        f'<article><p dir="auto">{escape(pair.src)}</p><p dir="auto">{escape(pair.trg)}</p>'
        f"<footer>helps {candidate['share_helped']:.1%}{tag} <small>{escape(pair.id)}</small></footer></article>"
    )


def _spread(ids: Sequence[str]) -> list[str]:
    number = min(_NUM_EACH, len(ids))
    return [ids[(2 * n + 1) * len(ids) // (2 * number)] for n in range(number)]
