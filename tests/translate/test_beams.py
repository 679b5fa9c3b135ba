"""Batches with a cache of our own against transformers' plain beam search, one prompt at a time."""

from types import SimpleNamespace

import pytest
import torch
from transformers import GenerationConfig

from gdig.translate.prompts import Task
from gdig.translate.transformers_backend import Transformers
from tests.lm.test_architectures import ARCHITECTURES, build

LENGTHS = (3, 9, 4, 9, 2, 12)


@pytest.mark.parametrize("num_beams", [1, 3])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_translates_as_transformers_does(name, num_beams, settings, monkeypatch):
    model = build(name)[0].float()  # in float64 transformers' BLOOM gives NaN where a batch is padded
    monkeypatch.setattr("gdig.translate.transformers_backend.load_model", lambda *_: model)
    settings = settings.model_copy(update={"num_beams": num_beams})
    decode = Transformers(None, SimpleNamespace(pad_token_id=0), settings, [0])
    generator = torch.Generator().manual_seed(3)
    tasks = [
        Task(str(n), torch.randint(1, 23, (length,), generator=generator).tolist(), 3 + n)
        for n, length in enumerate(LENGTHS)
    ]
    found = decode(tasks)
    for task, tokens in zip(tasks, found, strict=True):
        generation = GenerationConfig(
            max_new_tokens=task.limit, num_beams=num_beams, do_sample=False, eos_token_id=0, pad_token_id=0
        )
        prompt = torch.tensor([task.tokens])
        plain = model.generate(prompt, attention_mask=torch.ones_like(prompt), generation_config=generation)
        expected = plain[0, len(task.tokens) :].tolist()
        assert tokens[: len(expected)] == expected
        assert set(tokens[len(expected) : task.limit]) <= {0}
