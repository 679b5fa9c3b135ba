"""Every message that the FAQ quotes is one that the code, or DVC, can say."""

import ast
import re
from pathlib import Path

import dvc
import pytest

from tests.conftest import ROOT
from tests.docs.markdown import blocks

PAGE = ROOT / "docs" / "faq.md"
SOURCES = {"text": [ROOT / "gdig", ROOT / "stages"], "dvc": [Path(dvc.__file__).parent]}


def strings(folders):
    """Return all strings of the code; what an f-string puts in is a NUL."""
    found = set()
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.add("".join(part.value if isinstance(part, ast.Constant) else "\0" for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def quoted(language):
    return [line for block in blocks(PAGE) if block.language == language for line in block.text.splitlines()]


def said_by(message, strings):
    """Return whether one string has all constant parts of a message, in their order."""
    constant = message.removeprefix("error: ").removeprefix("params.yaml").removeprefix(": ")
    pattern = re.compile(".*?".join(map(re.escape, constant.split("..."))), re.DOTALL)
    return any(pattern.search(text) for text in strings)


@pytest.mark.parametrize("language", SOURCES)
def test_every_quoted_message_is_in_the_source(language):
    known = strings(SOURCES[language])
    messages = quoted(language)
    assert len(messages) >= 6
    assert [message for message in messages if not said_by(message, known)] == []
    # The check itself can fail.
    assert not said_by("memory ran out with ... = ...; raise it", known)
    assert not said_by(messages[0] + " and more", known)
