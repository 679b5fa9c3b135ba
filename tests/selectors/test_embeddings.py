import numpy as np
import pytest
import torch
from transformers import BertModel, RobertaConfig, RobertaModel

from gdig.io.records import Pair
from gdig.lm.encoder import Encoded, count_truncated, in_batches
from gdig.lm.load import save
from gdig.selectors.common.embeddings import embed, encode_texts, load_base, load_encoder
from tests.conftest import PROMPT, toy_pairs

PAIRS = toy_pairs(30)


@pytest.fixture(params=["base", "encoder"])
def embedder(request, base_folder, encoder_folder):
    """Model, tokenizer, and the format in which the base model is shown pairs."""
    if request.param == "base":
        return *load_base(base_folder), PROMPT
    return *load_encoder(encoder_folder), None


def embedded(embedder, pairs, text, max_tokens):
    model, tokenizer, base_format = embedder
    return embed(model, tokenizer, encode_texts(model, tokenizer, pairs, text, base_format).rows, max_tokens)


@pytest.mark.parametrize("text", ["source", "target", "both"])
def test_batches_and_their_padding_change_nothing(embedder, text):
    one_by_one = np.concatenate([embedded(embedder, [pair], text, 1) for pair in PAIRS])
    together = embedded(embedder, PAIRS, text, 100_000)
    np.testing.assert_allclose(together, one_by_one, atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert together.dtype == np.float32


def test_an_encoders_embedding_is_the_mean_of_its_last_hidden_states(encoder_folder, word_tokenizer):
    """Written out with the library's own model, without batches."""
    model = BertModel.from_pretrained(encoder_folder, add_pooling_layer=False).eval()
    pair = PAIRS[3]
    with torch.no_grad():
        hidden_TD = model(**word_tokenizer(pair.src, pair.trg, return_tensors="pt")).last_hidden_state[0]
    mean_D = hidden_TD.mean(dim=0)
    found_D = embedded((*load_encoder(encoder_folder), None), [pair], "both", 100)[0]
    np.testing.assert_allclose(found_D, (mean_D / mean_D.norm()).numpy(), atol=1e-6)


def test_only_the_side_that_is_asked_for_is_looked_at(embedder):
    def changed(side):
        return [Pair(p.id, "dog" if side == "src" else p.src, "DOG" if side == "trg" else p.trg) for p in PAIRS[:3]]

    for text, same, other in (("source", "trg", "src"), ("target", "src", "trg")):
        before = embedded(embedder, PAIRS[:3], text, 500)
        np.testing.assert_array_equal(embedded(embedder, changed(same), text, 500), before)
        assert np.abs(embedded(embedder, changed(other), text, 500) - before).max() > 1e-3
    both = embedded(embedder, PAIRS[:3], "both", 500)
    assert all(np.abs(embedded(embedder, changed(s), "both", 500) - both).max() > 1e-3 for s in ("src", "trg"))


def test_long_texts_are_cut_and_counted(encoder_folder):
    model, tokenizer = load_encoder(encoder_folder)
    long = Pair("long", "dog " * 50, "DOG")
    encoded = encode_texts(model, tokenizer, [PAIRS[0], long], "source", None)
    assert encoded.num_truncated == 1
    assert len(encoded.rows[1]["input_ids"]) == 20  # the tokenizer's own limit, under the model's 32 positions


def test_what_is_cut_is_counted_over_all_parts(caplog):
    assert count_truncated(lambda rows: Encoded([], sum(row in (1, 6) for row in rows)), 7, 3, "rewards") == 2
    assert "rewards: 2 of 7 pairs are truncated" in caplog.text


def test_the_longest_batch_comes_first():
    widths = []

    def compute(batch):
        widths.append(batch["input_ids"].shape[1])
        return batch["attention_mask"].sum(dim=1, keepdim=True)

    rows = [{"input_ids": [7] * length} for length in (2, 9, 4)]
    assert in_batches(compute, rows, 0, 1, torch.device("cpu"))[:, 0].tolist() == [2, 9, 4]
    assert widths == [9, 4, 2]


def test_an_encoder_whose_positions_begin_behind_the_paddings_is_given_no_more_than_it_reads(tmp_path, word_tokenizer):
    config = RobertaConfig(
        vocab_size=len(word_tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=24, max_position_embeddings=18, pad_token_id=word_tokenizer.pad_token_id, type_vocab_size=2,
    )  # fmt: skip
    save(tmp_path / "roberta", RobertaModel(config, add_pooling_layer=False), word_tokenizer)
    found = embedded((*load_encoder(tmp_path / "roberta"), None), [Pair("long", "dog " * 50, "DOG")], "source", 100)
    assert np.isfinite(found).all()


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"not a model folder; it needs config.json and \*.safetensors"):
        load_encoder(tmp_path)
