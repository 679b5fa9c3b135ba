import numpy as np
import pytest
import sentencepiece
import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    DebertaV2Tokenizer,
)

from gdig.lm.load import load_tokenizer, save
from gdig.lm.prompt import encode_instructions, instruction
from gdig.selectors.reward.model import encode_answers, load_reward_model, rewards
from tests.conftest import PROMPT, toy_pairs

PAIRS = toy_pairs(30)


@pytest.fixture(scope="module")
def deberta_folder(tmp_path_factory, word_tokenizer):
    """As OpenAssistant's published reward model, but tiny and random."""
    folder = tmp_path_factory.mktemp("deberta")
    torch.manual_seed(2)
    config = DebertaV2Config(
        vocab_size=len(word_tokenizer), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=24, max_position_embeddings=32, num_labels=1, relative_attention=True, type_vocab_size=0,
        position_buckets=8, norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type=["p2c", "c2p"],
        position_biased_input=False, initializer_range=0.5,
    )  # fmt: skip
    save(folder, DebertaV2ForSequenceClassification(config), word_tokenizer)
    return folder


@pytest.fixture(scope="module")
def decoder_folder(tmp_path_factory, base_folder):
    folder = tmp_path_factory.mktemp("decoder")
    torch.manual_seed(3)
    model = AutoModelForSequenceClassification.from_pretrained(base_folder, num_labels=1)
    # As published models do it: another padding than the tokenizer's.
    model.config.pad_token_id = 5
    model.save_pretrained(folder)
    load_tokenizer(base_folder).save_pretrained(folder)
    return folder


def scored(folder, pairs, max_tokens):
    model, tokenizer = load_reward_model(folder)
    encoded = encode_answers(model, tokenizer, [p.src for p in pairs], [p.trg for p in pairs], PROMPT)
    return rewards(model, tokenizer, encoded.rows, max_tokens), encoded.num_truncated


@pytest.mark.parametrize("kind", ["deberta_folder", "decoder_folder"])
def test_batches_and_their_padding_change_nothing(request, kind):
    folder = request.getfixturevalue(kind)
    together, _ = scored(folder, PAIRS, 100_000)
    one_by_one = np.concatenate([scored(folder, [pair], 1)[0] for pair in PAIRS])
    assert together.shape == (len(PAIRS), 1)
    assert together.std() > 1e-3
    np.testing.assert_allclose(together, one_by_one, atol=1e-5)


def test_a_published_kind_of_model_sees_question_and_answer_as_its_own_tokenizer_joins_them(
    deberta_folder, word_tokenizer
):
    model = DebertaV2ForSequenceClassification.from_pretrained(deberta_folder).eval()
    pair = PAIRS[0]
    inputs = word_tokenizer(instruction(pair.src, PROMPT), pair.trg, truncation=True, return_tensors="pt")
    with torch.no_grad():
        expected = model(**inputs).logits.item()
    assert scored(deberta_folder, [pair], 100)[0].item() == pytest.approx(expected, abs=1e-6)


def test_the_tokenizer_of_the_published_model_is_read_from_its_sentencepiece_file(tmp_path, deberta_folder):
    texts = tmp_path / "texts"
    texts.write_text("".join(f"{instruction(p.src, PROMPT)} {p.trg}\n" for p in PAIRS), "utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(texts), model_prefix=str(tmp_path / "spm"), vocab_size=80, pad_id=0, bos_id=1, eos_id=2,
        unk_id=3, bos_piece="[CLS]", eos_piece="[SEP]", pad_piece="[PAD]", unk_piece="[UNK]", minloglevel=2,
        hard_vocab_limit=False,
    )  # fmt: skip
    folder = tmp_path / "published"
    folder.mkdir()
    (tmp_path / "spm.model").rename(folder / "spm.model")
    tokenizer = DebertaV2Tokenizer.from_pretrained(folder)
    model = DebertaV2ForSequenceClassification.from_pretrained(deberta_folder)
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    model.save_pretrained(folder)
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "DebertaV2Tokenizer"}')
    found, num_truncated = scored(folder, PAIRS, 500)
    assert num_truncated == len(PAIRS)  # the instruction alone has more than the model's 32 positions
    pair = instruction(PAIRS[0].src, PROMPT), PAIRS[0].trg
    inputs = tokenizer(*pair, truncation=True, max_length=32, return_tensors="pt")
    with torch.no_grad():
        assert found[0].item() == pytest.approx(model.eval()(**inputs).logits.item(), abs=1e-5)
    # What stage reward_model writes says the same.
    save(tmp_path / "copy", *load_reward_model(folder))
    np.testing.assert_allclose(scored(tmp_path / "copy", PAIRS, 500)[0], found, atol=1e-6)


def test_a_decoder_with_a_chat_template_sees_the_chat_and_an_encoder_does_not(base_folder, deberta_folder):
    chat = PROMPT.model_copy(update={"format": "chat"})
    sources, answers = [pair.src for pair in PAIRS], [pair.trg for pair in PAIRS]
    model = AutoModelForSequenceClassification.from_pretrained(base_folder, num_labels=1).eval()
    tokenizer = load_tokenizer(base_folder)
    model.config.pad_token_id = tokenizer.pad_token_id
    plain = encode_answers(model, tokenizer, sources, answers, PROMPT)
    assert encode_answers(model, tokenizer, sources, answers, chat) == plain
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}{{ 'assistant:' }}"
    )
    found = encode_answers(model, tokenizer, sources, answers, chat)
    expected = [{"input_ids": example.tokens} for example in encode_instructions(PAIRS, tokenizer, chat)]
    assert (found.rows, found.num_truncated) == (expected, 0)
    assert rewards(model, tokenizer, found.rows, 500).std() > 1e-3
    model.config.max_position_embeddings = 40
    with pytest.raises(ValueError, match=r"pair of '.*': prompt and response have \d+ tokens, but the model reads 40"):
        encode_answers(model, tokenizer, sources, answers, chat)
    model, tokenizer = load_reward_model(deberta_folder)
    plain = encode_answers(model, tokenizer, sources, answers, PROMPT)
    assert encode_answers(model, tokenizer, sources, answers, chat) == plain


def test_what_is_cut_is_counted(deberta_folder, word_tokenizer):
    limit = word_tokenizer.model_max_length
    lengths = [len(word_tokenizer(instruction(p.src, PROMPT), p.trg, verbose=False).input_ids) for p in PAIRS]
    longer = sum(length > limit for length in lengths)
    assert 0 < longer < len(PAIRS)
    assert scored(deberta_folder, PAIRS, 1000)[1] == longer


def test_what_is_no_reward_model_is_refused(tmp_path, base_folder, word_tokenizer):
    with pytest.raises(ValueError, match="not a model folder"):
        load_reward_model(tmp_path)
    with pytest.raises(ValueError, match="no reward model: its weights lack score.weight"):
        load_reward_model(base_folder)
    config = BertConfig(
        vocab_size=len(word_tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=24, max_position_embeddings=32, num_labels=3,
    )  # fmt: skip
    save(tmp_path / "three", BertForSequenceClassification(config), word_tokenizer)
    with pytest.raises(ValueError, match="a classifier with 3 outputs; reward_model.model takes one with one"):
        load_reward_model(tmp_path / "three")
