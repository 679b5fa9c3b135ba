"""Output of every reader: a row, or the reason it is malformed, so that no row is dropped silently or shifted."""

from dataclasses import dataclass

Row = tuple[str, str]
"""Source and target text, neither empty."""

MAX_EXCERPT = 200
"""Characters of a rejected row shown in reports."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A rejected row; it still counts in the row numbering."""

    reason: str
    """One of a few fixed reasons, by which rejects are counted."""
    text: str
    """Start of the row, and the position of the error."""


def excerpt(text: str) -> str:
    """Return the start of a text, safe to write to any file."""
    return text[:MAX_EXCERPT].encode("utf-8", "backslashreplace").decode()


def checked(src: object, trg: object) -> Row | Malformed:
    """Return two sides as a row if both are text."""
    if not isinstance(src, str) or not isinstance(trg, str):
        return Malformed("side is not a text", excerpt(f"{src!r} | {trg!r}"))
    if is_blank(src) or is_blank(trg):
        return Malformed("empty side", excerpt(f"{src} | {trg}"))
    if "\0" in src or "\0" in trg:
        return Malformed("NUL character", excerpt(f"{src!r} | {trg!r}"))
    try:
        (src + trg).encode()
    except UnicodeEncodeError:
        return Malformed("invalid UTF-8", excerpt(f"{src!r} | {trg!r}"))
    return src, trg


def is_blank(text: str) -> bool:
    """Return whether a text is empty or only white space."""
    return not text or text.isspace()


def score_problem(value: object, minimum: float) -> str | None:
    """Return why a row with this score is rejected, or None."""
    try:
        score = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return "score is no number"
    if score != score:
        return "score is no number"
    return f"score below {minimum:g}" if score < minimum else None


def column_index(names: list[str], column: str, file: str) -> int:
    """Return the position of a column.

    Raises:
        ValueError: no column or more than one column has that name; lists the columns.
    """
    if (count := names.count(column)) != 1:
        raise ValueError(
            f"{file}: {count or 'no'} columns are named {column!r}; set `columns` to two of {', '.join(names)}"
        )
    return names.index(column)
