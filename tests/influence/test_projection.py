import pytest
import torch

from gdig.influence.capture import Tap
from gdig.influence.projection import project_gradients, projection
from tests.conftest import toy_examples, toy_model


def seeded(num_outputs, num_inputs, kind, *, dim=400, memory_gib=1.0, seed=3):
    cpu = torch.device("cpu")
    return projection(num_outputs, num_inputs, kind=kind, dim=dim, memory_gib=memory_gib, seed=seed, device=cpu)


def random_tap(seed):
    generator = torch.Generator().manual_seed(seed)
    inputs_BTI, gradients_BTO = (torch.randn(40, 3, size, generator=generator) for size in (64, 32))
    return Tap(inputs_BTI, gradients_BTO, torch.ones(40, 3, dtype=torch.bool))


@pytest.mark.parametrize(("kind", "tolerance"), [("dense", 0.15), ("kronecker", 0.5)])
def test_projection_keeps_distances(kind, tolerance):
    """Johnson-Lindenstrauss: relative error of a squared distance is about sqrt(2 / dim) for dense."""
    tap = random_tap(1)
    exact = torch.cdist(tap.weight_gradients().flatten(1), tap.weight_gradients().flatten(1))
    projected = seeded(32, 64, kind)(tap)
    assert projected.shape == (40, 400)
    ratio = (torch.cdist(projected, projected) / exact)[~torch.eye(40, dtype=torch.bool)]
    assert ratio.mean() == pytest.approx(1, abs=0.1)
    assert ((ratio - 1).abs() < tolerance).float().mean() > 0.95


def test_kronecker_is_the_projection_by_the_kronecker_product():
    tap = random_tap(2)
    project = seeded(32, 64, "kronecker", dim=6)
    basis = torch.eye(32 * 64).reshape(-1, 32, 64)
    # Linear, and therefore a matrix: rows from unit gradients, each the outer product of one token.
    units = Tap(basis.sum(1)[:, None, :], basis.sum(2)[:, None, :], torch.ones(32 * 64, 1, dtype=torch.bool))
    matrix = project(units)
    torch.testing.assert_close(project(tap), tap.weight_gradients().flatten(1) @ matrix, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", ["dense", "kronecker"])
def test_the_seed_decides_the_projection_and_nothing_else_does(kind):
    tap = random_tap(4)
    found = seeded(32, 64, kind, dim=6, seed=5)(tap)
    torch.manual_seed(99)
    torch.testing.assert_close(seeded(32, 64, kind, dim=6, seed=5)(tap), found, rtol=0, atol=0)
    other = seeded(32, 64, kind, dim=6, seed=6)(tap)
    # Two independent projections of one gradient are uncorrelated, not a rescaled or permuted copy.
    correlation = torch.corrcoef(torch.stack([found.flatten(), other.flatten()]))[0, 1]
    assert abs(correlation) < 0.5
    assert not torch.isclose(found.sort().values, other.sort().values, rtol=1e-3).all(dim=1).any()


def test_auto_is_dense_where_it_fits():
    tap = random_tap(3)
    dense, kronecker = (seeded(32, 64, kind)(tap) for kind in ("dense", "kronecker"))
    torch.testing.assert_close(seeded(32, 64, "auto")(tap), dense)
    torch.testing.assert_close(seeded(32, 64, "auto", memory_gib=1e-6)(tap), kronecker)


def test_dense_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"needs 67.2 GiB.*use 'kronecker'"):
        seeded(4096, 11008, "dense")


def test_batches_do_not_matter():
    model, examples = toy_model(), toy_examples(9)
    project = seeded(8, 12, "kronecker", dim=6)
    name = "model.layers.2.mlp.down_proj"

    def double(tap):
        return project(tap.to(torch.float32))

    results = [project_gradients(model, name, examples, double, max_tokens) for max_tokens in (1, 30, 1000)]
    torch.testing.assert_close(results[0], results[1])
    torch.testing.assert_close(results[0], results[2])
