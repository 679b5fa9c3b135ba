"""Fetch the files that a profile names by URL, without running a stage.

    python -m gdig.ingest.fetch                       files of params.yaml
    python -m gdig.ingest.fetch --profile NAME        files of another profile
    python -m gdig.ingest.fetch --dry-run             sizes, and whether they fit on the disk

Files are stored in $GDIG_DOWNLOADS, or in `downloads` in DVC's cache folder, as <host>/<path>, shared by all
profiles. A file placed there by hand counts as fetched. The first fetch records size and sha256 of each file in
profiles/<profile>.lock.json (commit it to Git); later fetches must match. An interrupted transfer resumes.
"""

import argparse
import logging
import os
import sys

from gdig.config import load_params, parse_params
from gdig.ingest.fetch.download import fetch, wanted_by
from gdig.tools.profile import values_of


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.ingest.fetch", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--profile", help="a profile by name, in place of params.yaml")
    parser.add_argument("--dry-run", action="store_true", help="show what would be fetched and exit")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    try:
        name = arguments.profile
        params = parse_params(values_of(name), name) if name else load_params()
        wanted = wanted_by(params.every_source)
        if not wanted:
            print(f"profile {params.profile!r} names no URL", file=sys.stderr)
            return
        paths = fetch(wanted, params.profile, dry_run=arguments.dry_run)
        if not arguments.dry_run:
            print(*paths, sep="\n")
    except KeyboardInterrupt:
        print("stopped; the next run resumes from here", file=sys.stderr)
        sys.exit(130)
    except (ValueError, OSError) as error:
        if os.environ.get("GDIG_DEBUG"):
            raise
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
