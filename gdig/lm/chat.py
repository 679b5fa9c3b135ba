"""Chat templates: the format in which an instruct model was trained on questions and answers.

The template is a Jinja program of the tokenizer's files. It is run once for all texts, since what it puts around one
does not depend on it; `chat_of` checks that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gdig.io.tokens import Tokens, holds_unknown, special_tokens

DATE = "26 Jul 2024"
"""`date_string` of templates, as Llama 3's own have it without a clock: prompts must not change from day to day."""
QUESTION, ANSWER, SYSTEM = "Qzx Frage 7381", "Qzx Antwort 5527", "Qzx System 2946"
"""Texts that no template holds."""
TEXTS = (
    "", "  außen  ", " \tZeile eins\n\nZeile zwei\r\n", "<b>Fisch &amp; 'Brot' \"Öl\"</b>", "{{ messages }}{% raw %}",
    "e\u0301 ﬁ 日本語 \u200b\u2028", "Wort " * 500,
)  # fmt: skip
"""Sources that a template could change: it could trim, escape, normalise or cut them."""


@dataclass(frozen=True, slots=True)
class Chat:
    """What a template puts around the user's text and behind the answer."""

    head: str
    """Text before the user's."""
    tail: str
    """Text behind the user's, up to where the answer begins."""
    opening: str
    """The part of `tail` that opens the answer (`add_generation_prompt`); empty where the template has none."""
    system: str | None
    end: int
    """Token behind the answer: that of the turn's end, or EOS where the template ends no turn."""
    control: frozenset[int]
    """Tokens that a text may not become: special ones, and others that structure the chat."""
    frame: tuple[int, ...]
    """The tokens of `control` in every prompt, in order."""

    def text(self, content: str) -> str:
        """Return the prompt of a user's text."""
        return self.head + content + self.tail

    def tokens(self, tokenizer: Any, contents: Sequence[str]) -> list[Tokens]:
        """Return the tokens of prompts, as `apply_chat_template` does where a text holds no control token's string.

        Where it does, that is read as text: only the template's own strings become control tokens.

        Raises:
            ValueError: the tokenizer cannot read such a string as text.
        """
        if not contents:
            return []
        found: list[Tokens] = tokenizer(
            [self.text(content) for content in contents],
            add_special_tokens=False, split_special_tokens=False, verbose=False,
        ).input_ids  # fmt: skip
        return [
            tokens
            if self._is_framed(tokens) and not holds_unknown(tokenizer, content, tokens)
            else self._literal(tokenizer, content)
            for content, tokens in zip(contents, found, strict=True)
        ]

    def _literal(self, tokenizer: Any, content: str) -> Tokens:
        try:
            tokens: Tokens = tokenizer.apply_chat_template(
                _messages(self.system, content),
                add_generation_prompt=True, return_dict=False, sanitize_control_tokens=True, date_string=DATE,
            )  # fmt: skip
        except ValueError as error:
            raise ValueError(f"the text {content!r} holds the string of a special token ({error})") from None
        if not self._is_framed(tokens):
            raise ValueError(f"the text {content!r} holds a special token, which this tokenizer cannot read as text")
        return tokens

    def _is_framed(self, tokens: Tokens) -> bool:
        return tuple(token for token in tokens if token in self.control) == self.frame


def chat_of(tokenizer: Any, system: str | None, content_of: Callable[[str], str]) -> Chat:
    """Run the tokenizer's chat template and return what it puts around texts.

    Args:
        tokenizer: of an instruct model.
        system: text of the system turn; None for none, where a template may put its own.
        content_of: maps a source to the user's turn.

    Raises:
        ValueError: there is no template; it fails, leaves out, repeats or changes a text, puts today's date into the
            prompt, or does not open the answer; the system text holds the string of a special token.
    """
    if not tokenizer.chat_template:
        raise ValueError(
            "prompt.format = 'chat', but the model has no chat template (chat_template.jinja, or chat_template in "
            "tokenizer_config.json); take an instruct model, or prompt.format 'plain'"
        )
    content = content_of(QUESTION)
    prompt = _rendered(tokenizer, system, content)
    head, tail = _around(prompt, content, "the source")
    specials = "".join(token.content for token in tokenizer.added_tokens_decoder.values() if token.special)
    for source in (*TEXTS, specials):
        if _rendered(tokenizer, system, content_of(source)) != head + content_of(source) + tail:
            raise ValueError(
                f"the chat template does not show a source as it is, such as {source[:60]!r}; edit the template in the "
                f"model's folder, or use prompt.format 'plain'"
            )
    if system is not None:
        _around(_rendered(tokenizer, SYSTEM, content), SYSTEM, "prompt.system")
        if system.strip() not in head + tail:
            raise ValueError(f"the chat template does not show prompt.system = {system!r} as it is; simplify the text")
    _refuse_date(tokenizer, system, content)
    behind = _behind_answer(tokenizer, system, content, head + content + tail)
    end = _first_control(tokenizer, behind)
    control = {
        *special_tokens(tokenizer),
        *({end} - {None}),
        # White space, which Gemma has as added tokens, is text.
        *(i for i, t in tokenizer.added_tokens_decoder.items() if t.content.strip() and t.content in head + tail),
    }
    if system is not None:
        names = tokenizer.convert_ids_to_tokens(sorted(control))
        if held := [name for name in names if name and name in system]:
            raise ValueError(f"prompt.system holds {held[0]!r}, a special token of the model; take it out")
    tokens = tokenizer(prompt, add_special_tokens=False, split_special_tokens=False).input_ids
    return Chat(
        head=head,
        tail=tail,
        opening=_opening(tokenizer, system, content, prompt),
        system=system,
        end=tokenizer.eos_token_id if end is None else end,
        control=frozenset(control),
        frame=tuple(token for token in tokens if token in control),
    )


