"""The environment of COMET and BLEURT, apart from the main one: both need packages that are older than it has.

`python -m gdig.scoring.environment` ends with 0 where params.yaml names such a metric, or a selector by one, and the
environment is not there yet, and with 1 otherwise; `make repro` asks it whether to make one.
"""

import os
import sys
from pathlib import Path

from gdig.config import Params, load_params

VARIABLE = "GDIG_METRICS_PYTHON"
FOLDER = ".venv-metrics"


def metrics_python(key: str) -> Path:
    """Return the Python that runs COMET and BLEURT: what GDIG_METRICS_PYTHON names, or that of .venv-metrics.

    .venv-metrics lies beside the environment that runs, also for a copy of the repository that an experiment runs in,
    or in the working directory.

    Args:
        key: who asks, for messages.

    Raises:
        ValueError: there is none; says how to get it.
    """
    if named := os.environ.get(VARIABLE):
        if not os.access(named, os.X_OK):
            raise ValueError(f"{key}: {VARIABLE} = {named}, which is no program; name a Python that has them")
        return Path(named)
    places = [parent / FOLDER / "bin" / "python" for parent in (Path(sys.prefix).parent, Path.cwd())]
    found = next((place for place in places if os.access(place, os.X_OK)), None)
    if found is None:
        raise ValueError(
            f"{key}: COMET and BLEURT run in an environment of their own, {FOLDER}, which is not there; make it with "
            f"`make metrics`, or name the Python of one with {VARIABLE}"
        )
    return found


def check_environment(params: Params) -> None:
    """Check that the environment is there, where a metric or a selector needs it.

    Raises:
        ValueError: as `metrics_python`.
    """
    needed = [f"score.{name}" for name in ("comet", "bleurt") if getattr(params.score, name) is not None]
    ranked = [*params.selectors, *(params.fusion.rankings if "fusion" in params.selectors else ())]
    if any(name.endswith("_filtered") for name in params.selectors):
        ranked += [*params.filter.rankings, *(cut.ranking for cut in params.filter.scores)]
    if needed := needed + [name for name in ranked if name == "comet_qe"]:
        metrics_python(needed[0])


def main() -> None:
    """Run the command line."""
    try:
        params = load_params()
    except ValueError:  # the next command says what is wrong
        sys.exit(1)
    try:
        check_environment(params)
    except ValueError:
        return
    sys.exit(1)


if __name__ == "__main__":
    main()
