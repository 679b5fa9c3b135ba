"""Put values into a commented YAML text, line by line.

Done on ruamel's tree, the comment above a key is lost where the value before it is a list that is replaced: ruamel
keeps it with the last item.
"""

import io
from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.nodes import CollectionNode, MappingNode, ScalarNode


def overlay(text: str, own: CommentedMap, source: str) -> str:
    """Return a YAML text with other values in place of those of the same key; sections are gone into.

    Args:
        text: its sections are in block style.
        own: the values; comments within them are taken along.
        source: names where they come from in errors.

    Raises:
        ValueError: a key is not in the text.
    """
    lines = text.splitlines()
    replacements = list(_replacements(YAML().compose(text), own, source, ""))
    for start, end, new in sorted(replacements, key=lambda replacement: replacement[0], reverse=True):
        lines[start:end] = new
    return "\n".join(lines) + "\n"


Replacement = tuple[int, int, list[str]]
"""First line, line behind the last, new lines."""


def _replacements(node: MappingNode, own: CommentedMap, source: str, prefix: str) -> Iterator[Replacement]:
    found = {key.value: (key, value) for key, value in node.value}
    for name, new in own.items():
        if name not in found:
            raise ValueError(f"{source}: {prefix}{name} is not a known key; check its spelling and section")
        key, value = found[name]
        if isinstance(value, MappingNode) and value.value and isinstance(new, CommentedMap):
            yield from _replacements(value, new, source, f"{prefix}{name}.")
        else:
            start = key.start_mark
            yield start.line, _last_line(value, start.line) + 1, _entry(own, name, start.column)


def _last_line(node: ScalarNode | CollectionNode, line: int) -> int:
    """Return the last line of a value that begins in a line or below; marks of block collections lie behind them."""
    if isinstance(node, ScalarNode):
        is_empty = not node.value and node.style is None
        return line if is_empty else int(node.end_mark.line)
    if node.flow_style or not node.value:
        return int(node.end_mark.line)
    last = node.value[-1]
    key, value = last if isinstance(node, MappingNode) else (last, last)
    return _last_line(value, key.start_mark.line)


def _entry(own: CommentedMap, name: str, column: int) -> list[str]:
    entry = CommentedMap({name: own[name]})
    if name in own.ca.items:
        # All but the comment above it.
        after_key, _, *within = own.ca.items[name]
        entry.ca.items[name] = [after_key, None, *within]
    # As deep as it is to stand, for ruamel leaves comments in their columns.
    depth = column // 2
    for _ in range(depth):
        entry = CommentedMap({"in": entry})
    stream = io.StringIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.preserve_quotes = True
    yaml.dump(entry, stream)
    lines = stream.getvalue().splitlines()[depth:]
    # What stands below belongs to the next key.
    while not lines[-1].strip() or lines[-1].lstrip().startswith("#"):
        lines.pop()
    return lines
