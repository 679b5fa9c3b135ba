"""The precision that a checkpoint is loaded in."""

from types import MappingProxyType

import pytest
import torch

from gdig.config import parse_params
from gdig.lm import load
from gdig.run.requirements import check_requirements
from tests.conftest import default_values, toy_model


@pytest.fixture
def bfloat16(monkeypatch):
    """A function that says whether the processor computes in bfloat16."""

    def has(**units):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: MappingProxyType({"avx2": True, **units}))

    return has


@pytest.mark.parametrize(
    ("saved", "units", "expected"),
    [
        (torch.float32, {"avx512_bf16": True}, torch.float32),
        (torch.bfloat16, {"avx512_bf16": True}, torch.bfloat16),
        (torch.bfloat16, {"amx_bf16": True}, torch.bfloat16),
        (torch.bfloat16, {"bf16": True, "architecture": "arm64"}, torch.bfloat16),
        (torch.bfloat16, {}, torch.float32),
        (torch.float16, {"avx512_bf16": True}, torch.float32),
    ],
)
def test_auto_is_the_checkpoints_precision_where_the_device_has_it(tmp_path, bfloat16, saved, units, expected):
    bfloat16(**units)
    toy_model(dtype=torch.float32).to(saved).save_pretrained(tmp_path)
    assert load.load_model(tmp_path, "auto").dtype == expected
    assert load.load_model(tmp_path).dtype == torch.float32


def test_a_few_float32_weights_do_not_make_a_checkpoint_float32(tmp_path, bfloat16):
    bfloat16(avx512_bf16=True)
    model = toy_model(dtype=torch.bfloat16)
    model.model.norm.float()
    model.save_pretrained(tmp_path)
    assert load.torch_dtype(tmp_path, "auto") == torch.bfloat16


@pytest.mark.parametrize(
    ("section", "change", "key"),
    [
        ("passes", {"dtype": "bfloat16"}, "passes.dtype"),
        ("translate", {"dtype": "bfloat16"}, "translate.dtype"),
        ("curvature", {"dtype": "bfloat16"}, "curvature.dtype"),
        ("influence", {"precision": "bfloat16"}, "influence.precision"),
    ],
)
def test_bfloat16_is_refused_by_key_where_the_processor_has_none(tmp_path, monkeypatch, bfloat16, section, change, key):
    monkeypatch.chdir(tmp_path)
    values = default_values()
    params = parse_params(values | {section: values[section] | change}, "params.yaml")
    bfloat16(avx512_bf16=True)
    check_requirements(params)
    bfloat16()
    with pytest.raises(ValueError, match=f"^{key} = 'bfloat16' is not supported by this processor .*; use float32$"):
        check_requirements(params)


def test_bfloat16_of_training_is_refused_too(tmp_path, monkeypatch, bfloat16):
    monkeypatch.chdir(tmp_path)
    values = default_values()
    values["finetune"]["memory"]["dtype"] = "bfloat16"
    bfloat16()
    with pytest.raises(ValueError, match=r"^finetune\.memory\.dtype = 'bfloat16' is not supported"):
        check_requirements(parse_params(values, "params.yaml"))
