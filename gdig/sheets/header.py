"""Where the columns of a returned table stand."""

from collections.abc import Sequence

from gdig.sheets.table import Known


def column_places(header: Sequence[str], known: Known) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the place of each known column, in any order, and warnings about unknown ones.

    Raises:
        ValueError: a column that is needed is not there, or a known one is there twice.
    """
    names = [name.strip().casefold() for name in header]
    if missing := [name for name in known.required if name not in names]:
        found = ", ".join(map(repr, header)) or "nothing"
        raise ValueError(
            f"the header has no column {', '.join(map(repr, missing))} (found: {found}); the first row must name the "
            f"columns {', '.join(known.columns)}"
        )
    if repeated := sorted({name for name in names if name in known.columns and names.count(name) > 1}):
        raise ValueError(f"the header has two columns {repeated[0]!r}; remove one")
    unknown = [name for name in names if name and name not in known.columns]
    warnings = (f"columns that nobody reads: {', '.join(unknown)}",) if unknown else ()
    return {name: names.index(name) for name in known.columns if name in names}, warnings
