import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from gdig.cleaning.rules import are_too_long, checks
from gdig.config import Languages, TokenLimit
from gdig.io.records import Pair
from tests.cleaning.test_clean import rules


@pytest.fixture
def folder(tmp_path):
    """A tokenizer of words, one token each, that adds a token at the front."""
    words = ["<unk>", "<s>", "ein", "zwei", "one", "two"]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", unk_token="<unk>", model_max_length=2
    )
    wrapped.save_pretrained(tmp_path / "tokenizer")
    return str(tmp_path / "tokenizer")


def test_the_longer_side_decides_and_special_tokens_do_not_count(folder):
    limit = {"tokenizer": folder, "max_tokens": 3}
    too_many = checks(rules(token_limit=limit), Languages(source="de", target="en"))["too_many_tokens"]
    pairs = [Pair("a-1", "ein zwei ein", "one"), Pair("a-2", "ein", "one two one two"), Pair("a-3", "a b c d", "one")]
    assert too_many(pairs) == [False, True, True]
    assert too_many([]) == []


def test_texts_that_are_not_tokenised_are_short_indeed(tmp_path):
    """On a tokenizer of bytes, which has the most tokens a text can have, and normalises as some do."""
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer = Tokenizer(models.BPE({letter: n for n, letter in enumerate(sorted(alphabet))}, []))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, add_prefix_space=True).save_pretrained(tmp_path)
    for limit in (4, 12, 40):
        texts = ["a" * n for n in range(45)] + ["ü" * n for n in range(25)] + ["好" * n for n in range(15)] + ["\ufdfa"]
        expected = [len(tokenizer.encode(text).ids) > limit for text in texts]
        assert are_too_long(texts, TokenLimit(tokenizer=str(tmp_path), max_tokens=limit)) == expected
        assert 0 < sum(expected) < len(texts)


def test_a_tokenizer_that_is_not_there_is_reported_with_its_key(tmp_path):
    with pytest.raises(ValueError, match=r"prepare\.token_limit\.tokenizer = '.*nowhere' cannot be loaded"):
        are_too_long(["a"], TokenLimit(tokenizer=str(tmp_path / "nowhere"), max_tokens=3))
