"""Products through oneDNN against torch's own."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gdig.lm import onednn
from gdig.lm.onednn import Onednn, product


@pytest.fixture
def calls(monkeypatch):
    """How often oneDNN was called."""
    seen, linear = [], onednn._linear
    monkeypatch.setattr(onednn, "_linear", lambda *args: seen.append(1) or linear(*args))
    return seen


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("size", [(5, 7), (2, 3, 7)])
def test_a_linear_layer_and_its_gradients_are_those_of_torch(calls, bias, frozen, size):
    torch.manual_seed(0)
    layer = nn.Linear(7, 4, bias=bias).requires_grad_(not frozen)
    rows = torch.randn(size, requires_grad=True)
    wanted = [rows, *([] if frozen else layer.parameters())]

    def run():
        output = layer(rows)
        return output, *torch.autograd.grad(output.square().sum(), wanted)

    expected = run()
    assert not calls
    with Onednn():
        found = run()
    assert len(calls) == (2 if frozen else 3)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions_are_left_to_torch(calls, dtype):
    layer, rows = nn.Linear(7, 4, dtype=dtype), torch.randn(3, 7, dtype=dtype)
    with Onednn():
        found = layer(rows)
    assert torch.equal(found, F.linear(rows, layer.weight, layer.bias))
    assert torch.equal(product(rows, rows.T), rows @ rows.T)
    assert not calls


def test_a_torch_built_without_onednn_does_as_it_can(calls, monkeypatch):
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    rows = torch.randn(3, 7)
    assert torch.equal(product(rows, rows.T), rows @ rows.T)
    assert not calls


def test_products_of_whole_transposed_and_cut_matrices():
    torch.manual_seed(0)
    left, right = torch.randn(6, 40), torch.randn(40, 9)
    for one in (left, left.T.contiguous().T, torch.randn(6, 80)[:, 20:60]):
        for other in (right, right.T.contiguous().T, torch.randn(40, 18)[:, 3:12], torch.randn(80, 9)[::2]):
            torch.testing.assert_close(product(one, other), one @ other, rtol=1e-5, atol=1e-5)


def test_leading_dimensions_are_kept():
    left, right = torch.randn(2, 3, 5), torch.randn(5, 4)
    torch.testing.assert_close(product(left, right), left @ right, rtol=1e-5, atol=1e-5)


def test_a_product_without_rows():
    assert product(torch.empty(3, 0), torch.empty(0, 2)).tolist() == [[0, 0]] * 3
    assert product(torch.empty(0, 3), torch.empty(3, 2)).shape == (0, 2)
