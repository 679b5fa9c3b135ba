"""Profiles: named sets of params, one of which is in use.

    python -m gdig.tools.profile list           profiles, and which one is in use
    python -m gdig.tools.profile show NAME      a profile as it would be in use
    python -m gdig.tools.profile use NAME       put it into params.yaml and selectors/params.yaml
    python -m gdig.tools.profile use NAME --preset paper    with a preset over it: G-DIG as its paper has it
    python -m gdig.tools.profile diff [NAME]    what the params in use change in their profile (or in another)
    python -m gdig.tools.profile migrate FILE   rewrite a profile or params.yaml from before `features` was removed

The default profile, embedded, is params.yaml and selectors/params.yaml themselves, complete and commented; while
another is in use, it waits in profiles/default/. Every other profile, profiles/<name>.yaml, says only what differs. A
preset, in profiles/presets/, changes a few keys of any profile.
"""

import argparse
import copy
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from gdig.config import OPTIONAL_PARAMS_FILE, PARAMS_FILE, PROFILES, OptionalSections, parse_params, read_values
from gdig.config.yaml_files import load_yaml, parse_yaml
from gdig.io.files import write_text
from gdig.run.command import command
from gdig.tools.overlay import overlay

DEFAULT = "embedded"
DEFAULT_FOLDER = PROFILES / "default"
PRESETS = PROFILES / "presets"

Texts = dict[Path, str]
"""Text of params.yaml and of selectors/params.yaml, by path."""


def names() -> list[str]:
    """Return the names of all profiles."""
    return sorted([DEFAULT, *(path.stem for path in PROFILES.glob("*.yaml"))])


def presets() -> list[str]:
    """Return the names of all presets."""
    return sorted(path.stem for path in PRESETS.glob("*.yaml"))


def compose(name: str, preset: str | None = None) -> Texts:
    """Return a profile: the default's texts, comments and all, with its own values and a preset's put in.

    Raises:
        ValueError: there is no such profile or preset; its `profile` is not its file's name, so that two would write
            the same folders; it has an unknown key or a value that is not allowed.
    """
    if name not in names():
        raise ValueError(f"there is no profile {name!r}; known are {', '.join(names())}")
    texts, path = _default_texts(), PROFILES / f"{name}.yaml"
    if name != DEFAULT:
        own = _load(path)
        _refuse_features(own, path)
        if own.get("profile") != name:
            raise ValueError(
                f"{path}: profile = {own.get('profile')!r}, but it must be {name!r} like the file: two profiles of one "
                f"name would write the same folders"
            )
        texts = _overlaid(texts, own, str(path))
    if preset:
        if preset not in presets():
            raise ValueError(f"there is no preset {preset!r}; known are {', '.join(presets())}")
        texts = _overlaid(texts, _load(PRESETS / f"{preset}.yaml"), f"{PRESETS / preset}.yaml")
    parse_params(_plain(texts), str(path))
    return texts


def values_of(name: str, preset: str | None = None) -> dict[str, Any]:
    """Return the values of a profile, those of both files in one mapping; raises as `compose`."""
    return _plain(compose(name, preset))


def _default_texts() -> Texts:
    files = (PARAMS_FILE, OPTIONAL_PARAMS_FILE)
    if DEFAULT_FOLDER.is_dir():
        return {file: _waiting(file).read_text(encoding="utf-8") for file in files}
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    if (found := current()) != DEFAULT:
        raise ValueError(
            f"{DEFAULT_FOLDER} is missing, which holds the default profile while {found!r} is in use; restore it, or "
            f"{PARAMS_FILE} and {OPTIONAL_PARAMS_FILE}, from Git"
        )
    return texts


def _waiting(file: Path) -> Path:
    """Return where a file of the default profile waits while another profile is in use."""
    return DEFAULT_FOLDER / file.as_posix().replace("/", "-")


def _overlaid(texts: Texts, own: CommentedMap, source: str) -> Texts:
    optional = {key for key in own if key in OptionalSections.model_fields}
    parts = {PARAMS_FILE: own, OPTIONAL_PARAMS_FILE: copy.copy(own)}
    for key in own.copy():
        parts[PARAMS_FILE if key in optional else OPTIONAL_PARAMS_FILE].pop(key)
    return {file: overlay(texts[file], part, source) if part else texts[file] for file, part in parts.items()}


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
    name: str | None = _load(PARAMS_FILE).get("profile")
    return name


def use(name: str, force: bool, preset: str | None = None) -> None:
    """Put a profile, with a preset over it if one is named, into use.

    Raises:
        ValueError: the params in use hold edits that would be lost, and `force` is off.
    """
    texts = compose(name, preset)
    before = current()
    if before == DEFAULT and not DEFAULT_FOLDER.is_dir():
        if name == DEFAULT and not preset:
            return
        # Edits of the default are kept with it.
        for file in texts:
            write_text(_waiting(file), file.read_text(encoding="utf-8"))
    elif before is not None and not force:
        edits = list(_edits(before)) if before in names() else [("profile", "a profile", before)]
        if edits:
            keys = ", ".join(key for key, _, _ in edits)
            raise ValueError(
                f"the params in use differ from profile {before!r} in {keys}; commit or save the edits, then use "
                f"--force"
            )
    for file, text in texts.items():
        write_text(file, text)
    if name == DEFAULT and not preset:
        shutil.rmtree(DEFAULT_FOLDER)


