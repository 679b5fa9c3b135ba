"""Text into tokens and back, the same way everywhere.

Text of users is text: where it holds the string of a special token, such as `<|endoftext|>`, that is read in ordinary
pieces and comes back as it was. Tokenizers add special tokens of their own around a text; a prompt takes those in front
(BOS, as a rule) and leaves EOS and those behind.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Tokens = list[int]


@dataclass(frozen=True, slots=True)
class Additions:
    """Special tokens that a tokenizer puts around a text."""

    front: tuple[int, ...]
    back: tuple[int, ...]


def additions(tokenizer: Any) -> Additions:
    """Return what the tokenizer adds to a text when it is asked for its own format."""
    encoded = tokenizer("a", return_special_tokens_mask=True)
    tokens, mask = encoded.input_ids, encoded["special_tokens_mask"]
    text = [place for place, special in enumerate(mask) if not special] or [len(tokens)]
    return Additions(tuple(tokens[: text[0]]), tuple(tokens[text[-1] + 1 :]))


def prompt_start(tokenizer: Any) -> Tokens:
    """Return the tokens before a prompt: those that the tokenizer adds in front, each once, without EOS and SEP.

    Where one of these is also the BOS, as in OPT, it stays.
    """
    ends = {tokenizer.eos_token_id, tokenizer.sep_token_id} - {tokenizer.bos_token_id}
    return [token for token in dict.fromkeys(additions(tokenizer).front) if token not in ends]


def prompt_tokens(tokenizer: Any, texts: Sequence[str]) -> list[Tokens]:
    """Return the tokens of prompts, each after `prompt_start`."""
    start = prompt_start(tokenizer)
    return [[*start, *tokens] for tokens in text_tokens(tokenizer, texts)]


def text_tokens(tokenizer: Any, texts: Sequence[str], control: frozenset[int] = frozenset()) -> list[Tokens]:
    """Return the tokens of texts, and nothing more: no special token, whatever the texts hold.

    Args:
        tokenizer: any.
        texts: any.
        control: further tokens that may not come of a text.
    """
    if not texts:
        return []
    found: list[Tokens] = tokenizer(
        list(texts), add_special_tokens=False, split_special_tokens=True, verbose=False
    ).input_ids
    special = special_tokens(tokenizer) | control
    added = frozenset(tokenizer.added_tokens_decoder) - special - {tokenizer.unk_token_id}

    def is_text(text: str, tokens: Tokens) -> bool:
        if not special.isdisjoint(tokens) or holds_unknown(tokenizer, text, tokens):
            return False
        # Behind an added token that is not special, some tokenizers take the next word for the first of a text.
        return added.isdisjoint(tokens) or decode(tokenizer, tokens).strip() == text.strip()

    return [
        tokens if is_text(text, tokens) else literal_tokens(tokenizer, text, control)
        for text, tokens in zip(texts, found, strict=True)
    ]


def special_tokens(tokenizer: Any) -> frozenset[int]:
    """Return the special tokens, without the unknown token where it is one apart: that stands for text too."""
    special = {*tokenizer.all_special_ids, *(i for i, t in tokenizer.added_tokens_decoder.items() if t.special)}
    others = {tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id}
    return frozenset(special - ({tokenizer.unk_token_id} - others))


def holds_unknown(tokenizer: Any, text: str, tokens: Tokens) -> bool:
    """Return whether a text may have become the unknown token by holding its string."""
    return tokenizer.unk_token_id in tokens and tokenizer.unk_token in text


def literal_tokens(tokenizer: Any, text: str, control: frozenset[int] = frozenset()) -> Tokens:
    """Return the tokens of a text; pieces that are special tokens in the vocabulary, or of `control`, are cut in two.

    Unigram models have `</s>` as a piece like others, and take it where a text holds it. The unknown token stays where
    it stands for characters that the vocabulary lacks.

    Raises:
        ValueError: a special token is a single character, or the tokenizer is none of the `tokenizers` library.
    """
    special = sorted({*special_tokens(tokenizer), *control, tokenizer.unk_token_id} - {None})
    string_of = dict(zip(special, tokenizer.convert_ids_to_tokens(special), strict=True))
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ValueError(f"the text {text!r} holds a special token, which this tokenizer cannot read as text")
    if backend.normalizer is not None:
        text = backend.normalizer.normalize_str(text)
    pieces = [text]
    if backend.pre_tokenizer is not None:
        pieces = [piece for piece, _ in backend.pre_tokenizer.pre_tokenize_str(text)]

    def read(piece: str) -> Tokens:
        tokens = backend.model.tokenize(piece) if piece else []
        for token in tokens:
            # An unknown character is the unknown token too.
            if token.value == string_of.get(token.id) and token.value in piece:
                place = piece.index(token.value)
                if len(token.value) < 2:
                    raise ValueError(f"the text {text!r} holds the special token {token.value!r}, one character")
                return read(piece[: place + 1]) + read(piece[place + 1 :])
        return [token.id for token in tokens]

    return [token for piece in pieces for token in read(piece)]


def holds_special(tokenizer: Any, texts: Sequence[str]) -> list[bool]:
    """Return whether each text holds the string of a special token, which is then read as text."""
    strings = filter(None, tokenizer.convert_ids_to_tokens(sorted(special_tokens(tokenizer))))
    # One search for all: some tokenizers have hundreds.
    pattern = re.compile("|".join(map(re.escape, strings)) or "(?!)")
    return [pattern.search(text) is not None for text in texts]


def is_surely_short(text: str, max_tokens: float) -> bool:
    """Return whether a text has too few bytes to exceed the limit, so that most texts need no tokenisation.

    Every token covers at least one byte, except for one that some tokenizers prepend. The bound holds only for NFKC
    text, since a tokenizer may normalise one character to many.
    """
    return len(text.encode()) < max_tokens and unicodedata.is_normalized("NFKC", text)


def decode(tokenizer: Any, tokens: Sequence[int]) -> str:
    """Return the text of tokens without special ones, as they spell it.

    Many tokenizers would move punctuation (`clean_up_tokenization_spaces`), as for English of the 2010s.
    """
    text: str = tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return text
