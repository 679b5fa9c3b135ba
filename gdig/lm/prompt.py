"""The instruction that turns a pair into an example, and its tokens."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gdig.config import Prompt
from gdig.io.records import Pair

INSTRUCTION = 'Translate the following text into {trg_lang}.\n\nText:\n"{src_text}"'
"""The paper's prompt (Pan et al. 2024, section 4.1); the response is the target text and EOS."""

AT_ONCE = 1000
"""Pairs: what a tokenizer gives takes three times what is kept of it."""


@dataclass(frozen=True, slots=True)
class Example:
    """Tokens of a prompt followed by a response; the response begins at `prompt_length`."""

    id: str
    tokens: list[int]
    prompt_length: int

    @property
    def num_response_tokens(self) -> int:
        """Number of tokens that the loss is taken over; a first token has nothing to be predicted from."""
        return len(self.tokens) - max(self.prompt_length, 1)


def instruction(src: str, prompt: Prompt) -> str:
    """Return the prompt of a source sentence."""
    return INSTRUCTION.format(trg_lang=prompt.target_language, src_text=src)


def base_context(src: str, prompt: Prompt) -> str:
    """Return what precedes the target in the base model's own format."""
    return prompt.base_template.removesuffix("{trg_text}").format(src_text=src)


def encode(contexts: Iterable[str], pairs: Iterable[Pair], tokenizer: Any) -> list[Example]:
    """Tokenise context and target separately and join them: tokens never span the border.

    Raises:
        ValueError: a pair whose target has no tokens, or a tokenizer without EOS.
    """
    if tokenizer.eos_token_id is None:
        raise ValueError("the tokenizer has no EOS token, so a response could never end; set one in its config")
    pairs, contexts = list(pairs), list(contexts)
    examples = []
    for start in range(0, len(pairs), AT_ONCE):
        some = pairs[start : start + AT_ONCE]
        heads = tokenizer(contexts[start : start + AT_ONCE]).input_ids
        tails = tokenizer([pair.trg for pair in some], add_special_tokens=False).input_ids
        for pair, head, tail in zip(some, heads, tails, strict=True):
            if not tail:
                raise ValueError(f"pair {pair.id}: the target {pair.trg!r} has no tokens")
            if not head:
                raise ValueError(f"pair {pair.id}: the prompt has no tokens")
            examples.append(Example(pair.id, [*head, *tail, tokenizer.eos_token_id], len(head)))
    return examples


def encode_instructions(pairs: Iterable[Pair], tokenizer: Any, prompt: Prompt) -> list[Example]:
    """Encode pairs as instruction and response."""
    pairs = list(pairs)
    return encode((instruction(pair.src, prompt) for pair in pairs), pairs, tokenizer)


def encode_base_format(pairs: Iterable[Pair], tokenizer: Any, prompt: Prompt) -> list[Example]:
    """Encode pairs in the base model's own format."""
    pairs = list(pairs)
    return encode((base_context(pair.src, prompt) for pair in pairs), pairs, tokenizer)
