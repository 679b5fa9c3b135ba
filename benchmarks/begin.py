"""How a benchmark on the artifacts of the profile in params.yaml begins."""

import logging

from gdig.config import Params, load_params
from gdig.run.paths import Paths
from gdig.run.stage import limit_threads


def begin() -> tuple[Params, Paths]:
    """Log with the time, use one thread, and return the params in use and the paths of their profile."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    limit_threads(1)
    params = load_params()
    return params, Paths(profile=params.profile)
