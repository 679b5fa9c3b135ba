"""Export seed pairs to revisers and import their revisions: `draft`, `export`, `import`, `status`.

    dvc repro pool@<profile>                                              # or dvc pull: the raw pairs are needed
    python -m gdig.seeds export --out seeds.xlsx                          # send this file to a translator
    python -m gdig.seeds import seeds.xlsx --name spring --reviser "A. Reviser" --date 2025-03-01
    dvc repro                                                             # after seeds.revision: spring in params.yaml

Drafts depend only on params.yaml (pool, seeds), so no command needs stage `seeds`.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from rich.console import Console

from gdig.config import load_params
from gdig.run.command import command
from gdig.seeds import commands
from gdig.seeds.commands import FORMATS


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    options = _parser().parse_args(arguments)
    run: Callable[..., bool] = options.run
    values = {key: value for key, value in vars(options).items() if key not in ("run", "command")}
    # No wrapping and no colours, so that texts can be copied.
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    is_fine = run(commands.Inputs.of(load_params()), console, **values)
    sys.exit(not is_fine)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gdig.seeds", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    subparsers = parser.add_subparsers(dest="command", required=True)

    draft = subparsers.add_parser(
        "draft",
        help="draw the drafts and report what was left out",
        description="Draw seeds.count + seeds.reserve pairs from the held-out part, without pairs of validation "
        "or test sets, and write data/<profile>/seeds/drafts.jsonl: the bytes that stage seeds writes.",
    )
    draft.set_defaults(run=commands.draft)

    export = subparsers.add_parser(
        "export",
        help="write one file per reviser",
        description="Write the drafts as files for revision.",
        epilog="example: python -m gdig.seeds export --out seeds.xlsx --revisers 3 --overlap 20\n"
        "writes seeds-1.xlsx, seeds-2.xlsx and seeds-3.xlsx; the first 20 drafts are in all three",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    export.add_argument("--out", type=Path, required=True, help="file to write: .xlsx, .xlf or .tsv")
    export.add_argument("--format", choices=sorted(FORMATS), help="file format; default: by suffix")
    export.add_argument("--xliff-version", choices=("1.2", "2.0"), default="1.2", help="default: 1.2")
    export.add_argument(
        "--revisers", type=int, default=1, metavar="N", help="number of files to divide the drafts among"
    )
    export.add_argument("--overlap", type=int, default=0, metavar="K", help="drafts included in every file")
    export.add_argument("--force", action="store_true", help="overwrite files that may have been revised")
    export.set_defaults(run=commands.export)

    take = subparsers.add_parser(
        "import",
        help="check returned files and keep them as a revision",
        description="Check returned files (.xlsx, .xlf, .xliff, .tsv, .csv, .txt) against the drafts, report all "
        "problems at once, and store them as data/revisions/NAME, tracked by DVC. If two files have the same row, "
        "the first file counts.",
        epilog="example: python -m gdig.seeds import seeds-1.xlsx seeds-2.xlsx --check",
    )
    take.add_argument("files", type=Path, nargs="+", metavar="FILE")
    take.add_argument("--name", help="name of the revision, for seeds.revision; default: the first file's, without its "
                      "suffix")  # fmt: skip
    take.add_argument("--reviser", action="append", default=[], help="name of the reviser: once, or once per file; "
                      "default: the workbook's last author")  # fmt: skip
    take.add_argument(
        "--date",
        action="append",
        default=[],
        type=_date,
        metavar="YYYY-MM-DD",
        help="date of the revision: once, or once per file",
    )
    take.add_argument(
        "--encoding", help="encoding of text files that are neither UTF-8 nor UTF-16 with BOM, such as cp1252"
    )
    take.add_argument("--partial", action="store_true", help="treat missing rows as rejected: revised reserve rows "
                      "replace them, unread drafts never do")  # fmt: skip
    take.add_argument("--check", action="store_true", help="report only, write nothing")
    take.add_argument("--force", action="store_true", help="replace another revision with that name")
    take.set_defaults(run=commands.import_returned)

    status = subparsers.add_parser("status", help="list drafts and imported revisions")
    status.set_defaults(run=commands.status)
    return parser


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date YYYY-MM-DD") from error


if __name__ == "__main__":
    main()
