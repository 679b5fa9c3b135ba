"""The licence of a model folder, as far as its own files tell."""

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


def licence_of(folder: Path) -> str | None:
    """Return the licence that the model card's front matter names, or the name of a licence file, or None."""
    return _of_card(folder / "README.md") or next(
        (f"file {path.name}" for pattern in ("LICENSE*", "LICENCE*") for path in sorted(folder.glob(pattern))), None
    )


def _of_card(path: Path) -> str | None:
    if not path.is_file():
        return None
    before, _, rest = path.read_text(encoding="utf-8", errors="replace").partition("---\n")
    matter, end, _ = rest.partition("\n---")
    try:
        values = YAML(typ="safe", pure=True).load(matter) if end and not before.strip("\ufeff") else None
    except YAMLError:
        return None
    if not isinstance(values, dict):
        return None
    # A licence that the hub has no short name for stands under another key.
    named = values.get("license_name") if values.get("license") == "other" else values.get("license")
    return None if named is None else str(named)
