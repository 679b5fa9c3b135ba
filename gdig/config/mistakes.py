"""Mistakes in params, told to those who made them in one line."""

import unicodedata
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

S = TypeVar("S", bound=BaseModel)

MAX_TOLD = 3
"""Mistakes that one line tells."""
MAX_VALUE = 120
MAX_LINE = 800
"""Characters of a value, and of what is told of one mistake."""


def validated(section: type[S], values: Any, source: str) -> S:
    """Return a section of values from anywhere: a file, or options of a command.

    Args:
        section: what the values must be.
        values: a mapping.
        source: names where they come from in errors.

    Raises:
        ValueError: names the source, each wrong key, its value and what is allowed, in one line.
    """
    try:
        return section.model_validate(values)
    except ValidationError as error:
        raise ValueError(f"{source}: {mistakes(error, values)}") from None


def mistakes(error: ValidationError, values: Any, within: str = "") -> str:
    """Return in one line what pydantic found wrong with values; `within` is their own key."""
    told = (explain(detail, values, within) for detail in error.errors(include_url=False))
    found = list(dict.fromkeys(told))
    more = f"; and {len(found) - MAX_TOLD} more" if len(found) > MAX_TOLD else ""
    return "; ".join(found[:MAX_TOLD]) + more


def explain(detail: Any, values: Any, within: str = "") -> str:
    """Return what pydantic found wrong with a value, with its key, the value and the remedy."""
    key = ".".join(filter(None, (within, _key(detail, values))))
    return one_line(_explain(detail, key), MAX_LINE)


def _key(detail: Any, values: Any) -> str:
    """Return the dotted key of a mistake, without what pydantic adds to tell the kinds of a value apart."""
    parts: list[str] = []
    for part in detail["loc"]:
        if (isinstance(part, int) and isinstance(values, list | tuple)) or (
            isinstance(values, Mapping) and part in values
        ):
            values = values[part]
        elif detail["type"] != "missing" or part != detail["loc"][-1]:
            continue
        parts.append(str(part))
    return ".".join(parts)


def _explain(detail: Any, key: str) -> str:
    if detail["type"] == "missing":
        return f"{key} is missing; `python -m gdig.tools.profile diff` shows what the profile has"
    if detail["type"] == "extra_forbidden":
        return f"{key} = {_shown(detail['input'])} is not a known key; check its spelling and section"
    if detail["type"] == "value_error":
        message = detail["msg"].removeprefix("Value error, ")
        return f"{key}: {message}" if key else message
    named = f"{key} = " if key else ""
    return f"{named}{_shown(detail['input'])}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"


def one_line(text: str, limit: int) -> str:
    """Return text with what would break a line or a terminal escaped, and its middle left out where it is long."""
    escaped = "".join(
        character.encode("unicode_escape").decode() if unicodedata.category(character) in _BREAKING else character
        for character in text
    )
    return escaped if len(escaped) <= limit else f"{escaped[: limit * 3 // 4]} ... {escaped[-limit // 4 :]}"


_BREAKING = ("Cc", "Cf", "Cs", "Zl", "Zp")


def _shown(value: Any) -> str:
    try:
        return one_line(repr(value), MAX_VALUE)
    except ValueError:
        return "a number of thousands of digits"
