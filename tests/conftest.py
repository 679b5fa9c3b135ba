"""Shared oracles: a toy language model in float64 and examples for it, pairs of words, and a base model on disk."""

import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import pytest
import torch
from hypothesis import settings
from ruamel.yaml import YAML
from transformers import LlamaConfig, LlamaForCausalLM

from gdig.config import OptionalSections, Params, Prompt, load_params, read_values
from gdig.io.records import Pair
from gdig.lm.load import save
from gdig.lm.prompt import Example

ROOT = Path(__file__).parent.parent

# Toy models are faster on one thread, and far faster where another process has the other core.
torch.set_num_threads(1)

# How long an example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items):
    """Files with slow tests come first: one that begins last keeps the other cores waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def params() -> Params:
    return load_params(ROOT / "params.yaml")


def default_values() -> dict:
    """The params in use, those of both files in one mapping."""
    return read_values(ROOT / "params.yaml")


def write_params(folder: Path, values: dict) -> None:
    """Write values into params.yaml and selectors/params.yaml of a folder, comments lost."""
    (folder / "selectors").mkdir(exist_ok=True)
    optional = OptionalSections.model_fields
    for path, wanted in ((folder / "params.yaml", False), (folder / "selectors" / "params.yaml", True)):
        part = {key: value for key, value in values.items() if (key in optional) == wanted}
        with path.open("w", encoding="utf-8") as stream:
            yaml = YAML(typ="safe", pure=True)
            yaml.default_flow_style = False
            yaml.dump(part, stream)


def toy_model(*, num_layers: int = 3, dtype: torch.dtype = torch.float64, seed: int = 0) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=23, hidden_size=8, intermediate_size=12, num_hidden_layers=num_layers, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=True, initializer_range=0.3,
        bos_token_id=None, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    return LlamaForCausalLM(config).to(dtype).eval()


def toy_examples(count: int, seed: int = 1, *, least: int = 4, most: int = 11) -> list[Example]:
    generator = torch.Generator().manual_seed(seed)
    examples = []
    for number in range(count):
        length = int(torch.randint(least, most + 1, (), generator=generator))
        tokens = torch.randint(1, 23, (length,), generator=generator).tolist()
        prompt_length = int(torch.randint(1, length, (), generator=generator))
        examples.append(Example(f"toy-{number}", tokens, prompt_length))
    return examples


@pytest.fixture
def model() -> LlamaForCausalLM:
    return toy_model()


PROMPT = Prompt(
    target_language="English",
    format="plain",
    system=None,
    base_template="German: {src_text}\nEnglish: {trg_text}",
)
WORDS = tuple("the house dog sees green old tree runs under bridge while rain falls on quiet town".split())  # noqa: SIM905


def toy_pairs(count: int) -> list[Pair]:
    """Pairs of 3 to 9 words, whose targets are their sources in upper case."""
    generator = torch.Generator().manual_seed(5)
    pairs = []
    for number in range(count):
        length = 3 + number % 7
        words = [WORDS[n] for n in torch.randint(0, len(WORDS), (length,), generator=generator).tolist()]
        pairs.append(Pair(f"t{number}", " ".join(words), " ".join(words).upper()))
    return pairs


@pytest.fixture(scope="session")
def base_folder(tmp_path_factory, params):
    """As `stages.base` leaves it."""
    from gdig.base.scratch import train_tokenizer

    folder = tmp_path_factory.mktemp("base")
    model = toy_model(dtype=torch.float32)
    tokenizer = train_tokenizer(toy_pairs(40), params.base.scratch.model_copy(update={"vocab_size": 400}), PROMPT)
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    model.config.pad_token_id = tokenizer.pad_token_id
    save(folder, model, tokenizer)
    return folder
