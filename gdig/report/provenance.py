"""What a run was made from: code, params, and the content of every artifact."""

import io
import subprocess
from collections.abc import Mapping, Sequence
from html import escape
from importlib.metadata import version
from typing import Any

from rich.filesize import decimal
from ruamel.yaml import YAML

from gdig.report.lock import Artifact, Locked
from gdig.report.table import table

_PACKAGES = ("gdig", "dvc", "torch", "transformers", "tokenizers", "numpy", "scikit-learn", "sacrebleu",
             "vl-convert-python")  # fmt: skip
_CODE = ("gdig", "stages", "dvc.yaml", "params.yaml", "profiles", "requirements.lock")


def git_revision() -> str:
    """Return the commit that is checked out, and whether code or params differ from it."""
    commit = _git("rev-parse", "HEAD")
    if not commit:
        return "not known: not in a Git repository"
    changed = _git("status", "--porcelain", "--", *_CODE)
    return f"{commit}, with changes to code or params" if changed else commit


def provenance_section(stages: Sequence[Locked], revision: str) -> str:
    """Return the section.

    Args:
        stages: as dvc.lock has them.
        revision: of the code that wrote the page.
    """
    rows = [("Git revision", [revision], False), *((name, [version(name)], False) for name in _PACKAGES)]
    parts = [
        "<p>Of the page: the code that wrote it. Of the artifacts: what <code>dvc.lock</code> says they came from.</p>",
        table(["what", "which"], rows, of_text=True, label="Code and packages"),
    ]
    if not stages:
        return "\n".join([*parts, "<p>There is no dvc.lock, so that nothing is known of the artifacts.</p>"])
    made = {out.path for stage in stages for out in stage.outs}
    given = {
        artifact.path: artifact for stage in stages for artifact in stage.inputs if not _is_within(artifact.path, made)
    }
    artifacts = [
        (out.path, [stage.name, *_content(out)], False)
        for stage in stages
        for out in stage.outs
        if not out.path.startswith("metrics/")
    ]
    return "\n".join(
        [
            *parts,
            f"<details><summary>Params in effect</summary>{_params(stages)}</details>",
            f"<details><summary>Artifacts: {len(artifacts):,} hashes</summary>",
            table(["path", "stage", "MD5", "size"], artifacts, of_text=True, label="Artifacts"),
            "</details>",
            "<details><summary>Inputs that no stage makes</summary>",
            table(["path", "MD5", "size"], [(path, _content(a), False) for path, a in sorted(given.items())],
                  of_text=True, label="Inputs"),
            "</details>",
        ]
    )  # fmt: skip


def _is_within(path: str, made: set[str]) -> bool:
    """Return whether a path is an output, holds some, or lies in one."""
    return any(path == out or path.startswith(f"{out}/") or out.startswith(f"{path}/") for out in made)


def _content(artifact: Artifact) -> list[str]:
    return [artifact.hash, decimal(artifact.size)]


def _params(stages: Sequence[Locked]) -> str:
    """Return the params of all stages, as YAML; a stage names a section, or keys of it as `section.key`."""
    merged: dict[str, Any] = {}
    for stage in stages:
        for key, value in stage.params.items():
            _put(merged, key.split("."), value)
    stream = io.StringIO()
    yaml = YAML()
    yaml.dump(_sorted(merged), stream)
    return f'<pre tabindex="0">{escape(stream.getvalue())}</pre>'


def _put(place: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    *sections, last = keys
    for section in sections:
        place = place.setdefault(section, {})
    if isinstance(value, Mapping) and isinstance(place.get(last), dict):
        place[last] = {**place[last], **value}
    else:
        place[last] = dict(value) if isinstance(value, Mapping) else value


def _sorted(value: Any) -> Any:
    return {key: _sorted(value[key]) for key in sorted(value)} if isinstance(value, Mapping) else value


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
