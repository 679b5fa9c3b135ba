"""Pairs that the quality rule keeps and rejects, side by side, as in the paper's Table 3."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from gdig.io.records import CLEAN, Pair, parse_pair
from gdig.report.render import render

_NUM_EACH = 5
Groups = Mapping[str, tuple[Sequence[str], Sequence[str]]]
"""Title -> kept ids, rejected ids."""


def choose(candidates: Sequence[dict[str, Any]], survivors: Collection[str]) -> Groups:
    """Return examples from the order of the quality rule: its ends, its cut, and an even spread.

    Args:
        candidates: rows with `share_helped` and `mean_influence`.
        survivors: ids that the rule keeps.
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
) -> Markup:
    """Return the section.

    Args:
        groups: as `choose` returns them.
        pairs: pairs of the groups by id.
        candidates: `share_helped` of each pair by id.
        kinds: noise kind of each id; None without planted noise.
    """

    def card(pair_id: str) -> dict[str, Any]:
        kind = kinds[pair_id] if kinds else CLEAN
        noise = "" if kind == CLEAN else kind.replace("_", " ")
        return {"pair": pairs[pair_id], "share": candidates[pair_id]["share_helped"], "noise": noise}

    cards = {
        title: {"kept": [card(i) for i in kept], "rejected": [card(i) for i in rejected]}
        for title, (kept, rejected) in groups.items()
    }
    return render("examples.html.j2", groups=cards, has_noise=kinds is not None)


def _spread(ids: Sequence[str]) -> list[str]:
    number = min(_NUM_EACH, len(ids))
    return [ids[(2 * n + 1) * len(ids) // (2 * number)] for n in range(number)]
