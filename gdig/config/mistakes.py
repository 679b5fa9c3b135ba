"""Mistakes in params, told to those who made them."""

from typing import Any


def explain(detail: Any, values: Any) -> str:
    """Return what pydantic found wrong with a value, with its key, the value and the mend."""
    key = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "missing":
        return f"{key} is missing; `python -m gdig.tools.profile diff` shows what the profile has"
    if detail["type"] == "extra_forbidden":
        return f"{key} = {detail['input']!r} is not a known key; check its spelling and section"
    if detail["type"] == "value_error":
        message = detail["msg"].removeprefix("Value error, ")
        return f"{key}: {message}" if key else message
    return f"{key} = {detail['input']!r}: {detail['msg'].lower()}"
