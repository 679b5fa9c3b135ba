"""profiles/own.yaml on a user's files and a tiny model folder, from raw text to the first rankings, in one process."""

from pathlib import Path

import pytest

from gdig.config import parse_params
from gdig.io.files import read_json
from gdig.io.ranking import read_ranking
from gdig.io.records import read_pairs
from gdig.run import stage
from gdig.run.paths import Paths
from gdig.tools import profile
from stages import (
    base,
    clusters,
    curvature,
    gradients,
    influence,
    pool,
    prepare,
    quality,
    rank_base_loss,
    rank_gdig,
    rank_gdig_quality,
    rank_random,
    seeds,
    sketch,
    warmup,
)
from tests.conftest import ROOT, toy_pairs

STAGES = (pool, seeds, prepare, base, warmup, curvature, gradients, sketch, influence, quality, clusters)
RANKERS = {"random": rank_random, "base_loss": rank_base_loss, "gdig_quality": rank_gdig_quality, "gdig": rank_gdig}


@pytest.fixture
def small(tmp_path, monkeypatch, base_folder):
    """The template with its files beside the checkout, as small as they can be."""
    with monkeypatch.context() as patch:
        patch.chdir(ROOT)
        values = profile.values_of("own")
    (tmp_path / "corpora").mkdir()
    (tmp_path / "gdig").mkdir()
    monkeypatch.chdir(tmp_path / "gdig")
    monkeypatch.setenv("GDIG_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setattr(stage, "num_cores", lambda: 1)
    rows = [f"{pair.src}\t{' '.join(reversed(pair.src.split()))}\n" for pair in toy_pairs(120)]
    rows = list(dict.fromkeys(rows))
    # A seed of the test set, and a pair of the pool that is a seed.
    files = {"test": rows[:8], "seeds": [*rows[8:17], rows[0]], "pool": [*rows[17:90], rows[9]]}
    for name, lines in files.items():
        Path("..", "corpora", f"{name}.tsv").write_text("source\ttarget\n" + "".join(lines), "utf-8")
    values["pool"] |= {"num_pool": 66, "num_valid": 8}
    values["seeds"] |= {"count": 9}
    values["base"] |= {"model": str(base_folder), "num_threads": 1}
    values |= {"budgets": [4, 12], "num_threads": 1}
    values["curvature"] |= {"layer_step": 1, "num_examples": 40}
    values["gradients"] |= {"dim": 16}
    values["diversity"] |= {"num_clusters": 6}
    values["warmup"] |= {"pool_share": 0.5}
    return parse_params(values, "own")


def test_the_template_leads_from_own_files_to_the_first_rankings(small):
    params = small
    paths = Paths(profile="own", revision="none", estimator=params.influence.estimator)
    for module in STAGES:
        module.main(params, paths)
    rejects = read_json(paths.rejects)
    assert rejects["seeds"]["trusted"]["matched"] == {"contaminated": {"test": 1}}
    assert rejects["pool"]["crawl"]["matched"] == {"contaminated": {"seeds": 1}}
    left = {pair.id for pair in read_pairs(paths.pool)}
    trained = {}
    for name, module in RANKERS.items():
        of_selector = Paths(profile="own", selector=name)
        module.main(params, of_selector, name)
        trained[name] = read_ranking(of_selector.ranking)
    assert set(trained["random"]) == set(trained["base_loss"]) == left
    # Twice the largest budget survive the quality rule.
    assert set(trained["gdig"]) == set(trained["gdig_quality"])
    assert 24 <= len(trained["gdig"]) < len(left)
