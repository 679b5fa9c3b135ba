"""Rows of finished runs in a file to commit, and what they show.

    make repro ROWS=metrics/grids/web.jsonl             adds rows of the cells that are there, and of each that ends
    python -m gdig.tools.runs metrics/grids/web.jsonl   scores, and differences with intervals

A machine that is lost costs the cell in flight. Segment statistics stand beside the rows, in segments/<name>, so that
differences between any two runs have paired intervals. Rows of several base models stand in one file; a run that was
made again replaces its row.
"""

import argparse
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
from rich.table import Table

from gdig.config import Params
from gdig.io.files import read_json
from gdig.io.locks import STAGE_LOCKS, file_lock
from gdig.io.records import read_pairs, read_rows, write_rows
from gdig.run.command import command
from gdig.run.paths import Paths
from gdig.scoring.surface import sacrebleu_metrics, test_sets
from gdig.significance.resampling import Floats, Resampled, draw, interval, mean_difference, resampled
from gdig.tools.compare.show import wide_console

NUM_SAMPLES, SEED, CONFIDENCE = 1000, 12345, 0.95


def segments_file(path: Path) -> Path:
    """Return where the segment statistics of a file of rows stand."""
    return path.parent / "segments" / path.name


def collect(params: Params, path: Path, cells: Collection[tuple[str, str]]) -> None:
    """Add the runs of finished cells to a file.

    A row {id, row: cell, model, profile, selector, budget, seed, num_pairs, ...scores} has its statistics in a row {id,
    language, <test set>: {bleu, chrf}} beside it: sacreBLEU's counts of each segment, and the chrF of each.

    Args:
        params: in use.
        path: of the file; its folder is made.
        cells: selector and budget of each; their scores are of these params.
    """
    if not cells:
        return
    rows, segments = {}, {}
    model = read_json(Paths(profile=params.profile).base / "record.json")["model"]
    for selector, budget in cells:
        for row, statistics in _runs(params, Paths(profile=params.profile, selector=selector, budget=budget), model):
            rows[row["id"]], segments[row["id"]] = row, statistics
    segments_file(path).parent.mkdir(parents=True, exist_ok=True)
    with file_lock(STAGE_LOCKS / "runs.lock"):
        for file, new in ((path, rows), (segments_file(path), segments)):
            old = {row["id"]: row for row in read_rows(file)} if file.is_file() else {}
            write_rows(file, (row for _, row in sorted((old | new).items())))