def migrate(path: Path) -> None:
    """Rewrite a profile, or a params.yaml, from before `features` was removed; comments stay.

    Keys of optional selectors in a params.yaml move to selectors/params.yaml beside it.

    Raises:
        ValueError: there is nothing to migrate.
    """
    if "features" not in _load(path):
        raise ValueError(f"{path}: has no `features`; there is nothing to migrate")
    blocks = [block for block in _blocks(path.read_text(encoding="utf-8").splitlines()) if block[0] != "features"]
    if path.name == PARAMS_FILE.name:
        optional = [block for block in blocks if block[0] in OptionalSections.model_fields]
        blocks = [block for block in blocks if block not in optional]
        _write_blocks(path.parent / OPTIONAL_PARAMS_FILE, optional)
    _write_blocks(path, blocks)


def _write_blocks(path: Path, blocks: list[tuple[str, list[str]]]) -> None:
    write_text(path, "".join(f"{line}\n" for _, lines in blocks for line in lines))


def _blocks(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Return the top-level keys of a YAML text, each with its lines and the comments above it."""
    blocks: list[tuple[str, list[str]]] = []
    above: list[str] = []
    for line in lines:
        if found := re.match(r"(\w+):", line):
            blocks.append((found[1], [*above, line]))
            above = []
        elif line.startswith("#") or not line or not blocks:
            above.append(line)
        else:
            blocks[-1][1].extend([*above, line])
            above = []
    if blocks:
        blocks[-1][1].extend(above)
    return blocks


def _refuse_features(own: Any, path: Path) -> None:
    if "features" in own:
        raise ValueError(
            f"{path}: `features` is gone: a selector is switched on by its name in `selectors` alone; "
            f"`python -m gdig.tools.profile migrate {path}` rewrites the file"
        )


def _edits(name: str) -> Iterator[tuple[str, Any, Any]]:
    return difference(values_of(name), read_values())


def _load(path: Path) -> Any:
    yaml = YAML()
    yaml.preserve_quotes = True
    found = load_yaml(path, yaml)
    if not isinstance(found, dict):
        raise ValueError(f"{path}: no mapping of keys; restore it from Git")
    return found


def _plain(texts: Texts) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for file, text in texts.items():
        values |= parse_yaml(text, str(file))
    return values


def _show_list(console: Console) -> None:
    table = Table("profile", "pool", "base model", "pairs", "budgets", "in use")
    for column in (0, 3, 5):
        table.columns[column].no_wrap = True
    for name in names():
        params = parse_params(values_of(name), name)
        marker = ""
        if name == current():
            marker = "yes, edited" if list(_edits(name)) else "yes"
        budgets = ", ".join(map(str, params.budgets))
        sources = ", ".join(source.name for source in params.pool.sources)
        table.add_row(name, sources, params.base.model, f"{params.pool.num_pool:,}", budgets, marker)
    console.print(table)


def _show_difference(console: Console, name: str) -> None:
    table = Table("key", f"profile {name}", "in use")
    for key, old, new in _edits(name):
        table.add_row(key, str(old), str(new))
    console.print(table if table.row_count else f"the params in use are profile {name}")


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.tools.profile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="profiles, and which one params.yaml is")
    commands.add_parser("migrate", help="rewrite a file from before `features` was removed").add_argument(
        "file", type=Path
    )
    for name in ("show", "use", "diff"):
        sub = commands.add_parser(name)
        sub.add_argument("name", nargs="?" if name == "diff" else None)
        if name != "diff":
            sub.add_argument("--preset", metavar="PRESET", help=f"put over it: {', '.join(presets())}")
        if name == "use":
            sub.add_argument("--force", action="store_true", help="overwrite edits of the params in use")
    arguments = parser.parse_args()
    console = Console()
    if arguments.command == "list":
        _show_list(console)
    elif arguments.command == "show":
        for file, text in compose(arguments.name, arguments.preset).items():
            sys.stdout.write(f"# {file}\n{text}")
    elif arguments.command == "migrate":
        migrate(arguments.file)
        console.print(f"{arguments.file} is migrated")
    elif arguments.command == "diff":
        _show_difference(console, arguments.name or current() or DEFAULT)
    else:
        use(arguments.name, arguments.force, arguments.preset)
        over = f" with preset {arguments.preset}" if arguments.preset else ""
        console.print(f"profile {arguments.name}{over} is in use; `dvc repro` runs what differs")


if __name__ == "__main__":
    main()
