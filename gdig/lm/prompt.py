"""Prompt formats, and tokenised examples of pairs."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gdig.config import Prompt
from gdig.io.records import Pair
from gdig.io.tokens import Tokens, is_surely_short, prompt_tokens, text_tokens
from gdig.lm.chat import Chat, chat_of

INSTRUCTION = 'Translate the following text into {trg_lang}.\n\nText:\n"{src_text}"'
"""The paper's prompt (Pan et al. 2024, section 4.1); the response is the target text and EOS.

With `prompt.format: chat` it is the user's turn of the model's chat template, whose end of turn takes EOS's place."""

SPECIAL = 16
"""Tokens of a prompt and response, at most, that no byte of theirs stands for: BOS, EOS, and those of prefixes."""

AT_ONCE = 1000
"""Pairs tokenised at a time; tokenizer output takes three times the memory of the examples."""


@dataclass(frozen=True, slots=True)
class Example:
    """Tokens of a prompt followed by a response; the response begins at `prompt_length`."""

    id: str
    tokens: list[int]
    prompt_length: int

    @property
    def num_response_tokens(self) -> int:
        """Number of tokens in the loss; the first token of a text has no context and is not counted."""
        return len(self.tokens) - max(self.prompt_length, 1)


def instruction(src: str, prompt: Prompt) -> str:
    """Return the instruction of a source sentence."""
    # The source last: it may hold anything, `{trg_lang}` too.
    return INSTRUCTION.replace("{trg_lang}", prompt.target_language).replace("{src_text}", src)


def base_text(pair: Pair, prompt: Prompt) -> str:
    """Return a pair in the base model's own format."""
    return _base_context(pair.src, prompt) + pair.trg


def base_context(src: str, prompt: Prompt) -> str:
    """Return what stands before the target in the base model's own format, without the white space between them."""
    return _base_context(src, prompt).rstrip()


def _base_context(src: str, prompt: Prompt) -> str:
    return prompt.base_template.removesuffix("{trg_text}").replace("{src_text}", src)


def chat_template(tokenizer: Any, prompt: Prompt) -> Chat | None:
    """Return the chat template around instructions; None for the plain format.

    Raises:
        ValueError: the tokenizer has no template, or one that does not show texts as they are; see `chat_of`.
    """
    if prompt.format == "plain":
        return None
    return chat_of(tokenizer, prompt.system, lambda src: instruction(src, prompt))


def instruction_text(src: str, prompt: Prompt, template: Chat | None) -> str:
    """Return an instruction with all that the template puts around it."""
    text = instruction(src, prompt)
    return template.text(text) if template else text


def instruction_tokens(tokenizer: Any, sources: Iterable[str], prompt: Prompt) -> list[Tokens]:
    """Return the prompts of sources: what a model reads before it answers, in training, losses and translation."""
    return _prompt_tokens(tokenizer, [instruction(src, prompt) for src in sources], chat_template(tokenizer, prompt))


def end_tokens(tokenizer: Any, prompt: Prompt) -> list[int]:
    """Return the tokens that end a response: the one that training puts behind it and, if that is another, EOS."""
    template = chat_template(tokenizer, prompt)
    return list(dict.fromkeys([template.end if template else tokenizer.eos_token_id, tokenizer.eos_token_id]))


def opening_tokens(tokenizer: Any, prompt: Prompt) -> list[int]:
    """Return the tokens with which a chat template opens an answer; none in the plain format."""
    template = chat_template(tokenizer, prompt)
    if template is None:
        return []
    found: list[int] = tokenizer(template.opening, add_special_tokens=False, split_special_tokens=False).input_ids
    return found


def _prompt_tokens(tokenizer: Any, contexts: Sequence[str], template: Chat | None) -> list[Tokens]:
    return template.tokens(tokenizer, contexts) if template else prompt_tokens(tokenizer, contexts)


