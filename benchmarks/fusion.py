"""Noise of kinds that the fusion of influence and losses was never shown: how well it is told.

    python -m benchmarks.fusion [--out FILE.jsonl]

In the folder of a run of stage `cleanliness` whose pool has planted noise. The score of stage `cleanliness` is
fitted to controls, the seeds and corrupted copies of them. One JSON object a kind of noise of the pool: whether the
controls have it (`in_controls`), and the AUC of pairs of that kind against clean ones, of the score (`auc`), of the
score fitted anew without controls of that kind (`auc_unseen`), and of each evidence alone. The last is of all kinds.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import report
from gdig.config import load_params
from gdig.io.matrix import read_matrix
from gdig.io.ranking import iterate_ranking
from gdig.io.records import CLEAN, read_rows
from gdig.labels import auc
from gdig.run.command import command
from gdig.run.paths import Paths
from gdig.selectors.gdig_joint.cleanliness import (
    NAMES,
    Array,
    Evidence,
    control_evidence,
    fit_logistic,
    pool_evidence,
    relative_positions,
)


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fusion", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="file of JSON lines to write")
    options = parser.parse_args(arguments)
    params = load_params()
    paths = Paths(profile=params.profile)
    if not paths.controls.is_file():
        parser.error(f"{paths.controls} is missing; run `dvc repro selectors/dvc.yaml:cleanliness@{paths.profile}`")
    pool = pool_evidence(
        *read_matrix(paths.influence, "influence"),
        dict(iterate_ranking(paths.base_loss_ranking)),
        dict(iterate_ranking(paths.loss_ranking)),
    )
    kinds = {row["id"]: row["noise"] for row in read_rows(paths.labels)}
    if not {kinds[i] for i in pool.ids} > {CLEAN}:
        parser.error(f"{paths.labels}: the pool must have both clean pairs and planted noise (noise.rate)")
    report(measure(pool, kinds, read_rows(paths.controls), params.cleanliness.ridge), options.out)


def measure(
    pool: Evidence, kinds: Mapping[str, str], controls: Sequence[Mapping[str, Any]], ridge: float
) -> Iterator[dict[str, Any]]:
    """Yield the row of each kind of noise of the pool, and that of all of them.

    Args:
        pool: what was measured of candidates.
        kinds: noise of each candidate.
        controls: rows of stage `controls`.
        ridge: of the fit.
    """
    kinds_N = np.array([kinds[i] for i in pool.ids])
    kinds_C = np.array([row["kind"] for row in controls])
    positions_CF, positions_NF = relative_positions(pool, control_evidence(controls)), relative_positions(pool, pool)

    def scores(kept_C: NDArray[np.bool_]) -> Array:
        """Return scores_N by a fit to some of the controls."""
        model = fit_logistic(positions_CF[kept_C], kinds_C[kept_C] == CLEAN, ridge)
        return np.asarray(model.decision_function(positions_NF))

    fused_N = scores(kinds_C != "")
    for kind in [*sorted(set(kinds_N.tolist()) - {CLEAN}), "all"]:
        some_N = (kinds_N == CLEAN) | (kinds_N == kind) | (kind == "all")
        clean_N, others_C = kinds_N[some_N] == CLEAN, kinds_C != kind
        # Where the controls have one kind alone, there is nothing to fit to without it.
        can_be_unseen = kind != "all" and set(kinds_C[others_C].tolist()) > {CLEAN}
        yield {
            "noise": kind,
            "in_controls": None if kind == "all" else bool((~others_C).any()),
            "num_pairs": int((~clean_N).sum()),
            "auc": auc(fused_N[some_N], clean_N),
            "auc_unseen": auc(scores(others_C)[some_N], clean_N) if can_be_unseen else None,
            **{f"auc_{name}": auc(column[some_N], clean_N) for name, column in zip(NAMES, positions_NF.T, strict=True)},
        }


if __name__ == "__main__":
    main()
