"""One side of a comparison: a selector, in the workspace or at a revision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gdig.config import PARAMS_FILE
from gdig.config.languages import language_code
from gdig.config.yaml_files import parse_yaml
from gdig.io.files import read_json
from gdig.io.records import Pair, read_pairs
from gdig.io.statistics import budget_key
from gdig.report.dvc_files import Metrics
from gdig.run.paths import Paths
from gdig.tools.compare.snapshot import Snapshot, UnavailableError


@dataclass(frozen=True)
class Side:
    """A selector and its results."""

    label: str
    """As the user wrote it: SELECTOR or SELECTOR@REVISION."""
    selector: str
    snapshot: Snapshot
    profile: str
    split: str
    target_language: str
    budgets: Mapping[str, int]
    """Budgets by metric key."""
    metrics: Metrics

    def cell(self, budget: int) -> Paths:
        """Return the paths of one cell; for the whole pool they do not depend on the budget."""
        return Paths(
            profile=self.profile, selector=self.selector, budget="all" if self.selector == "full" else str(budget)
        )

    def get(self, path: Path) -> Path:
        """Return the local path of an artifact.

        Raises:
            UnavailableError: the artifact is missing; names this side and the artifact.
        """
        try:
            return self.snapshot.get(path)
        except UnavailableError as error:
            raise UnavailableError(f"{self.label}: {error}") from None

    def segments(self) -> list[Pair]:
        """Return the pairs of the scored split."""
        paths = self.cell(0)
        return read_pairs(self.get(paths.test if self.split == "test" else paths.valid))

    def signatures(self) -> dict[str, str]:
        """Return version and settings of each metric; empty if cells and significance.json are missing."""
        for budget in self.budgets.values():
            try:
                found: dict[str, str] = read_json(self.get(self.cell(budget).scores))["signatures"]
            except UnavailableError:
                continue
            return found
        try:
            found = read_json(self.get(self.cell(0).significance_metrics)).get("signatures", {})
        except UnavailableError:
            return {}
        return found


def parse_spec(spec: str) -> tuple[str, str | None]:
    """Return the selector and the revision of SELECTOR[@REVISION]; None is the workspace.

    Raises:
        ValueError: one of them is empty.
    """
    selector, at, revision = spec.partition("@")
    if not selector or (at and not revision):
        raise ValueError(f"{spec!r}: say SELECTOR, or SELECTOR@REVISION")
    return selector, revision or None


def open_sides(specs: Sequence[str], folder: Path) -> list[Side]:
    """Return the named sides; sides at the same revision share a snapshot.

    Args:
        specs: distinct SELECTOR or SELECTOR@REVISION.
        folder: folder for files that are not in the workspace.

    Raises:
        ValueError: a side is named twice, or cannot be read.
    """
    if repeated := [spec for spec in specs if specs.count(spec) > 1]:
        raise ValueError(f"{repeated[0]} is compared with itself; name another selector or revision")
    snapshots: dict[str | None, Snapshot] = {}
    for revision in (parse_spec(spec)[1] for spec in specs):
        if revision not in snapshots:
            snapshots[revision] = Snapshot(revision, folder / str(len(snapshots)))
    return [read_side(spec, snapshots[parse_spec(spec)[1]]) for spec in specs]


def read_side(spec: str, snapshot: Snapshot) -> Side:
    """Return a side.

    Args:
        spec: SELECTOR or SELECTOR@REVISION, used as the label.
        snapshot: snapshot of that revision.

    Raises:
        ValueError: the revision has no such selector, no metrics of it, or no valid params.
    """
    selector, revision = parse_spec(spec)
    where = f"{PARAMS_FILE} of {revision}" if revision else str(PARAMS_FILE)
    try:
        params = parse_yaml(snapshot.get(PARAMS_FILE).read_text(encoding="utf-8"), where)
        profile, selectors, budgets = params["profile"], [*params["selectors"], "full"], params["budgets"]
        split, target_language = params["translate"]["split"], language_code(params["languages"]["target"])
    except UnavailableError:
        raise ValueError(f"{where} is missing: no run of this product to compare with") from None
    except (KeyError, TypeError) as error:
        raise ValueError(f"{where} lacks {error}: too old, or of something else; compare with a later one") from None
    if selector not in selectors:
        raise ValueError(f"{spec}: {selector!r} is no selector there; {where} has {', '.join(selectors)}")
    path = Paths(profile=profile, selector=selector).selector_metrics
    try:
        metrics: dict[str, Any] = read_json(snapshot.get(path))
    except UnavailableError:
        remedy = "compare with one at which a run was committed" if revision else "run `dvc repro` first"
        raise ValueError(f"{spec}: {path} is not there; {remedy}") from None
    keys = {budget_key(budget): budget for budget in budgets}
    if missing := keys.keys() - metrics.keys():
        raise ValueError(
            f"{spec}: {path} has no budget {min(keys[key] for key in missing)}, which {where} lists: it is of another "
            f"run"
        )
    return Side(spec, selector, snapshot, profile, split, target_language, keys, metrics)
