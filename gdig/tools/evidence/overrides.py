"""Changes of params as `dvc exp run -S` takes them, in Hydra's grammar."""

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from gdig.config import OPTIONAL_PARAMS_FILE, OptionalSections, Params, parse_params
from gdig.config.mistakes import MAX_LINE, one_line
from gdig.tools.profile import difference, values_of

_PLAIN = re.compile(r"[a-z_][A-Za-z0-9_-]*")
_NOT_STRINGS = {"null", "true", "false", "yes", "no", "on", "off", "nan", "inf"}


def profile_overrides(values: dict[str, Any], profile: str) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return what makes the params of a profile out of those in use, `values`, and the profile's params.

    Raises:
        ValueError: as `compose`.
    """
    wanted = values_of(profile)
    # In the temporary folder of an experiment a relative path leads elsewhere.
    for source in [*wanted["pool"]["sources"], *wanted["pool"]["valid"], *wanted["pool"]["tests"]]:
        if source["kind"] == "files":
            path = source["path"]
            source["path"] = _absolute(path) if isinstance(path, str) else list(map(_absolute, path))
    changes = difference(values, wanted)
    return tuple(f"{_file_of(key)}{key}={hydra(new)}" for key, _, new in changes), wanted


def hydra(value: Any) -> str:
    """Return a value of params in Hydra's grammar, strings in quotes where they could be something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value not in _NOT_STRINGS:
            return value
        # Before a quote, and nowhere else, a backslash is one that escapes.
        return "'" + re.sub(r"(\\*)('|$)", lambda found: found[1] * 2 + ("\\'" if found[2] else ""), value) + "'"
    if isinstance(value, list):
        return f"[{','.join(map(hydra, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{hydra(item)}" for key, item in value.items()) + "}"
    return repr(value)


def overridden(values: dict[str, Any], overrides: Sequence[str], source: str) -> Params:
    """Return the params that DVC would make of those in use; `source` names them in errors.

    Raises:
        ValueError: it would not, or they are not allowed.
    """
    plain = [override.removeprefix(f"{OPTIONAL_PARAMS_FILE}:") for override in overrides]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        yaml: Any = YAML(typ="safe", pure=True)
        yaml.dump(values, path)
        try:
            apply_overrides(path, plain)
        except Exception as error:  # Hydra's, and those of its parser
            # DVC's error says that an override is wrong, and its cause which one.
            reason = str(error.__cause__ or error).partition("\n")[0]
            raise ValueError(f"{source}: {one_line(reason, MAX_LINE)}") from None
        return parse_params(yaml.load(path), source)


def _file_of(key: str) -> str:
    return f"{OPTIONAL_PARAMS_FILE}:" if key.partition(".")[0] in OptionalSections.model_fields else ""


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - keeps links as they are named, without `..`
