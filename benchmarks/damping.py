"""What damping changes, on the artifacts of the profile in params.yaml: influence by other damping against that in use.

    dvc repro clusters gradients && python -m benchmarks.damping --out FILE.jsonl

One JSON object per damping, over the whole pool and all seeds: the plain dot product of gradients (no curvature) and
equation 13 (`influence.damping: lemma`), each compared with the influence on disk and with each other.
  sign_agreement, spearman     of all pairs of a candidate and a seed
  spearman_share_helped        of what the quality rule reads: a candidate's share of seeds helped,
  spearman_mean_influence      and its mean influence
  survivors                    of `quality.min_survivors` candidates that each keeps, the share that both keep
  gdig_quality, gdig           by budget, the share of picks that both make
  largest_eta_t_l              of equation 13: far below 1, it is the dot product
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr

from benchmarks.begin import begin
from benchmarks.rows import report
from gdig.config import Params
from gdig.influence.damping import Damping
from gdig.influence.estimators import exact
from gdig.influence.kfac import load_curvature
from gdig.influence.probe import agreement
from gdig.io.files import read_json
from gdig.io.matrix import FloatArray, read_matrix
from gdig.io.records import read_pairs
from gdig.io.statistics import budget_key
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.prompt import encode_instructions
from gdig.run.command import command
from gdig.run.paths import Paths
from gdig.selection.clusters import clusters_of
from gdig.selection.quality import apply_rule, assess
from gdig.selectors import gdig, gdig_quality

BEYOND = 1e9
"""Fixed damping beside which every eigenvalue vanishes: a multiple of the identity, so influence is the dot product."""


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.damping", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="file of JSON lines to write")
    arguments = parser.parse_args()
    params, paths = begin()
    for folder in (paths.influence, paths.gradients):
        if not folder.is_dir():
            parser.error(f"{folder} is missing; run `dvc repro clusters gradients` first")
    report(measure(params, paths), arguments.out)


def measure(params: Params, paths: Paths) -> Iterator[dict[str, Any]]:
    """Yield a row per comparison."""
    ids, in_use_NM = read_matrix(paths.influence, "influence")
    gradients_PK = read_matrix(paths.gradients, "gradient")
    model, tokenizer = load_model(paths.warmup, params.curvature.dtype), load_tokenizer(paths.warmup)
    candidates = encode_instructions(read_pairs(paths.pool), tokenizer, params.prompt)
    seeds = encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt)
    assert [candidate.id for candidate in candidates] == ids
    bases = load_curvature(paths.curvature, model.device)
    record = read_json(paths.warmup / "record.json")
    steps, rates = record["num_steps"], record["sum_of_rates"]
    # The route and inverse that are exact for any damping.
    settings = params.influence.model_copy(update={"inverse": "eigen", "route": "dense", "precision": "float32"})

    def influence_of(damping: Damping) -> FloatArray:
        estimator = exact(model, candidates, seeds, bases, damping, settings)
        rows = range(len(candidates))
        return np.concatenate([np.asarray(prepare()(rows)) for prepare in estimator.passes], axis=1)

    lemma = Damping("lemma", None, "eigen", steps, rates)
    found = {
        "in_use": in_use_NM,
        "dot_product": influence_of(Damping("fixed", BEYOND, "eigen", steps, rates)),
        "equation_13": influence_of(lemma),
    }
    picks = {name: _picks(params, ids, influence_NM, *gradients_PK) for name, influence_NM in found.items()}
    described = f"{params.influence.inverse}, {params.influence.damping} {params.influence.damping_value}"
    for name, against in (("dot_product", "in_use"), ("equation_13", "in_use"), ("equation_13", "dot_product")):
        yield {
            "damping": name,
            "against": against if against != "in_use" else f"in use ({described})",
            "num_candidates": len(ids),
            "num_seeds": in_use_NM.shape[1],
            **compared(found[name], found[against]),
            **overlaps(picks[name], picks[against]),
            **({"largest_eta_t_l": lemma.largest_product(bases.values())} if name == "equation_13" else {}),
        }


def compared(one_NM: FloatArray, other_NM: FloatArray) -> dict[str, float]:
    """Return how well two influence matrices agree: by pair, and by what the quality rule reads of a candidate."""
    whole = agreement(torch.from_numpy(one_NM), torch.from_numpy(other_NM))
    shares, means = ([part(m) for m in (one_NM, other_NM)] for part in (_share_helped, _mean))
    return {
        "sign_agreement": whole.sign_agreement,
        "spearman": whole.spearman,
        "spearman_share_helped": float(spearmanr(*shares).statistic),
        "spearman_mean_influence": float(spearmanr(*means).statistic),
    }


def overlaps(one: Mapping[str, set[str]], other: Mapping[str, set[str]]) -> dict[str, float]:
    """Return the share of picks that two choices have in common, by name of the choice."""
    return {name: len(one[name] & other[name]) / len(other[name]) for name in other}


def _share_helped(influence_NM: FloatArray) -> FloatArray:
    return np.asarray((influence_NM < 0).mean(axis=1), dtype=np.float32)


def _mean(influence_NM: FloatArray) -> FloatArray:
    return np.asarray(influence_NM.mean(axis=1, dtype=np.float64), dtype=np.float32)


def _picks(
    params: Params, ids: list[str], influence_NM: FloatArray, cluster_ids: list[str], gradients_PK: FloatArray
) -> dict[str, set[str]]:
    """Return the ids that the quality rule keeps, and those that each selector picks at each budget."""
    count = params.quality.min_survivors or 2 * params.budgets[-1]
    survivors = apply_rule(assess(ids, influence_NM), count).survivors
    chosen = {"survivors": {candidate.id for candidate in survivors[:count]}}
    means = {candidate.id: candidate.mean_influence for candidate in survivors}
    clusters = clusters_of(list(means), cluster_ids, gradients_PK, params.diversity)
    rankings = {
        "gdig_quality": gdig_quality.rank(means, params.rank_gdig_quality.order, params.rank_gdig_quality.seed),
        "gdig": gdig.rank(clusters, params.rank_gdig.seed),
    }
    for name, ranking in rankings.items():
        chosen |= {f"{name}_{budget_key(budget)}": set(ranking[:budget]) for budget in params.budgets}
    return chosen


if __name__ == "__main__":
    main()