def _runs(params: Params, paths: Paths, model: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    pairs = read_pairs(paths.test if params.translate.split == "test" else paths.valid)
    references = {pair.id: pair.trg for pair in pairs}
    num_pairs = len(read_pairs(paths.subset))
    metrics = sacrebleu_metrics(params.languages.target)
    for replicate in read_json(paths.scores)["replicates"]:
        seed = replicate["seed"]
        name = f"{model}/{paths.selector}/{paths.budget}/{seed}"
        row = {"id": name, "row": "cell", "model": model, "profile": params.profile, "selector": paths.selector}
        texts = {one["id"]: one["hypothesis"] for one in read_rows(paths.hypotheses / f"seed-{seed}.jsonl")}
        statistics: dict[str, Any] = {"id": name, "language": params.languages.target}
        for test_set, ids in test_sets(references).items():
            hypotheses, expected = [texts[i] for i in ids], [references[i] for i in ids]
            counts = metrics["bleu"]._extract_corpus_statistics(hypotheses, [expected])
            chrf = [
                round(metrics["chrf"].sentence_score(one, [other]).score, 2)
                for one, other in zip(hypotheses, expected, strict=True)
            ]
            statistics[test_set] = {"bleu": counts, "chrf": chrf}
        yield row | {"budget": paths.budget, "num_pairs": num_pairs} | replicate, statistics


def show(path: Path, baseline: str) -> list[Table]:
    """Return a table per base model: mean scores, and differences from the baseline of the same budget.

    Intervals are of a paired bootstrap over segments, averaged over training seeds; what a difference would have to be
    to be seen stands in the last row.

    Args:
        path: file of rows.
        baseline: selector.

    Raises:
        ValueError: the file is not there.
    """
    if not path.is_file():
        raise ValueError(f"{path} is not there; `make repro ROWS={path}` makes it")
    rows = read_rows(path)
    segments = {row["id"]: row for row in read_rows(segments_file(path))}
    return [
        _table(model, [row for row in rows if row["model"] == model], segments, baseline)
        for model in dict.fromkeys(row["model"] for row in rows)
    ]


def _table(
    model: str, rows: Sequence[Mapping[str, Any]], segments: Mapping[str, Mapping[str, Any]], baseline: str
) -> Table:
    cells: dict[tuple[str, str], dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        cells.setdefault((row["budget"], row["selector"]), {})[row["seed"]] = row
    drawn = {row["id"]: _resampled(segments[row["id"]]) for row in rows}
    metrics = [*dict.fromkeys(metric for own in drawn.values() for metric in own)]
    table = Table(title=f"{model}: scores, and difference from {baseline} [{CONFIDENCE:.0%} interval]")
    for heading in ("budget", "selector", "seeds", "BLEU", "chrF", "valid loss", "seed loss", *metrics):
        table.add_column(heading, justify="left" if heading in ("selector", *metrics) else "right")
    widths: dict[str, list[float]] = {metric: [] for metric in metrics}
    for (budget, selector), own in sorted(cells.items(), key=lambda cell: (cell[0][0].zfill(9), cell[0][1])):
        others = cells.get((budget, baseline), {})
        shared = sorted(own.keys() & others.keys()) if selector != baseline else []
        differences = []
        for metric in metrics:
            if not shared:
                differences.append("")
                continue
            difference = mean_difference(
                [(drawn[own[s]["id"]][metric], drawn[others[s]["id"]][metric]) for s in shared]
            )
            bounds = interval(difference.samples, CONFIDENCE)
            widths[metric].append((bounds["high"] - bounds["low"]) / 2)
            differences.append(f"{difference.score:+.1f} [{bounds['low']:.1f}, {bounds['high']:.1f}]")
        means = (_mean(own.values(), key) for key in ("bleu", "chrf", "valid_loss", "seed_loss"))
        table.add_row(budget, selector, str(len(own)), *means, *differences)
    seen = (f"{fmean(found):.1f}" if found else "" for found in widths.values())
    table.add_section()
    table.add_row("", "a difference to be seen", *[""] * 5, *seen)
    return table


def _resampled(statistics: Mapping[str, Any]) -> dict[str, Resampled]:
    """Return BLEU, and chrF as the mean of segments, of a run over all its test sets together."""
    sets = [own for key, own in statistics.items() if key not in ("id", "language")]
    counts_SC = np.array([row for own in sets for row in own["bleu"]], dtype=np.float64)
    chrf_S = np.array([value for own in sets for value in own["chrf"]], dtype=np.float64)
    weights: Floats = draw(len(chrf_S), NUM_SAMPLES, SEED)
    return {
        "BLEU": resampled(sacrebleu_metrics(statistics["language"])["bleu"], counts_SC, weights),
        "chrF of segments": Resampled(float(chrf_S.mean()), weights @ chrf_S / len(chrf_S)),
    }


def _mean(rows: Any, key: str) -> str:
    values = [row[key] for row in rows]
    digits = 2 if key.endswith("loss") else 1
    spread = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{fmean(values):.{digits}f}{spread}"


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.tools.runs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--baseline", default="random", metavar="SELECTOR", help="default: random")
    options = parser.parse_args(arguments)
    console = wide_console()
    for table in show(options.file, options.baseline):
        console.print(table)


if __name__ == "__main__":
    main()
