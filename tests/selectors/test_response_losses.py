import numpy as np
import pytest
import torch

from gdig.lm.prompt import Example, encode_instructions
from gdig.selectors.common.response_losses import published_context, response_loss_sums, start_of_text
from tests.chats import TEMPLATES, chat_tokenizer
from tests.conftest import PROMPT, toy_examples, toy_model, toy_pairs
from tests.training.toy import tokenizer

START = 3


def log_likelihood(model, context, response):
    """Of a response behind its context, token by token, each from a pass of its own over what precedes it."""
    total = 0.0
    for place, token in enumerate(response):
        logits_V = model(input_ids=torch.tensor([[*context, *response[:place]]])).logits[0, -1].detach()
        total += float(logits_V.log_softmax(dim=0)[token])
    return total


@pytest.mark.parametrize("max_tokens", [1, 30, 1000])
def test_losses_with_and_without_the_prompt_are_those_of_the_same_tokens(max_tokens):
    model, examples = toy_model(), toy_examples(20)
    values_N6 = response_loss_sums(model, examples, START, [START], max_tokens)
    assert values_N6.dtype == np.float32
    for example, (given, alone, number, *published) in zip(examples, values_N6.tolist(), strict=True):
        prompt, response = example.tokens[: example.prompt_length], example.tokens[example.prompt_length :]
        assert number == len(response)
        assert given == pytest.approx(-log_likelihood(model, prompt, response), rel=1e-6)
        assert alone == pytest.approx(-log_likelihood(model, [START], response), rel=1e-6)
        assert published == pytest.approx(
            [
                -log_likelihood(model, prompt, response[:-1]),
                -log_likelihood(model, [START], response[:-1]),
                len(response) - 1,
            ],
            rel=1e-6,
        )


@pytest.mark.parametrize("context", [[5], [START, 5, 6], []])
def test_in_the_published_form_a_bare_response_stands_after_another_context(context):
    # A target has a token, the end apart.
    model, examples = toy_model(), [example for example in toy_examples(25) if example.num_response_tokens > 1]
    values_N6 = response_loss_sums(model, examples, START, context, 30)
    own_N6 = response_loss_sums(model, examples, START, [START], 30)
    assert (values_N6[:, :4] == own_N6[:, :4]).all()
    for example, (*_, alone, number) in zip(examples, values_N6.tolist(), strict=True):
        text = example.tokens[example.prompt_length : -1]
        # The first token of a text is predicted from nothing, and has no loss.
        before, scored = (context, text) if context else (text[:1], text[1:])
        assert number == len(scored)
        assert alone == pytest.approx(-log_likelihood(model, before, scored) if scored else 0.0, rel=1e-6)


@pytest.mark.parametrize("family", sorted(TEMPLATES))
def test_the_published_context_of_a_finetuned_model_is_what_opens_the_answer(family):
    made = chat_tokenizer(family)
    chat = PROMPT.model_copy(update={"format": "chat"})
    bos, *opening = published_context(made, chat, is_finetuned=True)
    assert bos == made.bos_token_id
    opened = {
        "chatml": "<|im_start|>assistant\n", "llama3": "<|start|>assistant<|stop|>\n\n",
        "llama31": "<|start|>assistant<|stop|>\n\n", "gemma2": "<start_of_turn>model\n",
        "gemma3": "<start_of_turn>model\n", "mistral": "", "bare": "### assistant:\n",
    }[family]  # fmt: skip
    assert made.decode(opening, skip_special_tokens=False) == opened
    (example,) = encode_instructions(toy_pairs(1), made, chat)
    assert example.tokens[: example.prompt_length][-len(opening) :] == opening or not opening
    assert published_context(made, PROMPT, is_finetuned=True) == [made.bos_token_id]


def test_the_published_context_of_a_small_model_is_what_its_tokenizer_puts_before_a_text():
    assert published_context(chat_tokenizer("chatml"), PROMPT, is_finetuned=False) == [2]  # <s>
    assert published_context(tokenizer(), PROMPT, is_finetuned=False) == []


def test_a_text_begins_with_bos_or_else_with_eos():
    made = tokenizer()
    assert start_of_text(made) == made.eos_token_id
    made.bos_token = "w7"
    assert start_of_text(made) == made.convert_tokens_to_ids("w7") != made.eos_token_id


def test_a_loss_that_is_no_number_names_the_pair():
    model = toy_model(dtype=torch.float32)
    model.model.embed_tokens.weight.data[5] = float("nan")
    with pytest.raises(ValueError, match="pair broken: its loss is nan"):
        response_loss_sums(model, [Example("broken", [1, 5, 6], 1)], START, [START], 100)
