"""The prepared pool in the formats of tools that score pairs, one folder per format.

    python -m gdig.dataset export-pool plain FOLDER       sources.txt, targets.txt: comet-score, LASER, OpusFilter
    python -m gdig.dataset export-pool bicleaner FOLDER   pool.tsv: URL, URL, source, target: Bicleaner, Bicleaner AI
    python -m gdig.dataset export-pool metricx FOLDER     pool.jsonl: source, hypothesis, reference: MetricX-QE
    python -m gdig.dataset export-pool tsv FOLDER         pool.tsv: id, source, target, with a header

ids.txt has the id of each line, so that `paste FOLDER/ids.txt scores.txt` makes a file of scores for selector
`external`. White space within a side, line feeds and tabs too, becomes one space.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from gdig.config import load_params
from gdig.io.files import atomic_folder
from gdig.io.records import Pair, read_pairs
from gdig.run.command import command
from gdig.run.paths import Paths

_URL = "-"
"""Stands for the addresses that Bicleaner expects and does not read."""


def one_line(text: str) -> str:
    """Return a side on one line, for any reader's notion of a line: every run of white space becomes one space."""
    return " ".join(text.split())


FORMATS: dict[str, dict[str, Callable[[Pair], str]]] = {
    "plain": {"sources.txt": lambda pair: one_line(pair.src), "targets.txt": lambda pair: one_line(pair.trg)},
    "bicleaner": {"pool.tsv": lambda pair: "\t".join((_URL, _URL, one_line(pair.src), one_line(pair.trg)))},
    "metricx": {
        "pool.jsonl": lambda pair: json.dumps(
            {"id": pair.id, "source": one_line(pair.src), "hypothesis": one_line(pair.trg), "reference": ""},
            ensure_ascii=False,
        )
    },
    "tsv": {"pool.tsv": lambda pair: "\t".join((pair.id, one_line(pair.src), one_line(pair.trg)))},
}
"""Files of each format, and the line of a pair in each."""
_HEADERS = {"tsv": "id\tsource\ttarget"}


def export_pool(form: str, pairs: Iterable[Pair], folder: Path) -> None:
    """Write pairs in a format, with their ids in the same order; replaces the folder."""
    files = FORMATS[form] | {"ids.txt": lambda pair: pair.id}
    with atomic_folder(folder) as out, ExitStack() as stack:
        streams = {name: stack.enter_context((out / name).open("w", encoding="utf-8", newline="\n")) for name in files}
        if form in _HEADERS:
            for name in FORMATS[form]:
                streams[name].write(_HEADERS[form] + "\n")
        for pair in pairs:
            for name, line in files.items():
                streams[name].write(line(pair) + "\n")


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.dataset", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    export = commands.add_parser("export-pool", help="write the prepared pool for another tool")
    export.add_argument("format", choices=sorted(FORMATS))
    export.add_argument("folder", type=Path, metavar="FOLDER", help="is replaced")
    options = parser.parse_args(arguments)
    profile = load_params().profile
    pool = Paths(profile=profile).pool
    if not pool.is_file():
        raise ValueError(f"{pool} is not there; `dvc repro prepare@{profile}` makes it")
    pairs = read_pairs(pool)
    export_pool(options.format, pairs, options.folder)
    print(f"{options.folder}: {len(pairs)} pairs")


if __name__ == "__main__":
    main()
