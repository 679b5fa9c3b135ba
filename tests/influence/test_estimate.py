import pytest
import torch

from gdig.influence import ekfac as estimate
from gdig.lm.layers import tracked_linears
from tests.conftest import toy_examples


@pytest.fixture
def curvature(model):
    names = tracked_linears(model, 1, ["mlp.up_proj", "mlp.down_proj"])

    def run(**settings):
        return estimate.curvature(model, names, toy_examples(12), max_tokens=40, **settings)

    return run


def test_ekfac_gives_the_same_from_what_was_kept_and_from_a_second_pass(curvature):
    kept, again = curvature(kind="ekfac", memory_gib=1.0), curvature(kind="ekfac", memory_gib=1e-9)
    for name, basis in kept.items():
        torch.testing.assert_close(again[name].corrected_OI, basis.corrected_OI, rtol=0, atol=0)


def test_kfac_has_no_corrected_eigenvalues(curvature):
    assert all(basis.corrected_OI is None for basis in curvature(kind="kfac", memory_gib=1.0).values())


def test_ekfac_keeps_only_what_fits(curvature, monkeypatch):
    kept = []
    monkeypatch.setattr(estimate, "corrected", lambda model, bases, examples, max_tokens, taps: kept.append(taps))
    curvature(kind="ekfac", memory_gib=1.0)
    curvature(kind="ekfac", memory_gib=1e-9)
    assert len(kept[0]) > 1
    assert kept[1] is None
