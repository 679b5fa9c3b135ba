"""Profiles: named sets of params in profiles/, one of which is params.yaml.

    python -m gdig.tools.profile list           profiles, and which one params.yaml is
    python -m gdig.tools.profile show NAME      a profile as it would become params.yaml
    python -m gdig.tools.profile use NAME       make it params.yaml
    python -m gdig.tools.profile use NAME --preset paper    with a preset over it: G-DIG as its paper has it
    python -m gdig.tools.profile diff [NAME]    what params.yaml changes in its profile (or in another)

The default profile is complete and commented; every other says only what differs from it. A preset, in
profiles/presets/, changes a few keys of any profile.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gdig.config import PARAMS_FILE, PROFILES, parse_params
from gdig.io.files import write_text
from gdig.tools.overlay import overlay

DEFAULT = "embedded"
PRESETS = PROFILES / "presets"


def names() -> list[str]:
    """Return the names of all profiles."""
    return sorted(path.stem for path in PROFILES.glob("*.yaml"))


def presets() -> list[str]:
    """Return the names of all presets."""
    return sorted(path.stem for path in PRESETS.glob("*.yaml"))


def compose(name: str, preset: str | None = None) -> str:
    """Return the text of a profile: the default's, comments and all, with its own values and a preset's put in.

    Raises:
        ValueError: there is no such profile or preset; it names itself otherwise than its file, so that two would
            write the same folders; it has an unknown key or a value that is not allowed.
    """
    if name not in names():
        raise ValueError(f"there is no profile {name!r}; known are {', '.join(names())}")
    text = (PROFILES / f"{DEFAULT}.yaml").read_text(encoding="utf-8")
    own = _load(PROFILES / f"{name}.yaml")
    if own.get("profile") != name:
        raise ValueError(
            f"{PROFILES / name}.yaml: profile = {own.get('profile')!r}, but it must be {name!r} like the file: two "
            f"profiles of one name would write the same folders"
        )
    if name != DEFAULT:
        text = overlay(text, own, f"{PROFILES / name}.yaml")
    if preset:
        if preset not in presets():
            raise ValueError(f"there is no preset {preset!r}; known are {', '.join(presets())}")
        text = overlay(text, _load(PRESETS / f"{preset}.yaml"), f"{PRESETS / preset}.yaml")
    parse_params(_plain(text), f"{PROFILES / name}.yaml")
    return text


def difference(old: Any, new: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield (dotted key, old value, new value) wherever two mappings differ; a missing value is None."""
    if isinstance(old, dict) and isinstance(new, dict):
        for part in [*old, *(part for part in new if part not in old)]:
            yield from difference(old.get(part), new.get(part), f"{key}.{part}" if key else part)
    elif old != new:
        yield key, old, new


def current() -> str | None:
    """Return the profile that params.yaml says it is, if there is one.

    Raises:
        ValueError: params.yaml cannot be read.
    """
    if not PARAMS_FILE.exists():
        return None
    params = _load(PARAMS_FILE)
    if not isinstance(params, dict):
        raise ValueError(
            f"{PARAMS_FILE}: no mapping of keys; `python -m gdig.tools.profile use NAME --force` makes it anew"
        )
    return params.get("profile")


def use(name: str, force: bool, preset: str | None = None) -> None:
    """Make a profile, with a preset over it if one is named, params.yaml.

    Raises:
        ValueError: params.yaml holds edits that would be lost, and `force` is off.
    """
    text = compose(name, preset)
    before = None if force else current()
    if before is not None:
        edits = list(_edits(before)) if before in names() else [("profile", "a profile", before)]
        if edits:
            keys = ", ".join(key for key, _, _ in edits)
            raise ValueError(
                f"{PARAMS_FILE} differs from profile {before!r} in {keys}; commit or save the edits, then use --force"
            )
    write_text(PARAMS_FILE, text)


def _edits(name: str) -> Iterator[tuple[str, Any, Any]]:
    return difference(_plain(compose(name)), _plain(PARAMS_FILE.read_text(encoding="utf-8")))


def _load(path: Path) -> Any:
    yaml = YAML()
    yaml.preserve_quotes = True
    try:
        return yaml.load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise ValueError(f"{path}: not YAML: {error}") from None


def _plain(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def _show_list(console: Console) -> None:
    table = Table("profile", "pool", "base model", "pairs", "budgets", "in use")
    for column in (0, 3, 5):
        table.columns[column].no_wrap = True
    for name in names():
        params = parse_params(_plain(compose(name)), name)
        marker = ""
        if name == current():
            marker = "yes, edited" if list(_edits(name)) else "yes"
        budgets = ", ".join(map(str, params.budgets))
        sources = ", ".join(source.name for source in params.pool.sources)
        table.add_row(name, sources, params.base.model, f"{params.pool.num_pool:,}", budgets, marker)
    console.print(table)


def _show_difference(console: Console, name: str) -> None:
    table = Table("key", f"profile {name}", str(PARAMS_FILE))
    for key, old, new in _edits(name):
        table.add_row(key, str(old), str(new))
    console.print(table if table.row_count else f"{PARAMS_FILE} is profile {name}")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.tools.profile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="profiles, and which one params.yaml is")
    for command in ("show", "use", "diff"):
        sub = commands.add_parser(command)
        sub.add_argument("name", nargs="?" if command == "diff" else None)
        if command != "diff":
            sub.add_argument("--preset", metavar="PRESET", help=f"put over it: {', '.join(presets())}")
        if command == "use":
            sub.add_argument("--force", action="store_true", help="overwrite edits of params.yaml")
    arguments = parser.parse_args()
    console = Console()
    try:
        if arguments.command == "list":
            _show_list(console)
        elif arguments.command == "show":
            sys.stdout.write(compose(arguments.name, arguments.preset))
        elif arguments.command == "diff":
            _show_difference(console, arguments.name or current() or DEFAULT)
        else:
            use(arguments.name, arguments.force, arguments.preset)
            over = f" with preset {arguments.preset}" if arguments.preset else ""
            console.print(f"{PARAMS_FILE} is now profile {arguments.name}{over}; `dvc repro` runs what differs")
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