def _messages(system: str | None, content: str) -> list[dict[str, str]]:
    turn = [] if system is None else [{"role": "system", "content": system}]
    return [*turn, {"role": "user", "content": content}]


def _rendered(tokenizer: Any, system: str | None, content: str) -> str:
    """Return the prompt as text."""
    try:
        return _run(tokenizer, _messages(system, content), add_generation_prompt=True)
    except Exception as error:  # a template raises what it likes
        why = " ".join(str(error).split())
        if system is not None:
            _rendered(tokenizer, None, content)
            raise ValueError(f"the chat template takes no system turn ({why}); set prompt.system to null") from None
        raise ValueError(
            f"the model's chat template fails ({why}); edit it in the model's folder, or use prompt.format 'plain'"
        ) from None


def _run(tokenizer: Any, messages: Sequence[dict[str, str]], **more: Any) -> str:
    text: str = tokenizer.apply_chat_template(list(messages), tokenize=False, date_string=DATE, **more)
    return text


def _around(prompt: str, text: str, what: str) -> tuple[str, str]:
    """Return what stands before and behind the one place where the prompt holds the text."""
    parts = prompt.split(text)
    if len(parts) != 2:
        raise ValueError(
            f"the chat template {'leaves out or changes' if len(parts) == 1 else 'repeats'} {what}: it makes "
            f"{prompt!r}; edit it in the model's folder, or use prompt.format 'plain'"
        )
    return parts[0], parts[1]


def _refuse_date(tokenizer: Any, system: str | None, content: str) -> None:
    """Raise a ValueError where the template asks for today's date, and not for `date_string`."""
    try:
        # What is no function cannot be called.
        _run(tokenizer, _messages(system, content), add_generation_prompt=True, strftime_now=None)
    except Exception:
        raise ValueError(
            "the chat template puts today's date into the prompt, so that results would change from day to day; "
            "write a fixed date in place of strftime_now(...) in the model's chat_template.jinja"
        ) from None


def _behind_answer(tokenizer: Any, system: str | None, content: str, prompt: str) -> str:
    """Return what the template puts behind an answer; nothing where it shows none."""
    messages = _messages(system, content)
    answered = [*messages, {"role": "assistant", "content": ANSWER}]
    try:
        before, _, behind = _run(tokenizer, answered).rpartition(ANSWER)
        has_opening = _run(tokenizer, messages) != prompt
    except Exception as error:
        raise ValueError(
            f"the model's chat template fails on an answer ({' '.join(str(error).split())}); edit it in the model's "
            f"folder, or use prompt.format 'plain'"
        ) from None
    opening = before.removeprefix(prompt)
    if not has_opening and before != opening and opening.strip():
        raise ValueError(
            f"the chat template ignores add_generation_prompt, so that prompts would lack {opening!r} before the "
            f"answer; edit it in the model's folder, or use prompt.format 'plain'"
        )
    return behind


def _opening(tokenizer: Any, system: str | None, content: str, prompt: str) -> str:
    bare = _run(tokenizer, _messages(system, content))
    return prompt.removeprefix(bare) if prompt.startswith(bare) else ""


def _first_control(tokenizer: Any, behind: str) -> int | None:
    """Return the added token with which a text begins, white space aside."""
    text = behind.strip()
    tokens = tokenizer(text, add_special_tokens=False, split_special_tokens=False).input_ids if text else []
    first = tokenizer.added_tokens_decoder.get(tokens[0]) if tokens else None
    return tokens[0] if first and text.startswith(first.content) else None
