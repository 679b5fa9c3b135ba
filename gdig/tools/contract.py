"""Compare the DVC files with the code: each stage lists exactly the code, params and artifacts that it uses.

DVC does not follow imports, and a dependency that is not listed is a stage that does not run again. This module walks
the syntax trees: imports give the code dependencies, `params.<key>` the params, `paths.<name>` the artifacts. It takes
a fraction of a second, so it runs in the tests and before every commit. Four contracts hold:

1. every module that a stage imports, directly or not, lies in a listed directory;
2. every listed directory holds a module that the stage imports;
3. no stage before `collect` reaches gdig/report or gdig/tools;
4. every param is listed under the file that it stands in.

    python -m gdig.tools.contract          say what differs, exit code 1 if anything does
    python -m gdig.tools.contract --fix    rewrite the code dependencies
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

from gdig.config import OPTIONAL_PARAMS_FILE, PARAMS_FILE, OptionalSections, Params
from gdig.io.files import atomic_file
from gdig.run.command import command
from gdig.run.paths import DVC_FILES, Paths

CANNOT_CHANGE_ARTIFACTS = (Path("gdig", "config"), Path("gdig", "run"))
"""Packages that no stage lists, or every new params key would make every GPU stage stale.

Their effects reach DVC by other ways: config/ only validates, and its values are the stage's params (it has no
defaults); run/ gives paths, which are the stage's deps and outs, and talks to the user. Their imports are not followed
either: a stage that needs one imports it.
"""

SHARED_FILES = frozenset({Path("gdig", "ingest", "noise.py")})
"""Files that stages use without the rest of their package, and then list by themselves."""

OF_SELECTORS = (("gdig", "selectors", "bitext"), ("gdig", "selectors"))
"""Packages whose members belong to one selector each, innermost first."""

AFTER_COLLECT = ("collect", "collect_full", "selection", "significance", "trial_runs", "trials", "dataset", "report")
"""Stages that no selection or training depends on."""

_CELL_ARGUMENT = re.compile(r"--(selector|budget|scorer|kind) (\S+)")


@dataclass(frozen=True)
class Uses:
    """What a stage's module reaches."""

    code: frozenset[str]
    """Its own file, directories, and shared files."""
    modules: frozenset[str]
    params: frozenset[str]
    artifacts: frozenset[str]


def load_stages(root: Path = Path()) -> dict[str, Any]:
    """Return the stages of all DVC files by name, in order, params without the file that they stand in."""
    yaml = YAML(typ="safe", pure=True)
    stages: dict[str, Any] = {}
    for file in DVC_FILES:
        stages |= yaml.load((root / file).read_text(encoding="utf-8"))["stages"]
    return stages


def check(stages: dict[str, Any]) -> list[str]:
    """Return one line for every difference between the stages and the code."""
    problems = []
    for name, stage in stages.items():
        uses = stage_uses(stage["cmd"])
        listed = set(stage.get("deps", []))
        code = {dep for dep in listed if _is_code(dep)}
        artifacts = (listed - code) | _outs(stage)
        for what, wanted, found in (
            ("code", uses.code, code),
            ("param", uses.params, set(params_of(stage))),
            ("artifact", uses.artifacts, artifacts),
        ):
            problems += [f"{name}: {what} {item} is used but not listed" for item in sorted(wanted - found)]
            problems += [f"{name}: {what} {item} is listed but not used" for item in sorted(found - wanted)]
        if name not in AFTER_COLLECT:
            late = (module for module in uses.modules if module.startswith(("gdig/report/", "gdig/tools/")))
            problems += [f"{name}: reaches {module}, which only stages from collect on may" for module in sorted(late)]
        problems += [
            f"{name}: param {key} is listed as of {file}, but stands in {right}"
            for key, file in _params_with_file(stage)
            if file != (right := _home_of(key))
        ]
        if not stage.get("desc"):
            problems.append(f"{name}: desc is missing")
    return problems


