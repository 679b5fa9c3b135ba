"""Every causal architecture of the installed transformers runs or is refused in one line: docs/architectures.md."""

import re
import warnings

import pytest
import torch
import transformers
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from gdig.tools.architectures.checks import check_gradients, check_influence, check_losses, outcome
from gdig.tools.architectures.page import page, row
from gdig.tools.architectures.tiny import tiny_model
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "architectures.md").read_text("utf-8")


def test_the_page_is_of_the_installed_version_and_names_every_architecture():
    assert f"under transformers {transformers.__version__}:" in PAGE, "run `python -m gdig.tools.architectures`"
    assert sorted(re.findall(r"(?m)^\| `(\S+)` \|", PAGE)) == sorted(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)


def test_the_page_is_that_of_its_outcomes(params):
    found = [outcome(kind, params) for kind in ("llama", "mixtral", "rwkv", "musicgen")]
    text = page(found)
    assert "Of 4: 2 run, 1 are refused, 1 cannot be built tiny here." in text
    assert all(row(one) in text and row(one) in PAGE for one in found)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES))
def test_every_architecture_runs_or_is_refused_with_a_reason(kind, params):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert row(outcome(kind, params)) in PAGE, "run `python -m gdig.tools.architectures`"


def test_what_is_wrong_is_seen(params, monkeypatch):
    """Losses, gradients and influence that differ a little."""
    model = tiny_model("llama").double()
    names = ["model.layers.0.mlp.up_proj"]
    check_losses(model)
    check_gradients(model, names)
    check_influence(model, ["mlp.up_proj"], params.influence)
    autograd = "gdig.tools.architectures.checks._autograd"
    with monkeypatch.context() as patch, pytest.raises(AssertionError, match="gradient at model.layers.0.mlp.up_proj"):
        patch.setattr(autograd, lambda model, names, _: [model.get_submodule(name).weight * 1e-3 for name in names])
        check_gradients(model, names)
    with monkeypatch.context() as patch, pytest.raises(AssertionError, match="influence at"):
        patch.setattr(autograd, lambda model, names, _: [model.get_submodule(name).weight * 1e-3 for name in names])
        check_influence(model, ["mlp.up_proj"], params.influence)
    model.lm_head.register_forward_hook(lambda _, given, made: made + given[0].shape[0] * torch.arange(23))
    with pytest.raises(AssertionError, match="loss of e0"):
        check_losses(model)
