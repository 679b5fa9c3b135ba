"""XLIFF 1.2 and 2.0, the exchange format of CAT tools."""

import io
from collections.abc import Iterator
from typing import Any

from gdig.ingest.readers.rows import Malformed, Row, checked, excerpt
from gdig.ingest.readers.xml import elements, local_name, text_of

UNTRANSLATED = frozenset({"new", "needs-translation", "needs-l10n"})
"""States of a 1.2 target whose text is still to be translated.

`needs-adaptation` is not among them, because only what is no text is missing.
"""
INITIAL = "initial"
"""State of a 2.0 segment that is not translated, if it is written; without a state nothing is known."""


def xliff(stream: io.BufferedReader) -> Iterator[Row | Malformed]:
    """Yield source and target of every `trans-unit` (1.2) or `segment` (2.0).

    Raises:
        ValueError: the file is not well-formed XML.
    """
    for unit in elements(stream, "trans-unit", "segment"):
        source, target = child(unit, "source"), child(unit, "target")
        if source is None:
            yield Malformed("no source", excerpt(text_of(unit).strip()))
        elif why := not_translated(unit) or (f'state="{INITIAL}"' if unit.get("state") == INITIAL else None):
            sides = " | ".join(text_of(side) for side in (source, target) if side is not None)
            yield Malformed("not translated", excerpt(f"{why}: {sides}"))
        elif why := rejected(unit):
            yield Malformed("rejected by a reviser", excerpt(f"{why}: {text_of(source)}"))
        elif target is None:
            yield Malformed("no target", excerpt(text_of(unit).strip()))
        else:
            yield checked(text_of(source), text_of(target))


def child(unit: Any, name: str) -> Any:
    """Return the first direct child of that name, or None; nested suggestions have a source and a target too."""
    return next((element for element in unit if local_name(element) == name), None)


def not_translated(unit: Any) -> str | None:
    """Return what marks a unit as not translated: `translate="no"`, also of a parent, or the state of a 1.2 target."""
    translate = next((value for e in (unit, *unit.iterancestors()) if (value := e.get("translate"))), "yes")
    if translate == "no":
        return 'translate="no"'
    target = child(unit, "target")
    state = target.get("state") if target is not None else None
    return f'state="{state}"' if state in UNTRANSLATED else None


def rejected(unit: Any) -> str | None:
    """Return the state-qualifier (1.2) or subState (2.0) by which a reviser rejects the translation, or None."""
    target = child(unit, "target")
    qualifier = target.get("state-qualifier", "") if target is not None else ""
    sub_state = unit.get("subState", "")
    if qualifier.startswith("rejected"):
        return str(qualifier)
    return str(sub_state) if sub_state.endswith("rejected") else None
