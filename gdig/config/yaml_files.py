"""YAML files, whose mistakes are told in one line with file and line."""

import shlex
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

REPOSITORY = Path(__file__).parents[2]


def load_yaml(path: Path, yaml: YAML | None = None) -> Any:
    """Return what a YAML file holds.

    Args:
        path: of the file.
        yaml: what loads it; default: plain values.

    Raises:
        ValueError: there is no such file, or it is not YAML; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ValueError(f"there is no {path} here; {go_to_root()}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: invalid UTF-8 at byte {error.start}; convert the file to UTF-8") from None
    return parse_yaml(text, str(path), yaml)


def parse_yaml(text: str, source: str, yaml: YAML | None = None) -> Any:
    """Return what a YAML text holds; `source` names it in errors.

    Raises:
        ValueError: it is not YAML; names the line.
    """
    try:
        return (yaml or YAML(typ="safe", pure=True)).load(text)
    except DuplicateKeyError as error:
        line = error.problem_mark.line + 1
        key = text.splitlines()[line - 1].strip().partition(":")[0]
        raise ValueError(f"{source}, line {line}: the key {key} stands there twice; take one out") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise ValueError(f"{source}{where}: not YAML: {_first_line(error.problem or error.context)}") from None
    except (YAMLError, ValueError, RecursionError) as error:
        # A date or a number that Python has none of is a ValueError.
        raise ValueError(f"{source}: not YAML: {_first_line(error)}") from None


def go_to_root() -> str:
    """Return the advice to those who are outside the repository root, with the root that is meant."""
    here = Path.cwd()
    root = next((folder for folder in here.parents if (folder / "dvc.yaml").is_file()), REPOSITORY)
    return f"commands run in the root of the repository: cd {shlex.quote(str(root))}"


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]
