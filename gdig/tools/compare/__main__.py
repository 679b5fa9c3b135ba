"""Compare two selectors, or one selector at two revisions or in two experiments.

    python -m gdig.tools.compare random gdig              # in this workspace
    python -m gdig.tools.compare gdig@HEAD~1 gdig         # before the last commit, and now
    python -m gdig.tools.compare gdig@HEAD gdig@clusters-64    # the last commit, and the experiment clusters-64

Differences are second minus first, as in `dvc metrics diff`. If the translations are in the workspace, in DVC's cache
or in its remote, each difference has an interval and a Holm-corrected p value of a paired bootstrap over the test
segments; otherwise only means are shown. Costs are those of the last runs on this machine, in the workspace.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from gdig.config import load_params
from gdig.io.files import rounded
from gdig.run.command import command
from gdig.tools.compare.cost import costs_of
from gdig.tools.compare.pair import compare
from gdig.tools.compare.show import markdown, print_comparison, wide_console
from gdig.tools.compare.side import open_sides


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.tools.compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("a", metavar="A", help="SELECTOR or SELECTOR@REVISION")
    parser.add_argument("b", metavar="B", help="what to compare with A")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="every number")
    how.add_argument("--markdown", action="store_true", help="tables for a README or an issue")
    options = parser.parse_args(arguments)
    settings = load_params().significance
    with tempfile.TemporaryDirectory() as folder:
        sides = open_sides([options.a, options.b], Path(folder))
        found, costs = compare(sides, settings), costs_of(sides)
    if options.json:
        found["costs"] = {label: {name: asdict(cost) for name, cost in own.items()} for label, own in costs.items()}
        print(json.dumps(rounded(found), indent=2, sort_keys=True, ensure_ascii=False))
    elif options.markdown:
        print(markdown(found, options.b, costs), end="")
    else:
        print_comparison(wide_console(), found, options.b, costs)


if __name__ == "__main__":
    main()
