"""Write the template that `dvc plots` draws budget curves with: python -m gdig.report.template FILE.json."""

import argparse
import json
from pathlib import Path

from gdig.io.files import write_text
from gdig.report.budget_chart import template


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m gdig.report.template", description=__doc__)
    parser.add_argument("out", type=Path)
    write_text(parser.parse_args().out, json.dumps(template(), indent=1) + "\n")


if __name__ == "__main__":
    main()
