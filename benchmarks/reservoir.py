"""Rate and memory of drawing a sample from a streamed gzip TSV file.

    python -m benchmarks.reservoir                          20 million rows, 256,000 drawn
    python -m benchmarks.reservoir --rows 100000 --size 1000 --bytes 250

One JSON object: rows a second of processor time and of wall time on one core, and the memory of a child process before
it reads and at its peak. Every row is decompressed, decoded, split and checked, as stage `pool` does it. Rows are made
of the grammar's sentences; a block of them is written again and again, each as a gzip member, since what rows say
changes neither the rate nor which of them are drawn.
"""

import argparse
import gzip
import json
import logging
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from gdig.config import FilesSource
from gdig.ingest.grammar.families import FAMILIES
from gdig.ingest.reservoir import sample
from gdig.ingest.sources.files import open_source
from gdig.run.command import command
from gdig.run.progress import track_stream

ROWS_A_BLOCK = 50_000


@command
def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reservoir", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=20_000_000, help="rows of the file")
    parser.add_argument("--size", type=int, default=256_000, help="rows drawn")
    parser.add_argument("--bytes", type=int, default=200, help="least bytes a row")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.file:
        print(json.dumps(measure(options.file, options.size)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.tsv.gz"
        write(path, options.rows, options.bytes)
        subprocess.run(
            [sys.executable, "-m", "benchmarks.reservoir", "--file", str(path), "--size", str(options.size)], check=True
        )


def write(path: Path, num_rows: int, min_bytes: int) -> None:
    """Write a gzip TSV file of source and target, without a header."""
    rng = Random(1)
    rows = []
    for _ in range(min(num_rows, ROWS_A_BLOCK)):
        sides: tuple[list[str], list[str]] = ([], [])
        while sum(len(sentence) + 1 for side in sides for sentence in side) < min_bytes:
            for side, sentence in zip(sides, rng.choice(list(FAMILIES.values()))(rng), strict=True):
                side.append(sentence)
        rows.append("\t".join(" ".join(side) for side in sides) + "\n")
    block = gzip.compress("".join(rows).encode())
    with path.open("wb") as stream:
        for _ in range(num_rows // len(rows)):
            stream.write(block)
        stream.write(gzip.compress("".join(rows[: num_rows % len(rows)]).encode()))


def measure(path: Path, size: int) -> dict[str, float]:
    """Draw a sample of a file and return the figures."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    source = FilesSource(name="rows", kind="files", path=str(path), columns=[1, 2], weight=1.0)
    opened = open_source(source)
    before = peak_mebibytes()
    start, start_cpu = time.perf_counter(), time.process_time()
    rows = track_stream(opened.rows, opened.meter, label="rows", unit="rows")
    drawn = sample(rows, name="rows", seed=1, size=size)
    seconds, seconds_cpu = time.perf_counter() - start, time.process_time() - start_cpu
    return {
        "rows": drawn.seen,
        "good": drawn.good,
        "drawn": len(drawn.pairs),
        "gzip_mebibytes": round(path.stat().st_size / 2**20, 1),
        "seconds": round(seconds, 1),
        "rows_a_second": round(drawn.seen / seconds),
        "rows_a_second_of_processor": round(drawn.seen / seconds_cpu),
        "mebibytes_before": before,
        "mebibytes_peak": peak_mebibytes(),
        "bytes_a_drawn_row": round((peak_mebibytes() - before) * 2**20 / len(drawn.pairs)),
    }


def peak_mebibytes() -> int:
    """Return the peak memory of this process; unlike getrusage's it does not begin with the parent's."""
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak is not None
    return int(peak[1]) // 1024


if __name__ == "__main__":
    main()
