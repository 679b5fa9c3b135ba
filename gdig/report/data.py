"""Where the data came from and what was thrown away, with samples: two sections of the report."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from gdig.report.table import table

_PARTS = ("pool", "seeds", "valid", "test", "base_text")


def sources_section(provenance: Mapping[str, Any]) -> str:
    """Return a table of the sources that were read, and samples of the rows in them that could not be.

    Args:
        provenance: as stage `pool` writes it: for each of `sources` its kind, files, rows seen, good and rejected by
            reason, sampled rejects and pairs taken, each as far as it is known. The grammar has no sources.
    """
    sources: Mapping[str, Mapping[str, Any]] = provenance.get("sources", {})
    if not sources:
        return ""
    counts = {name: source.get("rows", {}) for name, source in sources.items()}
    reasons = sorted({reason for rows in counts.values() for reason in rows.get("rejected", {})})
    rows = [
        (
            name,
            [
                source.get("kind", ""),
                ", ".join(file["name"] for file in source.get("files", [])) or source.get("dataset", ""),
                *(_number(counts[name].get(key)) for key in ("seen", "good")),
                _number(sum(source["taken"].values()) if "taken" in source else counts[name].get("good")),
                *(_number(counts[name].get("rejected", {}).get(reason, 0)) for reason in reasons),
            ],
            False,
        )
        for name, source in sources.items()
    ]
    samples = [
        _details(
            f"{name}: {reason}, {counts[name].get('rejected', {}).get(reason, len(sampled)):,} rows",
            ["row", "as far as it could be read"],
            [(sample["id"], [sample["text"]]) for sample in sampled],
        )
        for name, source in sources.items()
        for reason, sampled in source.get("rejects", {}).items()
    ]
    header = ["source", "kind", "files or dataset", "rows", "good", "taken", *reasons]
    return "\n".join(["<h2>Sources</h2>", table(header, rows), *samples])


def cleaning_section(rejects: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a table a part, of what each rule rejected of each corpus, and samples of it.

    Args:
        rejects: as stage `prepare` writes it: by part and corpus.
    """
    parts = ["<h2>Cleaning</h2>"]
    for part in _PARTS:
        if corpora := rejects.get(part):
            parts += [f"<h3>{escape(part)}</h3>", _counts(corpora), *_samples(corpora)]
    return "\n".join(parts)


def _counts(corpora: Mapping[str, Any]) -> str:
    rules = sorted({rule for tally in corpora.values() for rule in tally["rejected"]})
    numbers = {
        corpus: [tally["seen"], tally["kept"], *(tally["rejected"].get(rule, 0) for rule in rules)]
        for corpus, tally in corpora.items()
    }
    rows = [(corpus, [f"{number:,}" for number in row], False) for corpus, row in numbers.items()]
    if len(corpora) > 1:
        rows.append(("all", [f"{sum(column):,}" for column in zip(*numbers.values(), strict=True)], True))
    return table(["corpus", "seen", "kept", *rules], rows)


def _samples(corpora: Mapping[str, Any]) -> list[str]:
    counts = sum((Counter(tally["rejected"]) for tally in corpora.values()), Counter[str]())
    details = []
    for rule in sorted(counts):
        sampled = [pair for tally in corpora.values() for pair in tally["samples"].get(rule, [])]
        found = any("matches" in pair for pair in sampled)
        rows = [(pair["id"], [pair["src"], pair["trg"], *([_match(pair)] if found else [])]) for pair in sampled]
        header = ["id", "source", "target", *(["as in"] if found else [])]
        details.append(_details(f"{rule}: {len(sampled):,} of {counts[rule]:,}", header, rows))
    return details


def _match(pair: Mapping[str, Any]) -> str:
    return "{part} {id}".format(**pair["matches"]) if "matches" in pair else ""


def _details(title: str, header: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    shown = table(header, [(name, cells, False) for name, cells in rows], of_text=True)
    return f"<details><summary>{escape(title)}</summary>{shown}</details>"


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
