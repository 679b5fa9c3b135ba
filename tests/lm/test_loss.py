import pytest
import torch

from gdig.lm.batches import pad
from gdig.lm.loss import dataset_losses, example_losses, mean_token_loss
from gdig.lm.prompt import Example
from tests.conftest import toy_examples, toy_model


def oracle(model, example):
    """Mean negative log-likelihood of the response tokens, from full logits of the unpadded example."""
    tokens = torch.tensor([example.tokens])
    log_probs = model(input_ids=tokens).logits[0].log_softmax(dim=-1)
    positions = range(max(example.prompt_length, 1), len(example.tokens))
    return -torch.stack([log_probs[p - 1, example.tokens[p]] for p in positions]).mean()


def test_loss_is_the_mean_over_response_tokens(model):
    examples = toy_examples(7)
    expected = torch.stack([oracle(model, example) for example in examples])
    torch.testing.assert_close(example_losses(model, pad(examples)), expected, rtol=1e-10, atol=1e-12)


def test_first_token_of_a_promptless_example_is_not_predicted(model):
    example = Example("a", [3, 4, 5], 0)
    torch.testing.assert_close(example_losses(model, pad([example]))[0], oracle(model, example))


@pytest.mark.parametrize("max_tokens", [1, 25, 1000])
def test_batch_size_and_padding_do_not_matter(model, max_tokens):
    examples = toy_examples(9)
    losses = dataset_losses(model, examples, max_tokens, "loss")
    assert list(losses) == [example.id for example in examples]
    for example in examples:
        assert losses[example.id] == pytest.approx(oracle(model, example).item(), rel=1e-10)


def test_set_loss_is_weighted_by_tokens(model):
    examples = toy_examples(5)
    losses = dataset_losses(model, examples, 1000, "loss")
    total = sum(oracle(model, e).item() * e.num_response_tokens for e in examples)
    assert mean_token_loss(losses, examples) == pytest.approx(total / sum(e.num_response_tokens for e in examples))


def test_loss_that_is_no_number_names_the_pair():
    model = toy_model()
    model.model.embed_tokens.weight.data[5] = float("nan")
    examples = [Example("fine", [1, 2, 3], 1), Example("broken", [1, 4, 5, 6], 1)]
    model.config.tie_word_embeddings = False
    model.lm_head.weight = torch.nn.Parameter(torch.zeros(23, 8, dtype=torch.float64))
    with pytest.raises(ValueError, match="pair broken: its loss is nan"):
        dataset_losses(model, examples, 1000, "loss")
