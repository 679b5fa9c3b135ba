"""Check that compared scores come from the same versions, models and settings."""

from collections.abc import Mapping


def common_signatures(signatures: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the signature of each metric, which must be equal everywhere.

    Args:
        signatures: name of the scored item (for messages) -> metric -> signature.

    Raises:
        ValueError: two were scored differently; names both and their signatures.
    """
    found: dict[str, tuple[str, str]] = {}
    for name, own in signatures.items():
        for metric, signature in own.items():
            first, expected = found.setdefault(metric, (name, signature))
            if signature != expected:
                raise ValueError(
                    f"{metric} of {first} and of {name} cannot be compared: scored with {expected} and with "
                    f"{signature}; score both again on one machine, with one installation"
                )
    return {metric: signature for metric, (_, signature) in found.items()}
