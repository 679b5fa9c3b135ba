"""Losses in parts equal those of whole logits, forward and backward."""

from types import SimpleNamespace

import pytest
import torch
from transformers import AutoModelForCausalLM, CohereConfig, Gemma2Config, Gemma3TextConfig, GraniteConfig, LlamaConfig

from gdig.lm import head
from gdig.lm.batches import pad
from gdig.lm.loss import token_losses
from tests.conftest import toy_examples

SIZE = {
    "vocab_size": 23, "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 2, "head_dim": 4, "pad_token_id": 0,
}  # fmt: skip
CONFIGS = {
    "tied": LlamaConfig(**SIZE, tie_word_embeddings=True),
    "untied": LlamaConfig(**SIZE, tie_word_embeddings=False),
    "softcap": Gemma2Config(**SIZE, final_logit_softcapping=2.0),
    "gemma3": Gemma3TextConfig(**SIZE),
    "granite": GraniteConfig(**SIZE, logits_scaling=3.0),
    "cohere": CohereConfig(**SIZE, logit_scale=0.3),
}


def made(name: str, dtype=torch.float64):
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(CONFIGS[name], dtype=dtype).eval()


def of(model, batch, weights_R):
    model.zero_grad()
    losses_R, _ = token_losses(model, batch)
    (losses_R * weights_R).sum().backward()
    return losses_R.detach(), {name: weight.grad.clone() for name, weight in model.named_parameters()}


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("name", CONFIGS)
def test_losses_and_gradients_in_parts_are_those_of_whole_logits(name, kept, monkeypatch):
    model, batch = made(name), pad(toy_examples(6))
    weights_R = torch.rand(int(batch.response_BT.sum()), dtype=torch.float64)
    expected_R, expected = of(model, batch, weights_R)
    monkeypatch.setattr(head, "MAX_LOGITS", 23 * 3)
    monkeypatch.setattr(head, "PART", 10**6 if kept else 23 * 3 + 5)
    monkeypatch.setattr(head, "_CHUNK", 23 * 2)
    monkeypatch.setattr(head, "_BLOCK", 8 * 5)
    calls, lookups = [], []
    real, real_lookup = head._LinearLosses.apply, head._Embedding.apply
    monkeypatch.setattr(head._Embedding, "apply", lambda *given: lookups.append(given) or real_lookup(*given))
    monkeypatch.setattr(head._LinearLosses, "apply", lambda *given: calls.append(given[4]) or real(*given))
    found_R, found = of(model, batch, weights_R)
    assert [behind is not None for behind in calls] == [name in ("softcap", "granite", "cohere")]
    assert len(lookups) == (name not in ("untied", "granite"))
    torch.testing.assert_close(found_R, expected_R, rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-13)
    with torch.inference_mode():
        torch.testing.assert_close(token_losses(model, batch)[0], expected_R, rtol=1e-12, atol=1e-13)
    assert "forward" not in vars(model.get_output_embeddings()) | vars(model.get_decoder())


def test_no_more_logits_than_a_part_are_made_at_once(monkeypatch):
    model, batch = made("softcap"), pad(toy_examples(6))
    monkeypatch.setattr(head, "MAX_LOGITS", 23 * 3)
    monkeypatch.setattr(head, "PART", 23 * 3)
    sizes = []
    real = torch.nn.functional.linear

    def linear(*given):
        result = real(*given)
        sizes.append(result.numel() if result.shape[-1] == 23 else 0)
        return result

    monkeypatch.setattr(head, "F", SimpleNamespace(linear=linear, cross_entropy=torch.nn.functional.cross_entropy))
    with torch.inference_mode():
        token_losses(model, batch)
    assert max(sizes) == 23 * 3
    assert sum(sizes) == 23 * int(batch.response_BT.sum())


def test_a_model_that_does_what_cannot_be_repeated_takes_whole_logits(monkeypatch):
    model, batch = made("untied"), pad(toy_examples(6))
    forward = type(model).forward
    count = iter(range(100))

    def drifting(self, **inputs):
        result = forward(self, **inputs)
        result.logits = result.logits * (1 + next(count))
        return result

    monkeypatch.setattr(type(model), "forward", drifting)
    monkeypatch.setattr(head, "MAX_LOGITS", 23 * 3)
    found_R, _ = token_losses(model, batch)
    logits_BTV = forward(model, input_ids=batch.tokens_BT, attention_mask=batch.mask_BT).logits * next(count)
    rows_R, positions_R = batch.response_BT.nonzero(as_tuple=True)
    expected_R = torch.nn.functional.cross_entropy(
        logits_BTV[rows_R, positions_R - 1], batch.tokens_BT[rows_R, positions_R], reduction="none"
    )
    torch.testing.assert_close(found_R, expected_R)


def test_half_precision_is_reduced_in_float32(monkeypatch):
    model, batch = made("gemma3", torch.bfloat16), pad(toy_examples(6))
    with torch.inference_mode():
        expected_R, _ = token_losses(model, batch)
        monkeypatch.setattr(head, "MAX_LOGITS", 23 * 3)
        found_R, _ = token_losses(model, batch)
    assert found_R.dtype == torch.float32
    torch.testing.assert_close(found_R, expected_R, rtol=1e-5, atol=1e-5)
