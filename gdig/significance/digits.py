"""Numbers as they are written."""

from typing import Any


def shortened(value: Any) -> Any:
    """Return a JSON value with four decimals, or four digits of small numbers: a p value of 1e-8 is not zero."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, float):
        return round(value, 4) if abs(value) >= 0.1 else float(f"{value:.4g}")
    return value
