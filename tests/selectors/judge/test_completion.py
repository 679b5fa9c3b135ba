import json

import pytest

from gdig.selectors.judge.completion import REFUSED, Completion, read_completion


def body(finish="stop", usage=None, **message):
    return json.dumps({"choices": [{"message": message, "finish_reason": finish}], "usage": usage})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (body(content="yes"), Completion("yes", "stop", None, None)),
        (body(content="yes", finish=None), Completion("yes", "", None, None)),
        (body(content=None), Completion("", "stop", None, None)),
        (body(content="x", refusal="I will not."), Completion("I will not.", REFUSED, None, None)),
        (body(content="x", finish="content_filter"), Completion("x", REFUSED, None, None)),
        (
            body(content="x", usage={"prompt_tokens": 0, "completion_tokens": -1}),
            Completion("x", "stop", 0, None),
        ),
        (
            body(content="x", usage={"prompt_tokens": "3", "completion_tokens": 4}),
            Completion("x", "stop", None, 4),
        ),
    ],
)
def test_what_is_read_of_a_response(text, expected):
    assert read_completion(text, "application/json; charset=utf-8") == expected
