"""Estimated and actual cost of questions."""

from collections.abc import Iterable
from dataclasses import dataclass

from gdig.config import Price
from gdig.selectors.judge.questions import Messages
from gdig.selectors.judge.store import Reply

_BYTES_A_TOKEN = 4
"""UTF-8 bytes per token, roughly: more in English, fewer in other scripts."""
_TOKENS_A_MESSAGE = 5
"""Tokens that a chat template adds per message."""
_MILLION = 1_000_000


@dataclass(frozen=True)
class Tokens:
    """Tokens sent and received."""

    prompt: int
    completion: int

    def cost(self, price: Price | None) -> float | None:
        """Return the cost; None without a price."""
        if price is None:
            return None
        return (self.prompt * price.prompt + self.completion * price.completion) / _MILLION


def estimate(messages: Messages, usual_completion: int) -> Tokens:
    """Estimate the tokens of a question."""
    size = sum(len(message["content"].encode("utf-8", "surrogatepass")) for message in messages)
    return Tokens(size // _BYTES_A_TOKEN + _TOKENS_A_MESSAGE * len(messages), usual_completion)


def total(tokens: Iterable[Tokens]) -> Tokens:
    """Add up tokens."""
    prompt = completion = 0
    for some in tokens:
        prompt += some.prompt
        completion += some.completion
    return Tokens(prompt, completion)


def used(reply: Reply) -> Tokens | None:
    """Return the tokens of a reply as reported by the server; None if not reported."""
    if reply.prompt_tokens is None or reply.completion_tokens is None:
        return None
    return Tokens(reply.prompt_tokens, reply.completion_tokens)
