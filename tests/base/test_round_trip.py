import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from gdig.base.pretrained import check_tokenizer


def tokenizer_of(letters, normalizer=None, **special):
    vocabulary = {token: number for number, token in enumerate(["<unk>", "</s>", *letters])}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    if normalizer:
        tokenizer.normalizer = normalizer
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **({"unk_token": "<unk>", "eos_token": "</s>"} | special)
    )


def test_texts_that_come_back_are_counted():
    found = check_tokenizer(tokenizer_of("abc "), ["a b", "  a\u00a0b  c".replace("\u00a0", " "), "cab"])
    assert found == {
        "bos": None, "eos": "</s>", "adds_in_front": [], "adds_behind": [], "prompts_begin_with": [],
        "num_texts": 3, "num_changed": 0, "num_with_unknown": 0,
    }  # fmt: skip


def test_changes_are_counted_and_shown(caplog):
    found = check_tokenizer(tokenizer_of("abc", normalizers.Lowercase()), ["abc", "Abc", "aBC", "c"])
    assert (found["num_changed"], found["num_with_unknown"]) == (2, 0)
    assert "the tokenizer gives 'Abc' back as 'abc'" in caplog.text
    assert "changes 2 of 4 texts" in caplog.text


def test_another_normal_form_is_no_change():
    found = check_tokenizer(tokenizer_of("abcä", normalizers.NFC()), ["a\u0308b"])
    assert found["num_changed"] == 0


def test_a_tokenizer_that_does_not_know_the_language_is_refused():
    texts = ["abc"] * 19
    assert check_tokenizer(tokenizer_of("abc"), [*texts, "xyz"])["num_with_unknown"] == 1
    with pytest.raises(ValueError, match="does not know parts of 2 of 21 texts, such as 'xyz'; take a model for these"):
        check_tokenizer(tokenizer_of("abc"), [*texts, "xyz", "zzz"])


@pytest.mark.parametrize("end", [None, "<unk>"])
def test_an_end_of_its_own_is_needed(end):
    with pytest.raises(ValueError, match="a response needs a separate end token"):
        check_tokenizer(tokenizer_of("abc", eos_token=end), ["abc", "abx"])


def test_an_end_that_no_text_holds_may_be_named_unknown_too():
    """As of GPT-2, whose tokens are bytes."""
    assert check_tokenizer(tokenizer_of("abc", eos_token="<unk>"), ["abc"])["eos"] == "<unk>"