def stage_uses(command: str) -> Uses:
    """Return what the stage named in a command, `python -m stages <name> ...`, uses."""
    path = Path("stages", command.split()[3]).with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    values = {
        "profile": "item.profile",
        "estimator": "influence.estimator",
        "revision": "seeds.revision",
        "small_scorer": "rank_superfiltering.scorer",
        "before": "rank_delta_loss.before",
        "answers": "judge.answers",
        "external": "external.scores",
    }
    cell = {name: f"${{{key}}}" for name, key in values.items()} | dict(_CELL_ARGUMENT.findall(command))
    paths = Paths(**cell)
    modules = _import_closure(path)
    return Uses(
        code=frozenset(_code_deps(modules)),
        modules=frozenset(module.as_posix() for module in modules),
        params=frozenset(_params_used(tree)),
        artifacts=frozenset(getattr(paths, name).as_posix() for name in _artifacts_used(tree)),
    )


def params_of(stage: dict[str, Any]) -> list[str]:
    """Return the params of a stage, whichever file they stand in."""
    found: list[str] = []
    for param in stage.get("params", []):
        found += [name for names in param.values() for name in names] if isinstance(param, dict) else [param]
    return found


def _params_with_file(stage: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the params of a stage, each with the file that DVC reads it from."""
    found = []
    for param in stage.get("params", []):
        files = param if isinstance(param, dict) else {PARAMS_FILE.as_posix(): [param]}
        found += [(name, file) for file, names in files.items() for name in names]
    return found


def _home_of(key: str) -> str:
    is_optional = key.partition(".")[0] in OptionalSections.model_fields
    return (OPTIONAL_PARAMS_FILE if is_optional else PARAMS_FILE).as_posix()


def _code_deps(modules: set[Path]) -> set[str]:
    """Return the directories that hold the modules; a selector's own, and files that are shared, by themselves."""
    packages: dict[Path, set[Path]] = {}
    for module in modules:
        depth = next((len(package) + 1 for package in OF_SELECTORS if module.parts[: len(package)] == package), 2)
        packages.setdefault(Path(*module.parts[:depth]), set()).add(module)
    found: set[str] = set()
    for package, members in packages.items():
        found |= {path.as_posix() for path in (members if members <= SHARED_FILES else [package])}
    return found


def _is_code(dep: str) -> bool:
    return dep.startswith(("gdig/", "stages/"))


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


def _import_closure(path: Path) -> set[Path]:
    """Return a file and all files of this repository that it imports, directly or not, as far as they may matter."""
    closure: set[Path] = set()
    queue = [path]
    while queue:
        current = queue.pop()
        if current in closure or any(package in current.parents for package in CANNOT_CHANGE_ARTIFACTS):
            continue
        closure.add(current)
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


def fix(stages: dict[str, Any]) -> bool:
    """Replace the code dependencies of every stage by those of the code, before its data; say whether any differed."""
    changed = False
    for stage in stages.values():
        data = [dep for dep in stage.get("deps", []) if not _is_code(dep)]
        own, *packages = sorted(stage_uses(stage["cmd"]).code, key=lambda dep: (not dep.startswith("stages/"), dep))
        wanted = [own, *packages, *data]
        if list(stage.get("deps", [])) != wanted:
            stage["deps"] = wanted
            changed = True
    return changed


@command
def main() -> None:
    """Check or fix the DVC files."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.tools.contract",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--fix", action="store_true", help="rewrite the code dependencies")
    if parser.parse_args().fix:
        for file in DVC_FILES:
            yaml = YAML()
            yaml.width = 120
            yaml.preserve_quotes = True
            document = yaml.load(file.read_text(encoding="utf-8"))
            if fix(document["stages"]):
                with atomic_file(file) as temporary, temporary.open("w", encoding="utf-8") as stream:
                    yaml.dump(document, stream)
    stages = load_stages()
    problems = check(stages)
    print("\n".join(problems) or f"{len(stages)} stages match the code")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
