import numpy as np
import pytest
import torch

from gdig.lm.prompt import Example
from gdig.selectors.common.response_losses import response_loss_sums, start_of_text
from tests.conftest import toy_examples, toy_model
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
    values_N3 = response_loss_sums(model, examples, START, max_tokens)
    assert values_N3.dtype == np.float32
    for example, (given, alone, number) in zip(examples, values_N3.tolist(), strict=True):
        prompt, response = example.tokens[: example.prompt_length], example.tokens[example.prompt_length :]
        assert number == len(response)
        assert given == pytest.approx(-log_likelihood(model, prompt, response), rel=1e-6)
        assert alone == pytest.approx(-log_likelihood(model, [START], response), rel=1e-6)


def test_a_text_begins_with_bos_or_else_with_eos():
    made = tokenizer()
    assert start_of_text(made) == made.eos_token_id
    made.bos_token = "w7"
    assert start_of_text(made) == made.convert_tokens_to_ids("w7") != made.eos_token_id


def test_a_loss_that_is_no_number_names_the_pair():
    model = toy_model(dtype=torch.float32)
    model.model.embed_tokens.weight.data[5] = float("nan")
    with pytest.raises(ValueError, match="pair broken: its loss is nan"):
        response_loss_sums(model, [Example("broken", [1, 5, 6], 1)], START, 100)
