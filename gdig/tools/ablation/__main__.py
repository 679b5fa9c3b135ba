"""Ablations of the paper, as DVC experiments.

    python -m gdig.tools.ablation list                 ablations of ablations.yaml, and arms run from this commit
    python -m gdig.tools.ablation run clusters         run the arms that were not run yet, and show the results
    python -m gdig.tools.ablation show clusters        show the results
    python -m gdig.tools.ablation commands clusters    the commands of DVC that `run` runs

Arms are experiments clusters-64, clusters-512, ... of the last commit: `dvc exp show`, `apply`, `push`, `branch` and
`remove` take them, and so does `python -m gdig.tools.compare gdig@clusters-512 gdig@clusters-64`.
"""

import argparse
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gdig.config import Params, load_params, read_values
from gdig.run.command import command
from gdig.tools.ablation.arms import ABLATIONS_FILE, Ablation, Arm, arms_of, load_ablations
from gdig.tools.ablation.show import markdown, print_ablation
from gdig.tools.compare.pair import compare
from gdig.tools.compare.show import wide_console
from gdig.tools.compare.side import open_sides
from gdig.tools.evidence.overrides import overridden
from gdig.tools.experiments import existing, refuse_edits, run_missing, told


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    options = _parser().parse_args(arguments)
    with told():
        ablations, params = load_ablations(), load_params()
        if options.command == "list":
            _list(ablations)
            return
        arms = arms_of(options.name, ablations)
        if options.command == "commands":
            print("\n".join(shlex.join(arm.of(params.profile).command("--temp")) for arm in arms))
            return
        if options.command == "run":
            _run(arms, params, options.jobs, again=options.again)
        _show(arms, params, as_markdown=options.command == "show" and options.markdown)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gdig.tools.ablation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what there is")
    for name, text in (("run", "run the arms"), ("show", "show what came out"), ("commands", "print DVC's commands")):
        command = commands.add_parser(name, help=text)
        command.add_argument("name", metavar="NAME")
        if name == "run":
            command.add_argument("--jobs", type=int, default=1, metavar="N", help="arms at a time; default: 1")
            command.add_argument("--again", action="store_true", help="also those that were run from this commit")
        if name == "show":
            command.add_argument("--markdown", action="store_true", help="tables for a README or an issue")
    return parser


def _list(ablations: dict[str, Ablation]) -> None:
    done = existing()
    for name, ablation in ablations.items():
        print(f"{name}: {ablation.question}")
        for arm in arms_of(name, ablations):
            what = " ".join([f"{arm.name:12}", arm.selector, *arm.overrides])
            print(f"    {what}{' (was run)' if arm.experiment in done else ''}")


def _run(arms: Sequence[Arm], params: Params, jobs: int, *, again: bool) -> None:
    if strays := {arm.selector for arm in arms} - set(params.selectors):
        raise ValueError(
            f"{sorted(strays)[0]!r} is not among selectors {params.selectors} of this profile; add it there"
        )
    refuse_edits()
    values = read_values()
    for arm in arms:
        overridden(values, arm.overrides, f"{ABLATIONS_FILE}: {arm.experiment}")
    run_missing([arm.of(params.profile) for arm in arms], jobs, again=again)


def _show(arms: Sequence[Arm], params: Params, *, as_markdown: bool) -> None:
    done = existing()
    if missing := [arm.experiment for arm in arms if arm.experiment not in done]:
        raise ValueError(f"{', '.join(missing)} {'were' if missing[1:] else 'was'} not run from this commit yet")
    with tempfile.TemporaryDirectory() as folder:
        found = compare(open_sides([arm.side for arm in arms], Path(folder)), params.significance)
    if as_markdown:
        print(markdown(found, arms), end="")
    else:
        print_ablation(wide_console(), found, arms)


if __name__ == "__main__":
    main()
