import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from gdig.io.tokens import prompt_start
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.prompt import Example, base_context
from gdig.selectors.nuggets.one_shot import (
    SEPARATOR,
    encode_anchors,
    encode_demonstrations,
    one_shot_losses,
    require_room_for_anchors,
    zero_shot_losses,
)
from tests.conftest import PROMPT, toy_examples, toy_model, toy_pairs

DEMONSTRATIONS = [Example(e.id, e.tokens, e.prompt_length) for e in toy_examples(20, 2)]
ANCHORS = toy_examples(5, 3, least=5, most=20)


def mean_loss(model, context, anchor):
    """Of the anchor's answer behind a context, in one pass without a cache, from full logits."""
    tokens = [*context, *anchor.tokens]
    log_probs_TV = model(input_ids=torch.tensor([tokens])).logits[0].log_softmax(dim=-1)
    places = range(len(context) + anchor.prompt_length, len(tokens))
    return -sum(float(log_probs_TV[place - 1, tokens[place]].detach()) for place in places) / len(places)


def gpt2():
    torch.manual_seed(4)
    config = GPT2Config(vocab_size=23, n_embd=8, n_layer=2, n_head=2, n_positions=64, initializer_range=0.5)
    return GPT2LMHeadModel(config).to(torch.float64).eval()


@pytest.mark.parametrize("make", [toy_model, gpt2])
@pytest.mark.parametrize("max_tokens", [1, 60, 700, 10_000])
def test_with_the_cache_losses_are_those_without(make, max_tokens):
    model = make()
    found_NM = one_shot_losses(model, DEMONSTRATIONS, ANCHORS, max_tokens)
    expected_NM = [[mean_loss(model, d.tokens, anchor) for anchor in ANCHORS] for d in DEMONSTRATIONS]
    np.testing.assert_allclose(found_NM, expected_NM, rtol=1e-6)


def test_in_single_precision_the_cache_changes_less_than_what_is_asked_for():
    model = toy_model(dtype=torch.float32)
    expected_NM = [[mean_loss(model, d.tokens, anchor) for anchor in ANCHORS] for d in DEMONSTRATIONS]
    np.testing.assert_allclose(one_shot_losses(model, DEMONSTRATIONS, ANCHORS, 700), expected_NM, atol=1e-5)


def test_without_a_demonstration_the_same_bos_comes_first():
    model = toy_model()
    for bos in ([], [7]):
        expected_M = [mean_loss(model, bos, anchor) for anchor in ANCHORS]
        np.testing.assert_allclose(zero_shot_losses(model, ANCHORS, bos, 50), expected_M, rtol=1e-6)


def test_a_demonstration_has_bos_and_no_eos_and_an_anchor_eos_and_no_bos(base_folder):
    """Tokens as they are written here, of a tokenizer that puts BOS in front of every text."""
    from tokenizers.processors import TemplateProcessing

    tokenizer = load_tokenizer(base_folder)
    assert prompt_start(tokenizer) == []
    bos = tokenizer.pad_token_id
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{tokenizer.pad_token} $A", special_tokens=[(tokenizer.pad_token, bos)]
    )
    assert prompt_start(tokenizer) == [bos]

    def plain(text):
        return tokenizer(text, add_special_tokens=False).input_ids

    pair = toy_pairs(3)[2]
    context, target = plain(base_context(pair.src, PROMPT)), plain(" " + pair.trg)
    (demonstration,) = encode_demonstrations([pair], tokenizer, PROMPT)
    assert demonstration.tokens == [bos, *context, *target, *plain(SEPARATOR)]
    (anchor,) = encode_anchors([pair], tokenizer, PROMPT)
    assert anchor == Example(pair.id, [*context, *target, tokenizer.eos_token_id], len(context))


def test_a_demonstration_may_stand_in_front_of_a_base_model_on_disk(base_folder):
    model, tokenizer = load_model(base_folder), load_tokenizer(base_folder)
    demonstrations = encode_demonstrations(toy_pairs(4), tokenizer, PROMPT)
    anchors = encode_anchors(toy_pairs(9)[6:], tokenizer, PROMPT)
    gains_NM = zero_shot_losses(model, anchors, [], 500) - one_shot_losses(model, demonstrations, anchors, 500)
    assert gains_NM.shape == (4, 3)
    assert np.isfinite(gains_NM).all()


def test_a_loss_that_is_no_number_names_the_candidate():
    model = toy_model()
    model.model.embed_tokens.weight.data[5] = float("nan")
    model.config.tie_word_embeddings = False
    model.lm_head.weight = torch.nn.Parameter(torch.zeros(23, 8, dtype=torch.float64))
    demonstrations = [Example("fine", [1, 2, 3], 1), Example("broken", [1, 5, 3], 1)]
    with pytest.raises(ValueError, match="pair broken: its one-shot loss is nan"):
        one_shot_losses(model, demonstrations, [Example("anchor", [1, 2, 3], 1)], 100)


def test_what_the_model_cannot_read_is_refused_with_the_remedy():
    require_room_for_anchors(DEMONSTRATIONS[:1], ANCHORS, 64)
    with pytest.raises(ValueError, match=r"pair toy-0: .* longest anchor \d+, but the model reads 12; lower"):
        require_room_for_anchors(DEMONSTRATIONS[:1], ANCHORS, 12)
