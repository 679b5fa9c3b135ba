import numpy as np
import pytest
import torch

from gdig.selectors.common.representations import represent
from tests.conftest import toy_examples


@pytest.mark.parametrize("max_tokens", [1, 40, 1000])
def test_it_is_the_mean_of_last_hidden_states_weighted_by_position(model, max_tokens):
    examples = toy_examples(20)
    found = represent(model, examples, max_tokens)
    for example, row in zip(examples, found, strict=True):
        with torch.no_grad():
            hidden = model.model(torch.tensor([example.tokens])).last_hidden_state[0].numpy()
        total = sum(range(1, len(example.tokens) + 1))
        mean = sum(i / total * state for i, state in enumerate(hidden, start=1))
        assert row == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_a_representation_that_is_no_number_names_the_pair(model):
    model.model.norm.weight.data[0] = float("nan")
    with pytest.raises(ValueError, match="pair toy-"):
        represent(model, toy_examples(3), 100)
