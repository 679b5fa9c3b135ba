"""Take one ranking in for the filter, which depends on those alone that params name."""

import shutil

from gdig.config import Params
from gdig.io.files import atomic_file
from gdig.run.paths import Paths


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    with atomic_file(paths.filter_ranking) as temporary:
        shutil.copyfile(paths.ranking, temporary)
