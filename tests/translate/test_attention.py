"""Attention by groups of queries against the model's own formula."""

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from gdig.translate import attention
from tests.lm.test_architectures import ARCHITECTURES, build

SIZES = {
    "vocab_size": 23, "hidden_size": 32, "intermediate_size": 24, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
}  # fmt: skip
GROUPED = {
    "llama": {},
    "gemma2": {"attn_logit_softcapping": 2.0, "sliding_window": 4},
    "gemma3_text": {"sliding_window": 4, "num_key_value_heads": 1},
    "qwen3": {},
    "gpt_oss": {"num_local_experts": 2, "num_experts_per_tok": 1},  # has sinks, one a head of queries
}


def steps(model, implementation):
    """Return the logits of tokens that are given one by one behind a padded prompt."""
    model.set_attn_implementation(implementation)
    tokens = torch.randint(1, 23, (3, 12), generator=torch.Generator().manual_seed(5))
    mask = torch.ones_like(tokens)
    mask[0, :4] = 0
    with torch.no_grad():
        read = model(input_ids=tokens[:, :7], attention_mask=mask[:, :7], use_cache=True)
        logits, cache = [], read["cache"]
        for place in range(7, 12):
            output = model(input_ids=tokens[:, place : place + 1], attention_mask=mask[:, : place + 1], cache=cache)
            cache = output["cache"]
            logits.append(output.logits)
    return torch.cat(logits, dim=1)


@pytest.mark.parametrize("kind", GROUPED)
def test_groups_are_multiplied_as_the_model_itself_does(kind, monkeypatch):
    torch.manual_seed(1)
    config = AutoConfig.for_model(kind, **SIZES | GROUPED[kind])
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    own = steps(model, "eager")
    widths = []
    matmul = torch.matmul

    def noted(left, right):
        widths.append((left.shape[1], left.shape[2]))
        return matmul(left, right)

    monkeypatch.setattr(torch, "matmul", noted)
    torch.testing.assert_close(steps(model, attention.GROUPED), own, rtol=1e-4, atol=1e-6)
    heads, groups = config.num_key_value_heads, 4 // config.num_key_value_heads
    assert ((heads, groups) in widths) == (kind != "gpt_oss")
    attentions = [module for module in model.modules() if hasattr(module, "num_key_value_groups")]
    assert {module.num_key_value_groups for module in attentions} == {groups}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_other_architectures_keep_their_attention(name):
    model = build(name)[0].float().eval()
    if "cache" not in model(input_ids=torch.tensor([[1]])):
        pytest.skip("keeps no keys")
    torch.testing.assert_close(steps(model, attention.GROUPED), steps(model, "eager"))
