"""Sample segments, assign them to raters, swap sides and repeat some rows; all from one seed."""

import hashlib
import json
from collections.abc import Sequence

from gdig.io.order import shuffle_key, shuffled
from gdig.seeds.sheets.texts import words
from gdig.tools.humaneval.campaign import Campaign, Item, Kind, Segment

MAX_REPEATS = 1 / 3
"""Repeated rows are from the first third of a sheet and are placed in the last third."""


def draw_campaign(
    segments: Sequence[Segment],
    origins: dict[str, str],
    *,
    kind: Kind,
    count: int,
    repeats: float,
    raters: int,
    shared: int | None,
    with_reference: bool,
    seed: int,
) -> Campaign:
    """Return the campaign.

    Args:
        segments: all segments, each with a translation of every system.
        origins: file of each system, in the order of the systems.
        kind: `pairwise` compares two systems, `rating` gives marks to two or more.
        count: segments to draw.
        repeats: share of a rater's rows that are shown again with swapped sides.
        raters: number of sheets.
        shared: segments rated by every rater; the others are rated by one each. None: all are shared.
        with_reference: show the reference.
        seed: seed of all random choices.

    Raises:
        ValueError: an option is not valid; names the option and its range.
    """
    systems = tuple(origins)
    _check_options(systems, kind, repeats, raters, seed)
    if not 1 <= count <= len(segments):
        raise ValueError(f"--count {count}: there are {len(segments)} segments; say 1 to {len(segments)}")
    if with_reference and any(segment.reference is None for segment in segments):
        raise ValueError("--with-reference: there are no references; name their file with --references")
    by_id = {segment.id: segment for segment in segments}
    chosen = [by_id[i] for i in shuffled(by_id, seed)[:count]]
    equal = [segment.id for segment in chosen if kind == "pairwise" and _are_equal(segment)]
    judged = [segment for segment in chosen if segment.id not in set(equal)]
    if not judged:
        raise ValueError(f"--count {count}: the systems translate all of the segments drawn alike; draw more of them")
    shared = len(judged) if shared is None else min(shared, len(judged))
    single = len(judged) - shared
    if shared < 0 or (raters > 1 and 0 < single < raters):
        raise ValueError(
            f"--shared {shared}: {single} segments are left to divide between {raters} raters; share {len(judged)}, or "
            f"{max(0, len(judged) - raters)} at most"
        )
    return Campaign(
        kind=kind,
        seed=seed,
        systems=systems,
        origins=origins,
        with_reference=with_reference,
        segments=tuple(sorted(chosen, key=lambda segment: segment.id)),
        equal=tuple(sorted(equal)),
        items=tuple(
            item
            for rater in range(1, raters + 1)
            for item in _sheet([*judged[:shared], *judged[shared:][rater - 1 :: raters]], systems, rater, repeats, seed)
        ),
    )


def _check_options(systems: Sequence[str], kind: Kind, repeats: float, raters: int, seed: int) -> None:
    if len(systems) < 2:
        raise ValueError(f"{len(systems)} systems: name two or more with --systems or --selectors")
    if kind == "pairwise" and len(systems) > 2:
        raise ValueError(f"--kind pairwise compares two systems, not {len(systems)}; use --kind rating, or name two")
    if not 0 <= repeats <= MAX_REPEATS:
        raise ValueError(f"--repeats {repeats}: from 0 to 0.33 of the rows can be shown again")
    if raters < 1:
        raise ValueError(f"--raters {raters}: at least one")
    if not 0 <= seed < 2**32:
        raise ValueError(f"--seed {seed}: from 0 to {2**32 - 1}")


def _are_equal(segment: Segment) -> bool:
    return len(set(map(words, segment.hypotheses.values()))) == 1


def _sheet(segments: Sequence[Segment], systems: Sequence[str], rater: int, repeats: float, seed: int) -> list[Item]:
    """Return a rater's rows in order."""
    by_id = {segment.id: segment for segment in segments}

    def key(purpose: str, item: str) -> bytes:
        return shuffle_key(seed, f"{purpose}:{rater}:{item}")

    def row(segment: str, *, is_repeat: bool) -> Item:
        order = sorted(systems, key=lambda system: key(f"side:{segment}", system))
        return Item(
            id=_opaque(by_id[segment], rater, is_repeat, seed),
            rater=rater,
            segment=segment,
            order=tuple(reversed(order) if is_repeat else order),
            is_repeat=is_repeat,
        )

    ids = sorted(by_id, key=lambda i: key("order", i))
    third = len(ids) // 3
    again = sorted(ids[:third], key=lambda i: key("repeat", i))[: round(repeats * len(ids))]
    early, late = ids[: len(ids) - third], ids[len(ids) - third :]
    last = [row(i, is_repeat=False) for i in late] + [row(i, is_repeat=True) for i in again]
    return [*(row(i, is_repeat=False) for i in early), *sorted(last, key=lambda item: key("last", item.id))]


def _opaque(segment: Segment, rater: int, is_repeat: bool, seed: int) -> str:
    """Return an id that depends on texts, rater and seed, so that a sheet fits only its own key."""
    content = json.dumps([seed, rater, is_repeat, segment.model_dump()], sort_keys=True, ensure_ascii=False)
    return "r" + hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
