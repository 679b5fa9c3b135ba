import pytest
from ruamel.yaml import YAML

from gdig.tools.overlay import overlay

TEXT = """\
# Head.
a: 1

# Of b.
b:
  # A list.
  list:
  - 1
  - x: 2
    y: 3
  # What was null.
  null_before:
  # Empty.
  empty: {}
  text: "one\\ntwo" # behind it

# Last.
last: [1,
  2]
"""


def load(text):
    return YAML().load(text)


LIST = "  - 1\n  - x: 2\n    y: 3\n"


@pytest.mark.parametrize(
    ("own", "changes"),
    [
        ("a: 2", {"a: 1": "a: 2"}),
        ("b: {list: [5]}", {f"list:\n{LIST}": "list: [5]\n"}),
        (
            "b:\n  list:\n  # First.\n  - 5 # five\n  - 6\n  # Not of the list.\n  text: t",
            {LIST: "  # First.\n  - 5 # five\n  - 6\n", '"one\\ntwo" # behind it': "t"},
        ),
        ("b:\n    list:\n        - 5\nlast: 3", {LIST: "  - 5\n", "[1,\n  2]": "3"}),
        ("b:\n  # Not taken.\n  null_before:\n    deep: [1]", {"before:\n": "before:\n    deep: [1]\n"}),
        ("b:\n  empty:\n    key: {inner: 1}", {"empty: {}\n": "empty:\n    key: {inner: 1}\n"}),
        ("last:\n- 3", {"last: [1,\n  2]\n": "last:\n- 3\n"}),
        ("b:\n  list:", {LIST: ""}),
    ],
)
def test_values_take_the_place_of_values_and_comments_stay(own, changes):
    expected = TEXT
    for old, new in changes.items():
        assert old in expected
        expected = expected.replace(old, new)
    found = overlay(TEXT, load(own), "own.yaml")
    assert found == expected
    plain = YAML(typ="safe", pure=True)
    wanted = plain.load(TEXT)
    for section, values in plain.load(own).items():
        wanted[section] = wanted[section] | values if isinstance(values, dict) else values
    assert plain.load(found) == wanted


def test_a_key_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"own.yaml: b.lost is not a known key; check its spelling and section"):
        overlay(TEXT, load("b: {lost: 1}"), "own.yaml")
