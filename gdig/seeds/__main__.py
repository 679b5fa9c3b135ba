"""Seed pairs out to revisers and back: `draft`, `export`, `import`, `status`.

    dvc repro pool@<profile>                                              # or dvc pull: the raw pairs must be here
    python -m gdig.seeds export --out seeds.xlsx                          # send this file to a translator
    python -m gdig.seeds import seeds.xlsx --name spring --reviser "A. Reviser" --date 2025-03-01
    dvc repro                                                             # after seeds.revision: spring in params.yaml

Drafts depend on params.yaml alone (pool, seeds), so that none of the commands needs stage `seeds`.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from rich.console import Console

from gdig.config import load_params
from gdig.seeds import commands
from gdig.seeds.commands import FORMATS


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    options = _parser().parse_args(arguments)
    run: Callable[..., bool] = options.run
    values = {key: value for key, value in vars(options).items() if key not in ("run", "command")}
    # Width and colours of a terminal must not cut or mark texts that are to be copied.
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    try:
        is_fine = run(commands.Inputs.of(load_params()), console, **values)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    sys.exit(not is_fine)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gdig.seeds", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    subparsers = parser.add_subparsers(dest="command", required=True)

    draft = subparsers.add_parser(
        "draft",
        help="draw the drafts and say what was left out",
        description="Draw seeds.count + seeds.reserve pairs from the held-out part, without what stands in validation "
        "or test sets, and write data/<profile>/seeds/drafts.jsonl: the bytes that stage seeds writes.",
    )
    draft.set_defaults(run=commands.draft)

    export = subparsers.add_parser(
        "export",
        help="write a file for a reviser, or one for each of several",
        description="Write the drafts as a file to be revised.",
        epilog="example: python -m gdig.seeds export --out seeds.xlsx --revisers 3 --overlap 20\n"
        "writes seeds-1.xlsx, seeds-2.xlsx and seeds-3.xlsx; the first 20 drafts are in all three",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    export.add_argument("--out", type=Path, required=True, help="file to write: .xlsx, .xlf or .tsv")
    export.add_argument("--format", choices=sorted(FORMATS), help="kind of file; default: by its ending")
    export.add_argument("--xliff-version", choices=("1.2", "2.0"), default="1.2", help="default: 1.2")
    export.add_argument("--revisers", type=int, default=1, metavar="N", help="files to divide the drafts between")
    export.add_argument("--overlap", type=int, default=0, metavar="K", help="drafts that every reviser gets")
    export.add_argument("--force", action="store_true", help="overwrite files that may have been revised")
    export.set_defaults(run=commands.export)

    take = subparsers.add_parser(
        "import",
        help="check returned files and keep them as a revision",
        description="Check returned files (.xlsx, .xlf, .xliff, .tsv, .csv, .txt) against the drafts, tell every "
        "problem in one report, and keep them as data/revisions/NAME, which DVC tracks. Where two files have a row, "
        "the first one's counts.",
        epilog="example: python -m gdig.seeds import seeds-1.xlsx seeds-2.xlsx --check",
    )
    take.add_argument("files", type=Path, nargs="+", metavar="FILE")
    take.add_argument("--name", help="name of the revision, for seeds.revision; default: the first file's, without its "
                      "ending")  # fmt: skip
    take.add_argument("--reviser", action="append", default=[], help="who revised: once, or once for each file; "
                      "default: who saved the workbook, if it says so")  # fmt: skip
    take.add_argument("--date", action="append", default=[], type=_date, metavar="YYYY-MM-DD", help="when, likewise")
    take.add_argument("--encoding", help="of text files that are neither UTF-8 nor marked UTF-16, such as cp1252")
    take.add_argument("--partial", action="store_true", help="take rows that no file has for rejected ones: revised "
                      "rows of the reserve take their place, drafts that nobody read never do")  # fmt: skip
    take.add_argument("--check", action="store_true", help="report only, write nothing")
    take.add_argument("--force", action="store_true", help="replace another revision of that name")
    take.set_defaults(run=commands.import_returned)

    status = subparsers.add_parser("status", help="drafts and imported revisions, and how many seeds each serves")
    status.set_defaults(run=commands.status)
    return parser


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date YYYY-MM-DD") from error


if __name__ == "__main__":
    main()
