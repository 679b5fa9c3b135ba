"""The comments of a YAML file by key: what a params key means stands above it in the default profile."""

import re

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode


def comments_of(text: str) -> dict[str, str]:
    """Return, by dotted key, the comment directly above each key that has one, in its column.

    Lines are joined, but one that is indented within the comment stays a line.
    """
    found: dict[str, str] = {}
    _collect(YAML().compose(text), text.splitlines(), "", found)
    return found


def _collect(node: MappingNode, lines: list[str], prefix: str, found: dict[str, str]) -> None:
    for key, value in node.value:
        name = prefix + key.value
        if comment := _above(lines, key.start_mark.line, key.start_mark.column):
            found[name] = comment
        if isinstance(value, MappingNode):
            _collect(value, lines, f"{name}.", found)


def _above(lines: list[str], line: int, column: int) -> str:
    start = line
    while start and lines[start - 1].startswith(f"{' ' * column}#"):
        start -= 1
    comment = [text[column + 1 :].removeprefix(" ") for text in lines[start:line]]
    return re.sub(r"\n(?! )", " ", "\n".join(comment))
