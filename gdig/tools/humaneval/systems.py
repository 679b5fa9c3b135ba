"""Sources, references and translations, from a finished run or from files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gdig.config import Params
from gdig.io.files import digest
from gdig.io.records import read_pairs, read_rows
from gdig.run.paths import Paths
from gdig.seeds.sheets.encoding import read_text
from gdig.tools.humaneval.campaign import Segment


@dataclass(frozen=True)
class Sources:
    """Sources and references, in order."""

    name: str
    """Name of the file, for messages."""
    sources: Mapping[str, str]
    references: Mapping[str, str] | None


def split_sources(params: Params) -> Sources:
    """Return the evaluation split of the profile.

    Raises:
        ValueError: its files are missing.
    """
    paths = Paths(profile=params.profile)
    path = paths.test if params.translate.split == "test" else paths.valid
    pairs = read_pairs(_here(path))
    return Sources(str(path), {pair.id: pair.src for pair in pairs}, {pair.id: pair.trg for pair in pairs})


def file_sources(sources: Path, references: Path | None) -> Sources:
    """Return the lines of plain text files; ids are line numbers.

    Raises:
        ValueError: a source is empty, or the number of references differs.
    """
    texts = _lines(sources)
    if not texts:
        raise ValueError(f"{sources}: the file is empty; it must have one source per line")
    ids = [f"line-{number:06d}" for number in range(1, len(texts) + 1)]
    if empty := [i for i, text in zip(ids, texts, strict=True) if not text.strip()]:
        raise ValueError(f"{sources}: {empty[0]} is empty; remove that line from all files")
    given = None if references is None else dict(_aligned(references, ids, str(sources)))
    return Sources(str(sources), dict(zip(ids, texts, strict=True)), given)


def paths_of_cells(params: Params, selectors: Sequence[str], budget: str | None, seed: int | None) -> dict[str, Path]:
    """Return the file of each selector's translations.

    Args:
        params: params of the active profile.
        selectors: names of selectors, or `full`.
        budget: number of pairs; not used for `full`.
        seed: training seed; None: the first of the profile.

    Raises:
        ValueError: there is no such cell, or it has not run.
    """
    seeds = params.finetune.seeds
    if seed is not None and seed not in seeds:
        raise ValueError(f"--seed-of-training {seed}: finetune.seeds has {', '.join(map(str, seeds))}; say one of them")
    found = {}
    for selector in selectors:
        if selector not in (*params.selectors, "full"):
            raise ValueError(f"--selectors {selector}: not one of {', '.join((*params.selectors, 'full'))}")
        budgets = [str(number) for number in params.budgets]
        if selector != "full" and budget not in budgets:
            raise ValueError(f"--budget {budget or 'is missing'}: say one of {', '.join(budgets)} for {selector}")
        cell = Paths(profile=params.profile, selector=selector, budget=_budget(selector, budget))
        found[selector] = _here(cell.hypotheses / f"seed-{seeds[0] if seed is None else seed}.jsonl")
    return found


def _budget(selector: str, budget: str | None) -> str:
    return "all" if selector == "full" else str(budget)


def _here(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"{path} is missing; make it with `dvc repro`, or fetch it with `dvc pull`")
    return path


def segments_of(sources: Sources, files: Mapping[str, Path]) -> tuple[list[Segment], dict[str, str]]:
    """Return every source with all systems' translations, and the file of each system.

    A .jsonl file has rows {id, hypothesis}; any other file has one line per source, in order.

    Raises:
        ValueError: the translations of a file do not match the sources.
    """
    translations = {system: _translations(path, sources) for system, path in files.items()}
    segments = [
        Segment(
            id=i,
            source=source,
            reference=None if sources.references is None else sources.references[i],
            hypotheses={system: texts[i] for system, texts in translations.items()},
        )
        for i, source in sources.sources.items()
    ]
    return segments, {system: f"{path.as_posix()} sha256:{digest(path)}" for system, path in files.items()}


def _translations(path: Path, sources: Sources) -> dict[str, str]:
    if path.suffix.casefold() != ".jsonl":
        return _aligned(path, list(sources.sources), sources.name)
    texts = {}
    for row in read_rows(path):
        if not isinstance(row.get("hypothesis"), str):
            raise ValueError(f"{path}: {row['id']} has no text in 'hypothesis'")
        texts[row["id"]] = row["hypothesis"]
    missing = [i for i in sources.sources if i not in texts]
    unknown = [i for i in texts if i not in sources.sources]
    if missing or unknown:
        raise ValueError(
            f"{path}: its ids are not those of {sources.name}: {len(missing)} missing{_first(missing)}, {len(unknown)} "
            f"unknown{_first(unknown)}; take translations of the same sources (translate.split?)"
        )
    return texts


def _first(ids: Sequence[str]) -> str:
    return f" ({ids[0]}{', ...' if len(ids) > 1 else ''})" if ids else ""


def _aligned(path: Path, ids: Sequence[str], name: str) -> dict[str, str]:
    texts = _lines(path)
    if len(texts) != len(ids):
        raise ValueError(f"{path}: {len(texts)} lines for the {len(ids)} sources of {name}; one line each is needed")
    return dict(zip(ids, texts, strict=True))


def _lines(path: Path) -> list[str]:
    """Return the lines, split only at line feeds: a text may contain other line ends."""
    try:
        text = read_text(path)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
