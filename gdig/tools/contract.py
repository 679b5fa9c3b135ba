"""Hold dvc.yaml against the code: each stage lists exactly the modules, params and artifacts that it uses.

DVC does not follow imports, and a dependency that is not listed is a stage that does not run again. This module walks
the syntax trees: imports give the module dependencies, `params.<key>` the params, `paths.<name>` the artifacts. It
takes a fraction of a second, so it runs in the tests and before every commit.

    python -m gdig.tools.contract          say what differs, exit code 1 if anything does
    python -m gdig.tools.contract --fix    rewrite the module dependencies in dvc.yaml
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gdig.config import Params
from gdig.io.files import atomic_file
from gdig.run.paths import Paths

DVC_FILE = Path("dvc.yaml")

CANNOT_CHANGE_ARTIFACTS = frozenset(Path("gdig", name) for name in ("config", "paths.py", "stage.py", "progress.py"))
"""Modules that no stage lists, or every new params key would make every GPU stage stale.

What they decide reaches DVC by other ways: config/ only validates, and its values are the stage's params (it has no
defaults); paths.py gives the stage's deps and outs; stage.py and progress.py only talk to the user. What these import
is not followed either: a stage that needs it imports it.
"""

_CELL_ARGUMENT = re.compile(r"--(selector|budget|scorer|kind) (\S+)")


@dataclass(frozen=True)
class Uses:
    """What a stage's module reaches."""

    modules: frozenset[str]
    params: frozenset[str]
    artifacts: frozenset[str]


def check(stages: dict[str, Any]) -> list[str]:
    """Return one line for every difference between dvc.yaml's stages and the code."""
    problems = []
    for name, stage in stages.items():
        uses = stage_uses(stage["cmd"])
        listed = set(stage.get("deps", []))
        modules = {dep for dep in listed if dep.endswith(".py")}
        artifacts = (listed - modules) | _outs(stage)
        params = set(stage.get("params", []))
        for what, wanted, found in (
            ("module", uses.modules, modules),
            ("param", uses.params, params),
            ("artifact", uses.artifacts, artifacts),
        ):
            problems += [f"{name}: {what} {item} is used but not listed" for item in sorted(wanted - found)]
            problems += [f"{name}: {what} {item} is listed but not used" for item in sorted(found - wanted)]
        if not stage.get("desc"):
            problems.append(f"{name}: desc is missing")
    return problems


def stage_uses(command: str) -> Uses:
    """Return what the stage module named in a command uses."""
    module = command.split()[2]
    path = Path(*module.split(".")).with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    values = {
        "profile": "item.profile",
        "estimator": "influence.estimator",
        "revision": "seeds.revision",
        "small_scorer": "rank_superfiltering.scorer",
        "before": "rank_delta_loss.before",
        "answers": "judge.answers",
    }
    cell = {name: f"${{{key}}}" for name, key in values.items()} | dict(_CELL_ARGUMENT.findall(command))
    paths = Paths(**cell)
    return Uses(
        modules=frozenset(_import_closure(path)),
        params=frozenset(_params_used(tree)),
        artifacts=frozenset(getattr(paths, name).as_posix() for name in _artifacts_used(tree)),
    )


def _outs(stage: dict[str, Any]) -> set[str]:
    outs: set[str] = set()
    for kind in ("outs", "metrics", "plots"):
        outs |= {next(iter(out)) if isinstance(out, dict) else out for out in stage.get(kind, [])}
    return outs


def _artifacts_used(tree: ast.AST) -> set[str]:
    return {name[1] for name in _dotted_names(tree) if name[0] == "paths" and len(name) > 1}


def _params_used(tree: ast.AST) -> set[str]:
    """Return the keys read: `params.section`, or `params.section.key` where a module uses some keys of it only.

    `profile` is not counted: it is the matrix that names the stage.
    """
    names = [name for name in _dotted_names(tree) if name[0] == "params" and len(name) > 1]
    whole = {name[1] for name in names if len(name) == 2}
    parts: dict[str, set[str]] = {}
    for _, section, *key in names:
        if section not in whole:
            parts.setdefault(section, set()).add(key[0])
    for section in [section for section, keys in parts.items() if keys == _keys_of(section)]:
        whole.add(section)
        del parts[section]
    return (whole | {f"{section}.{key}" for section, keys in parts.items() for key in keys}) - {"profile"}


def _keys_of(section: str) -> set[str]:
    annotation = Params.model_fields[section].annotation
    return set(getattr(annotation, "model_fields", ()))


def _dotted_names(tree: ast.AST) -> Iterator[tuple[str, ...]]:
    """Yield every dotted name, such as ("params", "pool", "seed"), but none that is only the start of another."""
    starts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if id(node) in starts:
            continue
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            yield (node.id, *reversed(parts))


def _import_closure(path: Path) -> set[str]:
    """Return a file and all files of this repository that it imports, directly or not, as far as they may matter."""
    closure: set[str] = set()
    queue = [path]
    while queue:
        current = queue.pop()
        if current.as_posix() in closure or {current, current.parent} & CANNOT_CHANGE_ARTIFACTS:
            continue
        closure.add(current.as_posix())
        queue += _imported(current.absolute())
    return closure


@cache
def _imported(path: Path) -> list[Path]:
    """Return the files of this repository that a file imports; many stages reach the same ones."""
    files: list[Path] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            files += [file for alias in node.names for file in _files_of(alias.name)]
        elif isinstance(node, ast.ImportFrom) and node.module:
            files += _files_of(node.module)
            files += [file for alias in node.names for file in _files_of(f"{node.module}.{alias.name}")]
    return files


def _files_of(module: str) -> list[Path]:
    """Return the file of a module of this repository; what packages hold themselves changes no artifact."""
    path = Path(*module.split(".")).with_suffix(".py")
    return [path] if module.split(".")[0] in ("gdig", "stages") and path.is_file() else []


def fix(stages: dict[str, Any]) -> None:
    """Replace the module dependencies of every stage by those of the code, modules first."""
    for stage in stages.values():
        data = [dep for dep in stage.get("deps", []) if not dep.endswith(".py")]
        stage["deps"] = [*sorted(stage_uses(stage["cmd"]).modules), *data]


def main() -> None:
    """Check or fix dvc.yaml."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.tools.contract",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--fix", action="store_true", help="rewrite the module dependencies in dvc.yaml")
    arguments = parser.parse_args()
    yaml = YAML()
    yaml.width = 1000
    document = yaml.load(DVC_FILE.read_text(encoding="utf-8"))
    if arguments.fix:
        fix(document["stages"])
        with atomic_file(DVC_FILE) as temporary, temporary.open("w", encoding="utf-8") as stream:
            yaml.dump(document, stream)
    problems = check(document["stages"])
    print("\n".join(problems) or f"{DVC_FILE}: {len(document['stages'])} stages match the code")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
