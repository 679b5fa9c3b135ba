"""Human evaluation of translations: `sheet` writes blind sheets, `import` computes the results.

python -m gdig.tools.humaneval sheet --selectors gdig random --budget 1024 --seed 7 --out judge.xlsx --raters 3
python -m gdig.tools.humaneval sheet --systems ours=a.txt theirs=b.txt --sources src.txt --seed 7 --out judge.xlsx
python -m gdig.tools.humaneval import judge-1.xlsx judge-2.xlsx judge-3.xlsx --key judge.xlsx.key.json --out human.json
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from gdig.run.command import command
from gdig.tools.humaneval import commands


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    options = _parser().parse_args(arguments)
    run: Callable[..., bool] = options.run
    values = {key: value for key, value in vars(options).items() if key not in ("run", "command")}
    # No wrapping and no colours, so that texts can be copied.
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    is_fine = run(console, **values)
    sys.exit(not is_fine)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gdig.tools.humaneval", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    subparsers = parser.add_subparsers(dest="command", required=True)

    sheet = subparsers.add_parser(
        "sheet",
        help="write blind sheets and their key",
        description="Write one sheet per rater and OUT.key.json, which maps rows to systems.",
    )
    what = sheet.add_argument_group("what is judged (the first system is compared with the others)")
    what.add_argument("--selectors", nargs="+", default=[], metavar="NAME", help="cells of the profile in use")
    what.add_argument("--budget", metavar="N", help="their number of pairs")
    what.add_argument("--seed-of-training", type=int, metavar="N", help="replicate; default: the first")
    what.add_argument(
        "--systems", nargs="+", default=[], type=_system, metavar="NAME=FILE",
        help="translations: JSON lines {id, hypothesis} (.jsonl), or one line per source",
    )  # fmt: skip
    what.add_argument("--sources", type=Path, metavar="FILE", help="one source per line; default: translate.split of "
                      "the profile in use")  # fmt: skip
    what.add_argument("--references", type=Path, metavar="FILE", help="one reference per line, to go with --sources")
    how = sheet.add_argument_group("how")
    how.add_argument("--kind", choices=("pairwise", "rating"), default="pairwise", help="the better of two, or 1 to 5 "
                     "for adequacy and fluency of each; default: pairwise")  # fmt: skip
    how.add_argument("--count", type=int, default=100, metavar="N", help="segments to draw; default: 100")
    how.add_argument("--repeats", type=float, default=0.1, metavar="SHARE", help="rows shown again; default: 0.1")
    how.add_argument("--raters", type=int, default=1, metavar="N", help="sheets to write; default: 1")
    how.add_argument("--shared", type=int, metavar="K", help="segments that every rater judges; default: all")
    how.add_argument("--with-reference", action="store_true", help="show the reference")
    how.add_argument("--seed", type=int, required=True, metavar="N", help="of the draw, the order and the sides; "
                     "raters must not know it")  # fmt: skip
    sheet.add_argument("--out", type=Path, required=True, metavar="FILE", help="sheet to write: .xlsx or .tsv")
    sheet.add_argument("--force", action="store_true", help="overwrite sheets that may have been filled in")
    sheet.set_defaults(run=commands.sheet)

    take = subparsers.add_parser(
        "import",
        help="check returned sheets and compute the numbers",
        description="Check returned sheets (.xlsx, .tsv, .csv, .txt), report all problems at once, or compute "
        "marks, win, tie and lose, tests, intervals and agreement.",
    )
    take.add_argument("files", type=Path, nargs="+", metavar="FILE")
    take.add_argument("--key", type=Path, required=True, metavar="FILE", help="the key that was written beside them")
    take.add_argument("--partial", action="store_true", help="leave out rows that are missing or have no answer")
    take.add_argument("--encoding", help="of text files that are neither UTF-8 nor marked UTF-16, such as cp1252")
    take.add_argument("--out", type=Path, metavar="FILE", help="JSON file for all numbers")
    take.set_defaults(run=commands.import_returned)
    return parser


def _system(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FILE")
    return name, Path(path)


if __name__ == "__main__":
    main()
