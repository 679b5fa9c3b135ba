"""Param overrides for `dvc exp run -S`, in Hydra's grammar."""

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from gdig.config import Params, parse_params
from gdig.tools.profile import compose, difference

_PLAIN = re.compile(r"[a-z_][A-Za-z0-9_-]*")
_NOT_STRINGS = {"null", "true", "false", "yes", "no", "on", "off", "nan", "inf"}


def profile_overrides(params_text: str, profile: str) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the overrides that turn the current params into those of a profile, and the profile's params.

    Raises:
        ValueError: see `compose`.
    """
    wanted = _plain(compose(profile))
    # Relative paths are not valid in the temporary folder of an experiment.
    for source in [*wanted["pool"]["sources"], *wanted["pool"]["valid"], *wanted["pool"]["tests"]]:
        if source["kind"] == "files":
            path = source["path"]
            source["path"] = _absolute(path) if isinstance(path, str) else list(map(_absolute, path))
    changes = difference(_plain(params_text), wanted)
    return tuple(f"{key}={hydra(new)}" for key, _, new in changes), wanted


def hydra(value: Any) -> str:
    """Return a params value in Hydra's grammar, with quotes around ambiguous strings."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value not in _NOT_STRINGS:
            return value
        # A backslash escapes only before a quote.
        return "'" + re.sub(r"(\\*)('|$)", lambda found: found[1] * 2 + ("\\'" if found[2] else ""), value) + "'"
    if isinstance(value, list):
        return f"[{','.join(map(hydra, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{hydra(item)}" for key, item in value.items()) + "}"
    return repr(value)


def overridden(params_text: str, overrides: Sequence[str], source: str) -> Params:
    """Return the params that DVC would compose; `source` names them in errors.

    Raises:
        ValueError: DVC refuses the overrides, or the params are not valid.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        path.write_text(params_text, encoding="utf-8")
        try:
            apply_overrides(path, list(overrides))
        except Exception as error:  # errors of Hydra and its parser
            raise ValueError(f"{source}: {error}") from None
        return parse_params(_plain(path.read_text(encoding="utf-8")), source)


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - keeps links as they are named, without `..`


def _plain(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)
