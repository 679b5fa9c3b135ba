"""Sources, cleaning, filters: where the data came from, and what was rejected, with samples."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from gdig.report.display import label_of
from gdig.report.render import Table, render

_PARTS = ("pool", "seeds", "valid", "test", "base_text")


def sources_section(provenance: Mapping[str, Any]) -> Markup:
    """Return a table of the sources and samples of their unreadable rows; nothing for the grammar, which has none.

    Args:
        provenance: as stage `pool` writes it, with the sources of own seeds. Each of `sources` has, where known, its
            kind, files, rows seen, good and rejected by reason, sampled rejects and pairs taken.
    """
    sources: Mapping[str, Mapping[str, Any]] = provenance.get("sources", {})
    if not sources:
        return Markup()
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
        (
            f"{name}: {reason}, {counts[name].get('rejected', {}).get(reason, len(sampled)):,} rows",
            _texts(["row", "readable part"], [(sample["id"], [sample["text"]]) for sample in sampled]),
        )
        for name, source in sources.items()
        for reason, sampled in source.get("rejects", {}).items()
    ]
    header = ["source", "kind", "files or dataset", "rows", "good", "taken", *reasons]
    return render("sources.html.j2", sources=Table(header, rows), samples=samples)


def cleaning_section(rejects: Mapping[str, Mapping[str, Any]]) -> Markup:
    """Return, for each part, a table of the rejects of each rule and corpus, and samples of them.

    Args:
        rejects: as stage `prepare` writes it: by part and corpus.
    """
    parts = {part: (_counts(corpora), _samples(corpora)) for part in _PARTS if (corpora := rejects.get(part))}
    return render("cleaning.html.j2", parts=parts)


def filters_section(summary: Mapping[str, Any] | None) -> Markup:
    """Return a table of what each filter in front of selectors drops, and samples of it; nothing without a filter.

    Args:
        summary: as stage `filter` writes it.
    """
    if summary is None:
        return Markup()
    rows = [
        (label_of(name), [f"{found['num_dropped']:,}", f"{found['num_by_it_alone']:,}"], False)
        for name, found in summary["filters"].items()
    ]
    samples = [
        (
            f"dropped by {label_of(name)}, a sample",
            _texts(["pair", "source", "target"], [(one["id"], [one["src"], one["trg"]]) for one in found["sample"]]),
        )
        for name, found in summary["filters"].items()
    ]
    counts = Table(["filter", "dropped", "by it alone"], rows)
    return render("filters.html.j2", counts=counts, samples=samples, kept=summary["num_kept"], pool=summary["num_pool"])


def _counts(corpora: Mapping[str, Any]) -> Table:
    rules = sorted({rule for tally in corpora.values() for rule in tally["rejected"]})
    numbers = {
        corpus: [tally["seen"], tally["kept"], *(tally["rejected"].get(rule, 0) for rule in rules)]
        for corpus, tally in corpora.items()
    }
    rows = [(corpus, [f"{number:,}" for number in row], False) for corpus, row in numbers.items()]
    if len(corpora) > 1:
        rows.append(("all", [f"{sum(column):,}" for column in zip(*numbers.values(), strict=True)], True))
    return Table(["corpus", "seen", "kept", *rules], rows)


def _samples(corpora: Mapping[str, Any]) -> list[tuple[str, Table]]:
    counts = sum((Counter(tally["rejected"]) for tally in corpora.values()), Counter[str]())
    found = []
    for rule in sorted(counts):
        sampled = [pair for tally in corpora.values() for pair in tally["samples"].get(rule, [])]
        parts = sum((Counter(tally.get("matched", {}).get(rule, {})) for tally in corpora.values()), Counter[str]())
        told = f" ({', '.join(f'{number:,} as in {part}' for part, number in parts.items())})" if parts else ""
        matched = any("matches" in pair for pair in sampled)
        rows = [(pair["id"], [pair["src"], pair["trg"], *([_match(pair)] if matched else [])]) for pair in sampled]
        header = ["id", "source", "target", *(["as in"] if matched else [])]
        found.append((f"{rule}: {len(sampled):,} of {counts[rule]:,}{told}", _texts(header, rows)))
    return found


def _match(pair: Mapping[str, Any]) -> str:
    return "{part} {id}".format(**pair["matches"]) if "matches" in pair else ""


def _texts(header: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> Table:
    return Table(header, [(name, cells, False) for name, cells in rows], of_text=True)


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
