"""Collect results of conditions from their experiments into one committed file per grid."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gdig.config import PARAMS_FILE
from gdig.config.yaml_files import load_yaml
from gdig.io.files import read_json
from gdig.io.records import read_rows, write_rows
from gdig.report.gains.results import file_of
from gdig.run.paths import Paths
from gdig.tools.compare.snapshot import Snapshot, UnavailableError
from gdig.tools.evidence.conditions import Condition


def collect(conditions: Sequence[Condition]) -> None:
    """Write the results of the conditions that were run, in order; replaces the file.

    For each condition, a row {id, row: condition, profile, pool, rate, kind, ...} has the contents of
    `metrics/<profile>/trials.json` and `cleanliness.json`, and rows {id, row: run, experiment, ...} have its runs.

    Args:
        conditions: conditions of one grid.

    Raises:
        ValueError: results are in neither DVC's cache nor its remote.
    """
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for condition in conditions for row in _rows(condition, Path(folder))]
    write_rows(file_of(conditions[0].grid), rows)


def _rows(condition: Condition, folder: Path) -> Iterator[dict[str, Any]]:
    name, paths = condition.experiment.name, Paths(profile=condition.profile)
    snapshot = Snapshot(name, folder / name)
    try:
        summary, runs = read_json(snapshot.get(paths.trials_metrics)), read_rows(snapshot.get(paths.trials))
    except UnavailableError as error:
        raise ValueError(
            f"{name}: {error}; `python -m gdig.tools.evidence run {condition.grid} --again` makes it"
        ) from None
    del summary["bleu"]  # rows have it
    selectors = load_yaml(snapshot.get(PARAMS_FILE))["selectors"]
    try:
        # Without the selector that needs it, a file of that name is of the commit that the experiment began at.
        found = read_json(snapshot.get(paths.cleanliness_metrics)) if "gdig_joint" in selectors else None
    except UnavailableError:
        found = None
    summary["cleanliness"] = found
    yield {"id": name, "row": "condition", **condition.fields, **summary}
    for run in runs:
        yield {**run, "id": f"{name}/{run['id']}", "row": "run", "experiment": name, **condition.fields}
