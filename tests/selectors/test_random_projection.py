import pytest
import torch

from gdig.selectors.less.random_projection import RandomProjection

SIZES = {"a": 5000, "b": 300}
CPU = torch.device("cpu")


def projection(kind, *, sizes=SIZES, dim=64, seed=3, turn=1, memory_gib=1.0):
    return RandomProjection(sizes, dim=dim, kind=kind, memory_gib=memory_gib, seed=seed, turn=turn, device=CPU)


def project(made, values):
    projected = torch.zeros(made.dim, len(next(iter(values.values()))), dtype=torch.float64)
    for name, part in values.items():
        made.add(projected, name, part)
    return projected.T


def values(count=6):
    generator = torch.Generator().manual_seed(1)
    return {name: torch.randn(count, size, dtype=torch.float64, generator=generator) for name, size in SIZES.items()}


@pytest.mark.parametrize("kind", ["rademacher", "hashed"])
def test_inner_products_are_kept_on_average(kind):
    """Over many maps the mean estimate is the product itself, and its variance no more than that of random signs."""
    left, right = values().values(), values()
    del left
    whole = torch.cat(list(right.values()), dim=1)
    exact = whole @ whole.T
    found = torch.stack([(p := project(projection(kind, seed=seed), right)) @ p.T for seed in range(200)])
    norms = exact.diag()
    deviation = ((norms[:, None] * norms[None, :] + exact**2) / 64).sqrt()
    assert ((found.mean(dim=0) - exact).abs() < 4.5 * deviation / 200**0.5).all()
    off = ~torch.eye(6, dtype=torch.bool)
    assert (found.std(dim=0) < 1.25 * deviation)[off].all()


@pytest.mark.parametrize("kind", ["rademacher", "hashed"])
def test_a_map_is_of_seed_turn_and_name_alone(kind):
    given = values()
    both = project(projection(kind), given)
    apart = sum(project(projection(kind, sizes={name: SIZES[name]}), {name: given[name]}) for name in reversed(SIZES))
    torch.testing.assert_close(both, apart)
    for changed in ({"seed": 4}, {"turn": 2}):
        assert not torch.allclose(project(projection(kind, **changed), given), both)


def test_every_sign_of_the_matrix_is_drawn():
    (matrix,) = projection("rademacher").parts["a"]
    assert matrix.shape == (5000, 64)
    assert set(matrix.mul(8).unique().tolist()) == {-1.0, 1.0}
    assert matrix.mean(dim=1).abs().max() < 1 / 8  # no row is of one sign


def test_a_matrix_that_does_not_fit_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"projection 'rademacher' needs 0.0 GiB, .*memory_gib = 0.001; use 'hashed'"):
        projection("rademacher", memory_gib=0.001)
    assert projection("hashed", memory_gib=0.001)
