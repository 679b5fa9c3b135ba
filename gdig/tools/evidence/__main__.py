"""Evidence: when does gradient-based selection help? Grids of pools, noise rates and noise kinds.

    python -m gdig.tools.evidence list                     grids of evidence.yaml, and conditions run from this commit
    python -m gdig.tools.evidence run embedded             run the conditions that were not run yet
    python -m gdig.tools.evidence commands embedded        the commands of DVC that `run` runs
    python -m gdig.tools.evidence collect embedded         their results into metrics/grids/embedded.jsonl, to commit
    python -m gdig.tools.evidence show embedded            tables of that file
    python -m gdig.tools.evidence show embedded --of gdig_joint --markdown
    python -m gdig.tools.evidence figure embedded --out docs/evidence.svg

Conditions are experiments evidence-<grid>-<pool>-<rate>[-<kind>] of the last commit; params.yaml may be of any profile.
"""

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from gdig.config import read_values
from gdig.io.files import write_text
from gdig.report.charts.draw import svg
from gdig.report.gains.cells import CONTROLS, cells_of
from gdig.report.gains.results import file_of, read_results
from gdig.run.command import command
from gdig.tools.compare.show import print_tables, wide_console
from gdig.tools.evidence.collect import collect
from gdig.tools.evidence.conditions import Condition, check_conditions, conditions_of
from gdig.tools.evidence.figure import figure
from gdig.tools.evidence.grids import Grid, grid_of, load_grids
from gdig.tools.evidence.show import markdown, remarks, tables
from gdig.tools.experiments import existing, refuse_edits, run_missing, told

METRICS = "bleu", "chrf"


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    options = _parser().parse_args(arguments)
    with told():
        grids = load_grids()
        if options.command == "list":
            _list(grids)
        elif options.command == "collect":
            _collect(options.grids, grids)
        elif options.command == "show":
            _show(options, grids)
        elif options.command == "figure":
            grid_of(options.grid, grids)
            cells = cells_of(read_results(options.grid).runs, options.metric)
            write_text(options.out, svg(figure(cells, options.metric)))
        else:
            conditions = _conditions(options.grid, grids)
            if options.command == "commands":
                print("\n".join(shlex.join(condition.experiment.command("--temp")) for condition in conditions))
            else:
                refuse_edits()
                check_conditions(conditions, read_values())
                run_missing([condition.experiment for condition in conditions], options.jobs, again=options.again)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gdig.tools.evidence", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what there is")
    command = commands.add_parser("run", help="run the conditions")
    command.add_argument("grid", metavar="GRID")
    command.add_argument("--jobs", type=int, default=1, metavar="N", help="conditions at a time; default: 1")
    command.add_argument("--again", action="store_true", help="also those that were run from this commit")
    command = commands.add_parser("commands", help="print DVC's commands")
    command.add_argument("grid", metavar="GRID")
    command = commands.add_parser("collect", help="write committed files of results")
    command.add_argument("grids", metavar="GRID", nargs="*", help="default: all that were run from this commit")
    command = commands.add_parser("show", help="show committed results")
    command.add_argument("grid", metavar="GRID", nargs="?", help="default: all that were collected")
    command.add_argument("--of", metavar="SELECTOR", help="one table a grid: what this selector gained")
    command.add_argument(
        "--against",
        metavar="SELECTOR",
        nargs="+",
        default=CONTROLS,
        help=f"gains are over the best of these; default: {' '.join(CONTROLS)}",
    )
    command.add_argument("--markdown", action="store_true", help="tables for a README or an issue")
    command.add_argument(
        "--metric", default="bleu", help="of rows, such as chrf, bleu_<test set>, seed_loss; default: bleu"
    )
    command = commands.add_parser("figure", help="draw committed results")
    command.add_argument("grid", metavar="GRID")
    command.add_argument("--out", type=Path, required=True, metavar="FILE.svg")
    command.add_argument("--metric", choices=METRICS, default=METRICS[0])
    return parser


def _conditions(name: str, grids: Mapping[str, Grid]) -> list[Condition]:
    return conditions_of(name, grid_of(name, grids), read_values())


def _list(grids: Mapping[str, Grid]) -> None:
    done = existing()
    for name, grid in grids.items():
        names = [condition.experiment.name for condition in _conditions(name, grids)]
        num_run = sum(one in done for one in names)
        print(f"{name}: {grid.question} Profile {grid.profile}, {num_run} of {len(names)} conditions were run.")
        for one in names:
            print(f"    {one}{' (was run)' if one in done else ''}")


def _collect(names: Sequence[str], grids: Mapping[str, Grid]) -> None:
    done = existing()
    found = {name: _conditions(name, grids) for name in names or grids}
    there = {name: [one for one in own if one.experiment.name in done] for name, own in found.items()}
    if not any(there.values()):
        raise ValueError(
            f"no condition of {', '.join(found)} was run from this commit; `python -m gdig.tools.evidence run`"
        )
    for name, own in there.items():
        missing = [one.experiment.name for one in found[name] if one not in own]
        if own:
            collect(own)
            print(f"{file_of(name)}: {len(own)} of {len(found[name])} conditions")
        if missing and (own or names):
            print(f"{name}: not run from this commit: {', '.join(missing)}", file=sys.stderr)


def _show(options: argparse.Namespace, grids: Mapping[str, Grid]) -> None:
    names = [options.grid] if options.grid else [one for one in grids if file_of(one).is_file()]
    if not names:
        raise ValueError(
            f"nothing was collected: {file_of('<grid>')} is of no grid; `python -m gdig.tools.evidence collect`"
        )
    console = wide_console()
    for one in names:
        question, results = grid_of(one, grids).question, read_results(one)
        numbers = {key for run in results.runs for key, value in run.items() if isinstance(value, float)}
        known = numbers - {"rate", "clean_share"}
        if options.metric not in known:
            raise ValueError(
                f"{file_of(one)}: its rows have no {options.metric!r}; they have {', '.join(sorted(known))}"
            )
        if options.markdown:
            print(f"### {one}: {question}\n\n{markdown(results, options.metric, options.of, options.against)}")
            continue
        console.print(f"{one}: {question}\n")
        print_tables(console, tables(results, options.metric, options.of, options.against))
        for line in remarks(results, options.of, options.against):
            console.print(line)


if __name__ == "__main__":
    main()
