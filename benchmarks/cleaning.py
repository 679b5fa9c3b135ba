"""What it costs to clean, deduplicate and decontaminate a large pool: stage `prepare` as it is run, on made-up pairs.

    python -m benchmarks.cleaning --pairs 2000000 --processes 2 [--text FILE.tsv.gz] [--prepare JSON] [--out FILE.jsonl]

Pairs are sentences of the grammar, or of a file of two columns, put together at random to 60 to 200 characters a side;
a fifth has a source in Chinese characters, a tenth repeats an earlier pair in other case or punctuation, one in 500
holds a text of test, valid or seeds. Prints one JSON object: seconds from the start to the end of the stage and those
of all processors, pairs a second, peak memory (resident, the sum over all processes), what was rejected, and what was
planted; a few more may be rejected, as chance repeats some pairs of a large pool.
"""

import argparse
import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import psutil
from ruamel.yaml import YAML

from gdig.ingest.grammar.families import FAMILIES
from gdig.io.files import read_json, write_text
from gdig.io.records import Pair, write_pairs
from gdig.run.command import command
from gdig.run.paths import Paths

ROOT = Path(__file__).resolve().parent.parent
PROFILE = "benchmark"
NUM_HELD = {"test": 4871, "valid": 512, "seeds": 256}
DUPLICATE, LEAK, CHINESE = 0.1, 0.002, 0.2
Sentence = tuple[str, str]

_CHANGES: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    str.upper,
    lambda text: text.replace(" ", "\u00a0").rstrip(".!?") + " !",
    lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    lambda text: f"“{text}”",
)
"""Ways in which a text is written otherwise and stays the same."""


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cleaning", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=2_000_000)
    parser.add_argument("--processes", type=int, default=2, help="params key num_threads")
    parser.add_argument("--text", type=Path, help="gzipped file of source<TAB>target lines; default: the grammar")
    parser.add_argument(
        "--prepare", type=json.loads, default={}, help="rules other than the default profile's, as JSON"
    )
    parser.add_argument("--out", type=Path, help="file of JSON lines to write")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), arguments.pairs, arguments.processes, arguments.prepare, arguments.text)
    line = json.dumps(result)
    print(line)
    if arguments.out:
        write_text(arguments.out, line + "\n")


def measure(folder: Path, num_pairs: int, processes: int, rules: dict[str, Any], text: Path | None) -> dict[str, Any]:
    """Make a pool in a folder, run the stage there, and return the figures."""
    planted = make(folder, num_pairs, sentences(text))
    params = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    params |= {"profile": PROFILE, "num_threads": processes, "prepare": params["prepare"] | rules}
    YAML(typ="safe", pure=True).dump(params, folder / "params.yaml")
    (folder / "selectors").mkdir()
    shutil.copy(ROOT / "selectors" / "params.yaml", folder / "selectors" / "params.yaml")
    start = time.monotonic()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-m", "stages", "prepare"], cwd=folder, env=environment) as stage:
        peak = max(_memory_while_running(stage), default=0)
    seconds = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if stage.returncode:
        raise SystemExit(stage.returncode)
    pool = read_json(folder / Paths(profile=PROFILE).rejects)["pool"].values()
    rejected = sum((Counter(corpus["rejected"]) for corpus in pool), Counter[str]())
    return {
        "num_pairs": num_pairs,
        "processes": processes,
        "rules": rules,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "pairs_per_second": round(num_pairs / seconds),
        "peak_gib": round(peak / 2**30, 2),
        "kept": sum(corpus["kept"] for corpus in pool),
        "rejected": dict(rejected),
        "planted": dict(planted),
    }


def make(folder: Path, num_pairs: int, parts: Sequence[Sentence]) -> Counter[str]:
    """Write the raw parts; return how many pairs of each kind were planted in the pool."""
    paths = Paths(profile=PROFILE)
    rng = Random(7)
    held: list[Pair] = []
    for part, path in (("test", paths.raw_test), ("valid", paths.raw_valid), ("seeds", paths.seed_revisions)):
        pairs = [Pair(f"{part}-{n:07d}", *_joined(parts, rng)) for n in range(NUM_HELD[part])]
        write_pairs(folder / path, pairs)
        held += pairs
    for path in (paths.raw_base_text, paths.seed_spares):
        write_pairs(folder / path, [])
    planted: Counter[str] = Counter()
    with (folder / paths.raw_pool).open("w", encoding="utf-8") as stream:
        for number, (source, target) in enumerate(_pool(num_pairs, parts, held, planted, rng)):
            fields = {"id": f"corpus{number % 5}-{number:09d}", "src": source, "trg": target}
            stream.write(json.dumps(fields, ensure_ascii=False) + "\n")
    return planted


def sentences(text: Path | None) -> list[Sentence]:
    """Return sentence pairs of a file, or of the grammar."""
    if text is None:
        rng = Random(3)
        return [rng.choice(list(FAMILIES.values()))(rng) for _ in range(20_000)]
    with gzip.open(text, "rt", encoding="utf-8", newline="\n") as stream:
        rows = [line.rstrip("\n").split("\t") for line in stream]
    return [(source, target) for source, target in rows[1:]]


def _pool(
    num_pairs: int, parts: Sequence[Sentence], held: Sequence[Pair], planted: Counter[str], rng: Random
) -> Iterator[Sentence]:
    earlier: list[Sentence] = []
    for _ in range(num_pairs):
        source, target = _joined(parts, rng)
        kind = rng.random()
        if kind < DUPLICATE and earlier:
            source, target = (rng.choice(_CHANGES)(side) for side in rng.choice(earlier))
            planted["duplicate"] += 1
        elif kind < DUPLICATE + LEAK:
            leak = rng.choice(held)
            if rng.random() < 0.5:
                source = rng.choice(_CHANGES)(leak.src)
            else:
                target = rng.choice(_CHANGES)(leak.trg)
            planted["contaminated"] += 1
        elif kind < DUPLICATE + LEAK + CHINESE:
            source = "".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(len(target) // 3)) + "。"
        elif len(earlier) < 100_000:
            earlier.append((source, target))
        yield source, target


def _joined(parts: Sequence[Sentence], rng: Random) -> Sentence:
    """Return a few sentences in a row, of 60 to 200 characters."""
    chosen = rng.sample(parts, 2)
    length = rng.randrange(60, 160)
    while sum(len(target) for _, target in chosen) < length:
        chosen.append(rng.choice(parts))
    return " ".join(source for source, _ in chosen), " ".join(target for _, target in chosen)


def _memory_while_running(stage: subprocess.Popen[bytes]) -> Iterator[int]:
    """Yield the bytes that a process and its children hold, ten times a second until it ends."""
    parent = psutil.Process(stage.pid)
    while stage.poll() is None:
        total = 0
        for process in (parent, *_children(parent)):
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        yield total
        time.sleep(0.1)


def _children(parent: psutil.Process) -> Sequence[Any]:
    try:
        return list(parent.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


if __name__ == "__main__":
    main()
