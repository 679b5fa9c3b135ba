"""What the tests read in a Markdown page: fenced blocks, with the file that they are, links, and headings."""

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^(?P<fence>```+)(?P<language>\S*)[^\n]*\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^\*\*`([^`]+)`\*\*.*\n\n?\Z", re.MULTILINE)
"""A line that begins with the bold path of the file that follows."""
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_CODE = re.compile(r"`[^`\n]*`")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    text: str
    file: str | None
    """The path that stands in bold in the line before it."""


def blocks(path: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        named = _FILE.search(text[: match.start()])
        found.append(Block(match["language"], match["text"], named[1] if named else None))
    return found


def links(path: Path) -> list[str]:
    """Return the targets of all links and pictures outside of code."""
    return _LINK.findall(_CODE.sub("", _FENCE.sub("", path.read_text(encoding="utf-8"))))


def anchors(path: Path) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.+)$", _FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", _LINK.sub("]", heading).lower())
        found.add(words.strip().replace(" ", "-"))
    return found
