"""Refuse keys that are unknown, values that are not valid, and params that need what is not installed.

Other stages do so too before they work, but `dvc repro` runs none of them where only an unknown key was added.
"""

import logging

from gdig.config import Params
from gdig.run.paths import Paths

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage: both files were read and checked before it is called."""
    logger.info("%s and %s are valid", paths.params, paths.optional_params)
