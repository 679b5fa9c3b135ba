"""Fit the rule of Instruction Mining: log validation loss of a run, from the mean indicators of its subset."""

import logging

import numpy as np

from gdig.config import Params
from gdig.io.files import write_json, write_metrics
from gdig.io.records import read_rows
from gdig.run.paths import Paths
from gdig.selectors.mining.columns import read_columns, subset_means
from gdig.selectors.mining.linear import fit_ridge, leave_one_out, r2

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    names, ridge = params.regression.indicators, params.regression.ridge
    columns = read_columns(paths.indicators, paths.rewards, paths.base_token_losses)
    subsets = {row["id"]: row["pairs"] for row in read_rows(paths.mining_subsets)}
    losses = {row["id"]: row["valid_loss"] for row in read_rows(paths.mining_runs)}
    values_SI = subset_means(columns, names, list(subsets.values()))
    labels_S = np.log([losses[name] for name in subsets])
    rule = fit_ridge(names, values_SI, labels_S, ridge)
    left_out_S = leave_one_out(
        lambda others, run: float(
            fit_ridge(names, values_SI[others], labels_S[others], ridge).predict(values_SI[run : run + 1])[0]
        ),
        len(labels_S),
    )
    metrics = {
        "num_runs": len(subsets),
        "r2": r2(labels_S, rule.predict(values_SI)),
        "r2_leave_one_out": r2(labels_S, left_out_S),
        "effects": rule.effects,
        "valid_loss": {"least": min(losses.values()), "most": max(losses.values())},
    }
    logger.info("regression: R2 %.2f, of runs left out %.2f", metrics["r2"], metrics["r2_leave_one_out"])
    write_json(paths.mining_rule, rule.as_json())
    write_metrics(paths.regression_metrics, paths.regression_metrics_copy, metrics)
