"""What questions will cost, and what they did."""

from collections.abc import Iterable
from dataclasses import dataclass

from gdig.config import Price
from gdig.selectors.judge.questions import Messages
from gdig.selectors.judge.store import Reply

_BYTES_A_TOKEN = 4
"""Of UTF-8, roughly: English text has more, other scripts fewer."""
_TOKENS_A_MESSAGE = 5
"""What a chat template puts around a message."""
_MILLION = 1_000_000


@dataclass(frozen=True)
class Tokens:
    """Tokens sent and received."""

    prompt: int
    completion: int

    def cost(self, price: Price | None) -> float | None:
        """Return what they cost; None where no price is known."""
        if price is None:
            return None
        return (self.prompt * price.prompt + self.completion * price.completion) / _MILLION


def estimate(messages: Messages, usual_completion: int) -> Tokens:
    """Return about how many tokens a question takes."""
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
    """Return what the server says that a reply took; None where it does not say."""
    if reply.prompt_tokens is None or reply.completion_tokens is None:
        return None
    return Tokens(reply.prompt_tokens, reply.completion_tokens)
