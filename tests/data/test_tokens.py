import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from gdig.config import Languages, TokenLimit
from gdig.data.rules import checks
from gdig.data.tokens import num_tokens
from gdig.records import Pair
from tests.data.test_clean import rules


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


def test_tokens_are_counted_and_the_longer_side_decides(folder):
    limit = TokenLimit(tokenizer=folder, max_tokens=3)
    assert num_tokens(["ein zwei", "", "ein, zwei!"], limit) == [2, 0, 4]
    assert num_tokens([], limit) == []
    too_many = checks(rules(token_limit=limit.model_dump()), Languages(source="de", target="en"))["too_many_tokens"]
    pairs = [Pair("a-1", "ein zwei ein", "one"), Pair("a-2", "ein", "one two one two"), Pair("a-3", "a b c d", "one")]
    assert too_many(pairs) == [False, True, True]


def test_a_tokenizer_that_is_not_there_is_told_with_its_key(tmp_path):
    with pytest.raises(ValueError, match=r"prepare\.token_limit\.tokenizer = '.*nowhere' cannot be loaded"):
        num_tokens(["a"], TokenLimit(tokenizer=str(tmp_path / "nowhere"), max_tokens=3))
