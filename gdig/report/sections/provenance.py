"""Provenance of a run: packages, params, and the content of every artifact."""

import io
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from markupsafe import Markup
from rich.filesize import decimal
from ruamel.yaml import YAML

from gdig.report.lock import Artifact, Locked
from gdig.report.render import Row, Table, render

_PACKAGES = ("gdig", "dvc", "torch", "transformers", "tokenizers", "numpy", "scikit-learn", "sacrebleu",
             "vl-convert-python")  # fmt: skip


def provenance_section(stages: Sequence[Locked]) -> Markup:
    """Return versions of packages and, from dvc.lock, the params in effect and the hash of every artifact.

    Args:
        stages: stages of dvc.lock that the report depends on.
    """
    packages = Table(
        ["package", "version"], [(name, [version(name)], False) for name in _PACKAGES], of_text=True, label="Packages"
    )
    made = {out.path for stage in stages for out in stage.outs}
    given = {
        artifact.path: artifact for stage in stages for artifact in stage.inputs if not _is_within(artifact.path, made)
    }
    artifacts: list[Row] = [
        (out.path, [stage.name, *_content(out)], False)
        for stage in stages
        for out in stage.outs
        if not out.path.startswith("metrics/")
    ]
    inputs: list[Row] = [(path, _content(artifact), False) for path, artifact in sorted(given.items())]
    return render(
        "provenance.html.j2",
        packages=packages,
        has_lock=bool(stages),
        params=_params(stages),
        artifacts=Table(["path", "stage", "MD5", "size"], artifacts, of_text=True, label="Artifacts"),
        inputs=Table(["path", "MD5", "size"], inputs, of_text=True, label="Inputs"),
    )


def _is_within(path: str, made: set[str]) -> bool:
    """Return whether a path is an output, contains one, or lies in one."""
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
    return stream.getvalue()


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
