"""Commands of `python -m gdig.tools.humaneval`."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from gdig.config import load_params
from gdig.io.files import digest, rounded, write_json
from gdig.seeds.sheets.out import copy_out
from gdig.seeds.sheets.table import Table
from gdig.tools.humaneval.campaign import Kind, read_key, write_key
from gdig.tools.humaneval.draw import draw_campaign
from gdig.tools.humaneval.results import results
from gdig.tools.humaneval.sheet import FORMATS, format_of, read_sheet, write_sheet
from gdig.tools.humaneval.show import print_results
from gdig.tools.humaneval.systems import file_sources, paths_of_cells, segments_of, split_sources
from gdig.tools.humaneval.take import import_sheets

DIGITS = 10
"""Digits of numbers in JSON; further digits differ between machines."""


def sheet(
    console: Console, *, systems: Sequence[tuple[str, Path]], selectors: Sequence[str], budget: str | None,
    seed_of_training: int | None, sources: Path | None, references: Path | None, kind: Kind, count: int,
    repeats: float, raters: int, shared: int | None, with_reference: bool, seed: int, out: Path, force: bool,
) -> bool:  # fmt: skip
    """Write one sheet per rater, and the key."""
    suffix = FORMATS[format_of(out)][0]
    if out.suffix != suffix:
        raise ValueError(f"--out {out}: a sheet is written as .xlsx or .tsv")
    if references is not None and sources is None:
        raise ValueError("--references goes with --sources; without both, the split of the profile in use is taken")
    if not selectors and (budget is not None or seed_of_training is not None):
        raise ValueError("--budget and --seed-of-training go with --selectors; name the cells that are meant")
    params = load_params() if selectors or sources is None else None
    files = {} if params is None else paths_of_cells(params, selectors, budget, seed_of_training)
    for name, path in systems:
        if name in files:
            raise ValueError(f"--systems {name}={path}: there is a system {name} already; name it otherwise")
        files[name] = path
    if sources is not None:
        pairs = file_sources(sources, references)
    else:
        assert params is not None
        pairs = split_sources(params)
    segments, origins = segments_of(pairs, files)
    campaign = draw_campaign(
        segments, origins, kind=kind, count=count, repeats=repeats, raters=raters, shared=shared,
        with_reference=with_reference, seed=seed,
    )  # fmt: skip
    names = [out] if raters == 1 else [out.with_name(f"{out.stem}-{n}{out.suffix}") for n in campaign.raters()]
    # Write the key first, so that no sheet exists without it.
    paths = [out.with_name(f"{out.name}.key.json"), *names]
    with tempfile.TemporaryDirectory() as folder:
        new = [Path(folder) / path.name for path in paths]
        write_key(new[0], campaign)
        rows = [write_sheet(path, campaign, rater) for rater, path in enumerate(new[1:], start=1)]
        copy_out(new, paths, "sent out or filled in", force=force)
    for path, number in zip(names, rows, strict=True):
        console.print(f"{path}: {number} rows")
    if campaign.equal:
        console.print(f"{len(campaign.equal)} of {count} segments are translated alike by both: ties, in no sheet")
    console.print(f"{paths[0]}: the key; keep it, and show it to no rater")
    return True


def import_returned(
    console: Console, *, files: Sequence[Path], key: Path, partial: bool, encoding: str | None, out: Path | None
) -> bool:
    """Check returned sheets; compute the results if there are no problems."""
    campaign = read_key(key)
    tables: list[tuple[Path, Table]] = []
    unreadable: list[str] = []
    for path in files:
        try:
            tables.append((path, read_sheet(path, campaign, encoding)))
        except ValueError as error:
            unreadable.append(f"{path}: {str(error).removeprefix(f'{path}: ')}")
    taken = import_sheets(tables, unreadable, campaign, partial=partial)
    for warning in taken.warnings:
        console.print(f"warning: {warning}")
    if taken.problems:
        many = "s" if len(taken.problems) > 1 else ""
        console.print(f"{len(taken.problems)} problem{many}; nothing was computed")
        for problem in taken.problems:
            console.print(f"  {problem}")
        return False
    found = {
        **results(campaign, taken.answers),
        "partial": partial,
        "files": [{"name": path.name, "sha256": digest(path)} for path in files],
    }
    print_results(console, found)
    if out is not None:
        write_json(out, rounded(found, DIGITS))
        console.print(f"{out}: all numbers, and the raters' comments")
    return True
