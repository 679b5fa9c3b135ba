import pytest
import torch

from gdig.base.scratch import train_base
from gdig.io.records import Pair
from gdig.lm.load import load_model, load_tokenizer, save
from gdig.lm.prompt import encode_base_format, encode_instructions, instruction

NAMES = ("Anna", "Otto", "Ida", "Karl", "Eva", "Hans", "Ute", "Max")
PAIRS = [
    Pair(f"b{n}", f"{one} sieht {two}.", f"{one} sees {two}.")
    for n, (one, two) in enumerate((a, b) for a in NAMES for b in NAMES)
]


@pytest.fixture(scope="module")
def base(params):
    scratch = params.base.scratch.model_copy(
        update={"vocab_size": 400, "hidden_size": 32, "intermediate_size": 32, "num_layers": 2, "num_parallel": 56}
    )
    training = params.base.training.model_copy(update={"epochs": 8.0, "batch_size": 8})
    return params.base.model_copy(update={"scratch": scratch, "training": training})


@pytest.fixture(scope="module")
def trained(base, params, tmp_path_factory):
    model, tokenizer, record = train_base(PAIRS, base, params.prompt)
    folder = tmp_path_factory.mktemp("base")
    save(folder, model, tokenizer)
    return folder, model, record


def test_it_learns_and_reloads_with_equal_logits(trained):
    folder, model, record = trained
    assert record.losses[-1][1] < 0.5 * record.losses[0][1]
    tokens = torch.tensor([[5, 6, 7, 8]])
    assert torch.equal(load_model(folder)(tokens).logits, model(tokens).logits)
    assert {path.suffix for path in folder.iterdir()} == {".json", ".safetensors"}


def test_equal_seeds_give_equal_files(trained, base, params, tmp_path):
    folder, *_ = trained
    model, tokenizer, _ = train_base(PAIRS, base, params.prompt)
    save(tmp_path, model, tokenizer)
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_tokenizer_round_trip_and_prompt(trained, params):
    tokenizer = load_tokenizer(trained[0])
    for text in ("Schöne Grüße, 你好!", 'a\n\n"b"', instruction("Otto", params.prompt)):
        assert tokenizer.decode(tokenizer(text).input_ids) == text
    # The instruction is made of words and not of bytes.
    assert len(tokenizer(instruction("", params.prompt)).input_ids) < 20


def test_response_ends_in_eos_and_is_tokenised_apart_from_the_prompt(trained, params):
    tokenizer = load_tokenizer(trained[0])
    for encode in (encode_instructions, encode_base_format):
        (example,) = encode(PAIRS[:1], tokenizer, params.prompt)
        assert example.tokens[-1] == tokenizer.eos_token_id
        assert tokenizer.decode(example.tokens[example.prompt_length : -1]).strip() == PAIRS[0].trg
    assert instruction("Hallo", params.prompt) == 'Translate the following text into English.\n\nText:\n"Hallo"'


def test_pairs_are_encoded_some_at_a_time(trained, params, monkeypatch):
    tokenizer = load_tokenizer(trained[0])
    whole = encode_instructions(PAIRS[:7], tokenizer, params.prompt)
    monkeypatch.setattr("gdig.lm.prompt.AT_ONCE", 3)
    assert encode_instructions(PAIRS[:7], tokenizer, params.prompt) == whole


def test_errors_name_the_pair_or_the_key(trained, base, params):
    tokenizer = load_tokenizer(trained[0])
    with pytest.raises(ValueError, match="pair x: the target '' has no tokens"):
        encode_instructions([Pair("x", "Ja", "")], tokenizer, params.prompt)
    with pytest.raises(ValueError, match="num_parallel = 56, but only 10 pairs"):
        train_base(PAIRS[:10], base, params.prompt)


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not a model folder; it needs config.json"):
        load_model(tmp_path)
