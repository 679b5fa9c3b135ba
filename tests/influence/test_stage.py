"""Stage influence on a pool of 24 pairs."""

import logging
import shutil

import numpy as np
import pytest

from gdig.influence.kfac import eigenbases, factors, load_curvature, save_curvature
from gdig.io.files import read_json, write_json
from gdig.io.matrix import read_matrix
from gdig.io.records import Pair, write_pairs
from gdig.lm.layers import tracked_linears
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.prompt import encode_instructions
from gdig.run.paths import Paths
from stages import influence
from tests.conftest import toy_pairs

POOL = toy_pairs(24)
SEEDS = [Pair(f"s-{pair.id}", pair.src, pair.trg) for pair in toy_pairs(30)[24:]]
SUM_OF_RATES = 0.02


@pytest.fixture(scope="module")
def site(tmp_path_factory, base_folder, params):
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        paths = Paths(profile="embedded")
        shutil.copytree(base_folder, paths.warmup)
        record = {"num_steps": 40, "sum_of_rates": SUM_OF_RATES, "optimizer": "adamw_torch_fused"}
        write_json(paths.warmup / "record.json", record)
        paths.influence_cache.mkdir()
        write_pairs(paths.pool, POOL)
        write_pairs(paths.seeds, SEEDS)
        model = load_model(paths.warmup)
        examples = encode_instructions(POOL, load_tokenizer(paths.warmup), params.prompt)
        names = tracked_linears(model, 1, ["mlp.down_proj"])
        save_curvature(paths.curvature, eigenbases(factors(model, names, examples, 1000)))
        yield paths


def run(params, paths, caplog, **changes):
    caplog.set_level(logging.INFO)
    settings = params.influence.model_copy(update={"probe": 16} | changes)
    curvature = params.curvature.model_copy(update={"dtype": "float32"})
    influence.main(params.model_copy(update={"influence": settings, "curvature": curvature}), paths)
    return read_matrix(paths.influence, "influence"), read_json(paths.influence_metrics)


def test_lemma_says_how_far_it_is_from_the_plain_dot_product(site, params, caplog):
    (ids, lemma_NM), metrics = run(params, site, caplog, damping="lemma", damping_value=None)
    bases = load_curvature(site.curvature, load_model(site.warmup).device)
    largest = SUM_OF_RATES * max(basis.eigenvalues_OI().max().item() for basis in bases.values())
    assert metrics["largest_eta_t_l"] == pytest.approx(largest, rel=1e-5)
    assert "eta T = 0.02 over 40 steps of adamw_torch_fused, where the lemma assumes SGD" in caplog.text
    assert f"eta T L is at most {largest:.3g} " in caplog.text
    # Damping that dwarfs every eigenvalue is the dot product, up to the factor eta T.
    (dot_ids, dot_NM), others = run(params, site, caplog, damping="fixed", damping_value=1e9)
    assert ids == dot_ids == [pair.id for pair in POOL]
    assert "largest_eta_t_l" not in others
    difference = np.abs(lemma_NM / SUM_OF_RATES - dot_NM * 1e9).max() / np.abs(dot_NM * 1e9).max()
    assert difference < largest


def test_other_damping_says_nothing_of_it(site, params, caplog):
    _, metrics = run(params, site, caplog)
    assert set(metrics) == {
        "num_candidates", "num_seeds", "estimator", "num_passes", "num_linears", "seed_gradients_mib", "probe",
    }  # fmt: skip
    assert "Lemma 1" not in caplog.text
