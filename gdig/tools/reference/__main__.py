"""Write the reference pages: docs/params.md, every params key, and docs/stages.md, which stages it re-runs.

python -m gdig.tools.reference            write them
python -m gdig.tools.reference --check    say which are out of date, exit code 1 if any is
"""

import argparse
import sys
from pathlib import Path

from gdig.io.files import write_text
from gdig.run.command import command
from gdig.tools.contract import load_stages
from gdig.tools.profile import DEFAULT, compose
from gdig.tools.reference import params_page, stages_page
from gdig.tools.reference.keys import all_keys


def pages() -> dict[Path, str]:
    """Return the text of each page."""
    stages, texts = load_stages(), compose(DEFAULT)
    default = "\n".join(texts.values())
    keys = [key.name for key in all_keys()]
    return {
        Path("docs", "params.md"): params_page.page(stages, default),
        Path("docs", "stages.md"): stages_page.page(stages, keys),
    }


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.tools.reference", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    stale = [path for path, text in pages().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if check:
            print(f"{path} is out of date; run `make docs`", file=sys.stderr)
        else:
            write_text(path, pages()[path])
    sys.exit(bool(stale and check))


if __name__ == "__main__":
    main()
