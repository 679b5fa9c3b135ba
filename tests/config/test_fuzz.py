"""Random edits of params: each is allowed, or refused in one line that names the key."""

import copy
from random import Random

import pytest

from gdig.config import parse_params
from tests.conftest import default_values

VALUES = (
    None, True, False, 0, 1, -1, 2, 10**9, 10**18, -(10**30), 2**32, 0.0, 0.5, 1.0, -0.5, 1e-300, 1e308,
    float("nan"), float("inf"), float("-inf"), "", " ", "a", "full", "gdig", "embedded", "../x", "a\nb", "\ud800",
    "é ü", "日本語", "\u202e", "x" * 100_000, "{src_text}", "null", "1", [], [[]], [None], [1, 1], ["a", "a"],
    ["gdig"] * 3, list(range(2000)), {}, {"a": 1}, {1: 2}, {None: None}, {"": {}}, {"kind": "files"}, [{}],
    [{"name": "a"}] * 2, b"bytes", {1, 2}, (1, 2), object(),
)  # fmt: skip
KEYS = ("diversty", "num_cluster", "", "a.b", "a\nb", "é", "x" * 1000, 3, None, True)


def places(value, path=()):
    """Yield the path of every value within a value, sections and entries of lists among them."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*path, key)
        yield from places(inner, (*path, key))


def edited(values, random):
    """Return params with one edit, and the path of the edit."""
    values = copy.deepcopy(values)
    path = random.choice(list(places(values)))
    place = values
    for part in path[:-1]:
        place = place[part]
    last = path[-1]
    kind = random.choice(("replace", "replace", "replace", "remove", "add", "repeat", "scale"))
    old = place[last]
    if kind == "remove":
        del place[last]
    elif kind == "add" and isinstance(old, dict):
        key = random.choice(KEYS)
        old[key] = random.choice(VALUES)
        path = (*path, key)
    elif kind == "repeat" and isinstance(old, list) and old:
        old.append(random.choice(old))
    elif kind == "scale" and type(old) in (int, float):
        place[last] = type(old)(old * random.choice((-1, 2, 1000, 10**15)))
    else:
        place[last] = random.choice(VALUES)
    return values, path


def is_allowed(values, path):
    try:
        parse_params(values, "params.yaml")
        return True
    except ValueError as error:
        # Not one of pydantic, which is a ValueError too.
        assert type(error) is ValueError
        message = str(error)
        assert message.startswith("params.yaml: ")
        assert message.isprintable() or not any(character in message for character in "\n\r\x1b\ud800\u202e")
        assert len(message) < 4000
        named = [part for part in path if isinstance(part, str) and part.isprintable() and len(part) < 100]
        assert any(part in message for part in named), (path, message)
        return False


@pytest.mark.parametrize("seed", range(4))
def test_edits_are_allowed_or_refused_in_one_line(seed):
    random = Random(seed)
    values = default_values()
    allowed = [is_allowed(*edited(values, random)) for _ in range(100)]
    # Most edits are mistakes, and some are not.
    assert 0 < sum(allowed) < 50


@pytest.mark.slow
def test_many_edits_at_once_are_allowed_or_refused_in_one_line():
    random = Random(2000)
    values = default_values()
    for number in range(2000):
        found, path = edited(values, random)
        for _ in range(number % 3):
            found, more = edited(found, random)
            path += more
        is_allowed(found, path)
