"""Parse responses of an endpoint: a chat completion, or a stream of chunks, which some servers send unrequested."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

REFUSED = "refused"


@dataclass(frozen=True)
class Completion:
    """A parsed response."""

    text: str
    """The model's refusal message, if any."""
    finish: str
    """The server's `finish_reason`; `REFUSED` if the model or a filter refuses."""
    prompt_tokens: int | None
    """None if the server does not report it."""
    completion_tokens: int | None


def read_completion(body: str, content_type: str) -> Completion:
    """Parse the body of a response.

    Raises:
        ValueError: it is not a chat completion, or a truncated stream.
    """
    try:
        if content_type.partition(";")[0].strip() == "text/event-stream":
            return _joined(_events(body))
        value = json.loads(body)
        choice = value["choices"][0]
        message = choice["message"]
        return _completion(
            message.get("content"), message.get("refusal"), choice.get("finish_reason"), value.get("usage")
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        raise ValueError("no chat completion") from None


def _joined(events: Iterator[Mapping[str, Any]]) -> Completion:
    texts: list[str] = []
    refusals: list[str] = []
    finish, usage = None, None
    for event in events:
        usage = event.get("usage") or usage
        # Some servers send the usage in a last event without a choice.
        for choice in event["choices"][:1]:
            texts.append(choice["delta"].get("content") or "")
            refusals.append(choice["delta"].get("refusal") or "")
            finish = choice.get("finish_reason") or finish
    if finish is None:
        raise ValueError("a stream that was cut")
    return _completion("".join(texts), "".join(refusals), finish, usage)


def _events(body: str) -> Iterator[Mapping[str, Any]]:
    for line in body.splitlines():
        field, _, data = line.partition(":")
        if field == "data" and data.strip() and data.strip() != "[DONE]":
            yield json.loads(data)


def _completion(text: Any, refusal: Any, finish: Any, usage: Any) -> Completion:
    tokens = [(usage or {}).get(name) for name in ("prompt_tokens", "completion_tokens")]
    prompt, completion = (count if isinstance(count, int) and count >= 0 else None for count in tokens)
    is_refused = bool(refusal) or finish == "content_filter"
    return Completion(str(refusal or text or ""), REFUSED if is_refused else str(finish or ""), prompt, completion)