def encode(
    contexts: Iterable[str], pairs: Iterable[Pair], tokenizer: Any, template: Chat | None = None
) -> list[Example]:
    """Tokenise context and target separately and join them, so that no token spans the boundary.

    White space at the end of a context belongs to the target: in running text it is part of a word's first token, and
    a text that ends in a lone space is one that no model has seen.

    Args:
        contexts: what stands before each target.
        pairs: the pairs, as many.
        tokenizer: of the model.
        template: chat template around the contexts.

    Raises:
        ValueError: a target or prompt has no tokens, the tokenizer has no EOS, or a pair is too long for the model.
    """
    if tokenizer.eos_token_id is None:
        raise ValueError("the tokenizer has no EOS token, so a response could never end; set one in its config")
    pairs, contexts = list(pairs), list(contexts)
    end, control = (template.end, template.control) if template else (tokenizer.eos_token_id, frozenset())
    examples = []
    for start in range(0, len(pairs), AT_ONCE):
        some = pairs[start : start + AT_ONCE]
        before = contexts[start : start + AT_ONCE]
        heads = _prompt_tokens(tokenizer, [context.rstrip() for context in before], template)
        tails = _targets(tokenizer, before, [pair.trg for pair in some], control)
        for pair, head, tail in zip(some, heads, tails, strict=True):
            if not tail:
                raise ValueError(f"pair {pair.id}: the target {pair.trg!r} has no tokens")
            if not head:
                raise ValueError(f"pair {pair.id}: the prompt has no tokens")
            examples.append(Example(pair.id, [*head, *tail, end], len(head)))
    require_room(examples, max_positions(tokenizer))
    return examples


def _targets(tokenizer: Any, contexts: Sequence[str], targets: Sequence[str], control: frozenset[int]) -> list[Tokens]:
    """Return the tokens of targets behind their contexts, and of the white space between them."""
    if all(context == context.rstrip() for context in contexts):
        return text_tokens(tokenizer, targets, control)
    # As one text, since tokenizers differ in whether a text begins with a space of its own.
    stripped = [context.rstrip() for context in contexts]
    spaced = [c[len(s) :] + target for c, s, target in zip(contexts, stripped, targets, strict=True)]
    fronts, alone, wholes = (
        text_tokens(tokenizer, texts, control)
        for texts in (stripped, spaced, [s + t for s, t in zip(stripped, spaced, strict=True)])
    )
    return [
        whole[len(front) :] if whole[: len(front)] == front else apart
        for front, whole, apart in zip(fronts, wholes, alone, strict=True)
    ]


def max_positions(tokenizer: Any) -> float:
    """Return how many tokens the tokenizer's model reads; see `gdig.lm.load.load_tokenizer`."""
    return float(min(tokenizer.model_max_length, getattr(tokenizer, "max_positions", math.inf)))


def may_exceed(pairs: Iterable[Pair], tokenizer: Any, prompt: Prompt, spare: int = 0) -> list[Pair]:
    """Return the pairs that the tokenizer's model may not read whole, in one of the formats, told by their bytes.

    What is left needs no tokenisation to know that it fits.

    Args:
        pairs: any.
        tokenizer: of the model.
        prompt: its formats.
        spare: tokens that must fit beside a pair.
    """
    room = max_positions(tokenizer) - SPECIAL - spare
    template = chat_template(tokenizer, prompt)

    def longest(pair: Pair) -> str:
        return max(instruction_text(pair.src, prompt, template) + pair.trg, base_text(pair, prompt), key=len)

    return [pair for pair in pairs if not is_surely_short(longest(pair), room)]


def require_room(examples: Iterable[Example], limit: float) -> None:
    """Raise a ValueError that names the first example longer than the model reads."""
    for example in examples:
        if len(example.tokens) > limit:
            raise ValueError(
                f"pair {example.id}: prompt and response have {len(example.tokens)} tokens, but the model reads "
                f"{limit:.0f}; lower prepare.max_characters, set prepare.token_limit, or take a model that reads more"
            )


def encode_instructions(pairs: Iterable[Pair], tokenizer: Any, prompt: Prompt) -> list[Example]:
    """Encode pairs as instruction and response."""
    pairs = list(pairs)
    contexts = (instruction(pair.src, prompt) for pair in pairs)
    return encode(contexts, pairs, tokenizer, chat_template(tokenizer, prompt))


def encode_base_format(pairs: Iterable[Pair], tokenizer: Any, prompt: Prompt) -> list[Example]:
    """Encode pairs in the base model's own format."""
    pairs = list(pairs)
    return encode((_base_context(pair.src, prompt) for pair in pairs), pairs, tokenizer)
