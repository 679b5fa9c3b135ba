"""Commands of `python -m gdig.seeds`."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial as bound
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from gdig.config import Params
from gdig.ingest.sources.corpora import read_seeds
from gdig.io.files import read_json
from gdig.io.records import Pair, read_pairs, write_pairs
from gdig.io.text import keys_of
from gdig.run.paths import Paths
from gdig.seeds.draft import Order, drafts_digest, draw_drafts, order_of
from gdig.seeds.import_ import Task, import_files
from gdig.seeds.revised import RECORD, read_revised, seeds_of
from gdig.seeds.rows import Handout, Returned
from gdig.seeds.sheets.out import copy_out
from gdig.seeds.split_reviewers import split_reviewers
from gdig.seeds.store import check_name, save_revision, track
from gdig.seeds.tsv import read_tsv, write_tsv
from gdig.seeds.xliff import read_xliff, write_xliff
from gdig.seeds.xlsx import read_xlsx, write_xlsx

FORMATS = {"xlsx": (".xlsx",), "xliff": (".xlf", ".xliff"), "tsv": (".tsv", ".csv", ".txt")}
"""Suffixes per format; the first is written, all are read."""


@dataclass(frozen=True)
class Inputs:
    """The pairs that drafts are drawn from (held-out ones, or own seeds) and params that all commands use."""

    params: Params
    paths: Paths
    pairs: list[Pair]
    forbidden: frozenset[str]
    order: Order

    @classmethod
    def of(cls, params: Params) -> "Inputs":
        """Read the raw pairs, and own seeds, of the active profile.

        Raises:
            ValueError: the raw pairs are missing; own seeds cannot be read.
        """
        paths = Paths(profile=params.profile, revision=params.seeds.revision)
        for path in (paths.raw_heldout, paths.raw_valid, paths.raw_test):
            if not path.is_file():
                raise ValueError(
                    f"{path} is missing, and seeds are drawn from the raw pairs, or compared with them; make it with "
                    f"`dvc repro pool@{params.profile}`, or fetch it with `dvc pull`"
                )
        own = bool(params.seeds.sources)
        pairs = read_seeds(params.seeds, params.profile)[0] if own else read_pairs(paths.raw_heldout)
        forbidden = keys_of(read_pairs(paths.raw_valid), read_pairs(paths.raw_test))
        return cls(params, paths, pairs, forbidden, order_of(pairs, forbidden, params.seeds.seed))

    def task(self) -> Task:
        """Draw the drafts."""
        seeds, languages = self.params.seeds, self.params.languages
        drafts = draw_drafts(self.order, seeds.count, seeds.reserve, own=bool(seeds.sources))
        return Task(drafts, seeds.count, (languages.source, languages.target), self.forbidden)


def draft(inputs: Inputs, console: Console) -> bool:
    """Write the drafts and report what was left out."""
    drafts = inputs.task().drafts
    whence = "rows of seeds.sources" if inputs.params.seeds.sources else "held-out pairs"
    path = inputs.paths.seed_drafts
    is_there = path.is_file() and read_pairs(path) == list(drafts)
    if not is_there:
        write_pairs(path, drafts)
    seeds = inputs.params.seeds
    console.print(
        f"{path}: {seeds.count} seeds and {len(drafts) - seeds.count} in reserve, "
        f"{'as before' if is_there else 'written'}; of {len(inputs.pairs)} {whence} {len(inputs.order.pairs)} can be "
        f"seeds"
    )
    for reason, number in sorted(inputs.order.skipped.items()):
        console.print(f"  left out: {number} {reason}")
    return True


def export(
    inputs: Inputs, console: Console, *, out: Path, format: str | None, xliff_version: Any, revisers: int, overlap: int,
    force: bool,
) -> bool:  # fmt: skip
    """Write one file per reviser."""
    kind = _kind(out)
    if format is not None and format != kind:
        raise ValueError(f"--out {out}: a file of --format {format} must end with {FORMATS[format][0]}")
    write: dict[str, Callable[[Path, Handout], None]] = {
        "xlsx": write_xlsx, "tsv": write_tsv, "xliff": bound(write_xliff, version=xliff_version)
    }  # fmt: skip
    task = inputs.task()
    parts = split_reviewers(task.drafts, task.count, revisers, overlap)
    paths = [out] if revisers == 1 else [out.with_name(f"{out.stem}-{n}{out.suffix}") for n in range(1, revisers + 1)]
    with tempfile.TemporaryDirectory() as folder:
        new = [Path(folder) / path.name for path in paths]
        for path, (seeds, reserve) in zip(new, parts, strict=True):
            write[kind](path, Handout(seeds, reserve, *task.languages, drafts_digest(task.drafts)))
        copy_out(new, paths, "revised", force=force)
        for path, (seeds, reserve) in zip(paths, parts, strict=True):
            console.print(f"{path}: {len(seeds)} seeds and {len(reserve)} in reserve")
    return True


def _kind(path: Path) -> str:
    for kind, endings in FORMATS.items():
        if path.suffix.casefold() in endings:
            return kind
    known = " ".join(ending for endings in FORMATS.values() for ending in endings)
    raise ValueError(f"{path}: unknown suffix; save the file as one of {known}")


def import_returned(
    inputs: Inputs, console: Console, *, files: Sequence[Path], name: str | None, reviser: Sequence[str],
    date: Sequence[str], encoding: str | None, partial: bool, check: bool, force: bool,
) -> bool:  # fmt: skip
    """Check returned files; store them as a revision if there are no problems."""
    name = name or files[0].stem
    if not check:
        check_name(name)
    task = inputs.task()
    revisers, dates = _one_each("--reviser", reviser, files), _one_each("--date", date, files)
    returned: list[Returned] = []
    unreadable: list[str] = []
    for path, who, when in zip(files, revisers, dates, strict=True):
        try:
            file = _read(path, task, encoding)
        except ValueError as error:
            unreadable.append(f"{path}: {error}".replace(f"{path}: {path}: ", f"{path}: "))
            continue
        returned.append(replace(file, reviser=who or file.reviser, date=when or file.date))
    report = import_files(returned, unreadable, task, partial=partial)
    _print_lines(console, "problem", report.problems, "; nothing was imported")
    _print_lines(console, "warning", report.warnings)
    _print_statistics(console, report.statistics)
    if report.problems:
        return False
    if check:
        console.print("no problems; nothing was written (--check)")
        return True
    record = {
        "count": task.count,
        "drafts": {"rows": len(task.drafts), "sha256": drafts_digest(task.drafts)},
        "languages": list(task.languages),
        "partial": partial,
        "statistics": report.statistics,
    }
    folder = Paths(profile=inputs.params.profile, revision=name).revision_in_use
    is_same = save_revision(folder, report.rows, record, force=force)
    console.print(f"{folder}: {'the same bytes as before' if is_same else 'written'}")
    track(folder)
    console.print(
        f"tracked by DVC; next:\n  git add {folder.as_posix()}.dvc {folder.parent.as_posix()}/.gitignore\n"
        f"  set seeds.revision: {name} in params.yaml (or the profile), then: dvc repro"
    )
    return True


def _read(path: Path, task: Task, encoding: str | None) -> Returned:
    kind = _kind(path)
    if kind == "xlsx":
        return read_xlsx(path)
    if kind == "xliff":
        return read_xliff(path, encoding)
    return read_tsv(path, {pair.id: pair for pair in task.drafts}, encoding)


def _one_each(option: str, values: Sequence[str], files: Sequence[Path]) -> list[str | None]:
    if len(values) not in (0, 1, len(files)):
        raise ValueError(
            f"{option} is given {len(values)} times for {len(files)} files; give it once, or once per file"
        )
    each: list[str | None] = [*values] or [None]
    return each * len(files) if len(each) == 1 else each


def _print_lines(console: Console, title: str, lines: Sequence[str], consequence: str = "") -> None:
    if lines:
        console.print(f"{len(lines)} {title}{'s' if len(lines) > 1 else ''}{consequence}")
        for line in lines:
            console.print(f"  {line}")


def _print_statistics(console: Console, statistics: dict[str, Any]) -> None:
    table = Table("file", "reviser", "date", "rows", "edited", "rejected")
    for file in statistics["files"]:
        table.add_row(*(str("-" if file[key] is None else file[key]) for key in (
            "name", "reviser", "date", "rows", "edited", "rejected"
        )))  # fmt: skip
    console.print(table)
    distance = statistics["edit_distance"]
    changed = f", by {distance['mean']:.0%} of their characters (median {distance['median']:.0%})" if distance else ""
    console.print(
        f"{statistics['edited_share']:.0%} of the accepted rows are edited{changed}; "
        f"{statistics['rejected']} rejected, {statistics['missing']} missing, {statistics['refilled']} seeds "
        f"from the reserve"
    )
    if agreement := statistics["agreement"]:
        console.print(
            f"{agreement['rows']} rows in several files: {agreement['equal_share']:.0%} equal, similarity "
            f"{agreement['mean_similarity']:.2f} on average; the first file's count"
        )


def status(inputs: Inputs, console: Console) -> bool:
    """Print the drafts and every imported revision."""
    params, folder = inputs.params, inputs.paths.revision_in_use.parent
    seeds = params.seeds
    console.print(
        f"profile {params.profile}: {seeds.count} seeds and {seeds.reserve} in reserve, of {len(inputs.order.pairs)} "
        f"pairs that can be seeds; seeds.revision = {seeds.revision}"
    )
    table = Table("revision", "drafts", "edited", "rejected", "revisers", f"for {seeds.count} seeds")
    tracked = {path.stem for path in folder.glob("*.dvc")}
    written = {path.parent.name for path in folder.glob(f"*/{RECORD}")}
    for name in sorted(tracked | written):
        if not (folder / name / RECORD).is_file():
            table.add_row(name, "", "", "", "", f"not here: dvc pull {(folder / name).as_posix()}")
            continue
        statistics = read_json(folder / name / RECORD)["statistics"]
        try:
            seeds_of(read_revised(folder / name), inputs.order, inputs.pairs, inputs.forbidden, seeds.count)
            fits = "fits"
        except ValueError as error:
            fits = str(error)
        revisers = ", ".join(sorted({file["reviser"] or "unnamed" for file in statistics["files"]}))
        table.add_row(name, *(str(statistics[key]) for key in ("drafts", "edited", "rejected")), revisers, fits)
    console.print(table if table.row_count else "no revision is imported yet")
    return True
