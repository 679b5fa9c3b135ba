"""Elements and texts of XML files of any size."""

import io
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lxml import etree

from gdig.io.text import is_of_word, is_unspaced

STANDALONE = frozenset({"x", "ph", "it", "ut", "bx", "ex", "sc", "ec", "cp"})
"""Inline codes of TMX and XLIFF that stand at one place: their content is markup, and words on both sides are apart."""
PAIRED = frozenset({"bpt", "ept"})
"""Inline codes around a text, whose content is markup; a pair may enclose part of a word."""
BREAKS = frozenset({"lb", "pb", "cb", "struct", "xlf:lb", "xlf:pb", "seg"})
"""Types of inline elements that separate words, whatever the element: breaks, structure, segments."""
FORMATS = frozenset(
    {
        "bold", "italic", "underlined", "ulined", "dulined", "color", "font", "scap", "fmt", "xlf:b", "xlf:i", "xlf:u",
        "x-b", "x-i", "x-u", "x-em", "x-strong", "x-sub", "x-sup",
    }
)  # fmt: skip
"""Types of codes that format characters, and may stand inside a word."""

BLOCK = 1 << 16
"""Bytes in which entities are looked for."""

_TYPE_KEYS = ("type", "subType", "ctype", "mtype")
"""Attributes with the type of an inline element: of TMX and XLIFF 2, of XLIFF 1.2, and of its `mrk`."""
_GAP = "\0"
"""Stands where words may have to be separated; XML cannot contain it."""
_GAPS = re.compile(f"{_GAP}+")
_PLACE = re.compile(r", line \d+, column \d+$")
_ENTITY_ERRORS = {
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY: "{}; declare it in the DOCTYPE or write its text: external entities and "
    "DTDs are not read",
    etree.ErrorTypes.ERR_ENTITY_LOOP: "{}; write the text in its place",
    etree.ErrorTypes.ERR_RESOURCE_LIMIT: "a limit of the XML parser is exceeded, such as that of the text that "
    "entities expand to ({}); write the texts in their place",
    etree.ErrorTypes.ERR_NOT_WELL_BALANCED: "{}; an entity must hold whole elements",
}
"""Messages for errors that may be inside an entity, where the parser counts the lines of the entity."""


def elements(stream: io.BufferedReader, *names: str) -> Iterator[Any]:
    """Yield elements with one of these names, in any namespace; each is freed after use.

    Internal entities are resolved; libxml2 bounds their text to 1 MB, or to five times the bytes read if that is more.
    External entities are errors.

    Raises:
        ValueError: the file is not well-formed; names the line.
    """
    source = _Source(stream)
    events = _parser(source, tag=[f"{{*}}{name}" for name in names])
    try:
        for _, element in events:
            yield element
            element.clear(keep_tail=False)
            for above in [element, *element.iterancestors()]:
                while (earlier := above.getprevious()) is not None:
                    earlier.getparent().remove(earlier)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"{stream.name}: {_problem(error, source)}") from None


def root_of(content: bytes) -> Any:
    """Return the root element of a whole file, read as by `elements`.

    Raises:
        ValueError: the content is not well-formed; names the line.
    """
    source = _Source(io.BufferedReader(io.BytesIO(content), BLOCK))
    events = _parser(source)
    try:
        for _ in events:
            pass
    except etree.XMLSyntaxError as error:
        raise ValueError(_problem(error, source)) from None
    return events.root


def text_of(*elements: Any, with_codes: bool = False) -> str:
    """Return the text inside elements that follow each other, without inline markup.

    A standalone code between two words becomes a space, unless it formats characters: `Ja<x id="1"/>Nein` is `Ja Nein`.
    So does the border between two of the elements. Elements around a text add no space, since they may enclose part of
    a word: `un<g id="1">glaub</g>lich` is one word.

    Args:
        elements: elements in their order.
        with_codes: keep the content of inline codes.
    """
    gapped = _GAP.join(
        "".join(_pieces(element, _formatting_ids(element), with_codes)) if len(element) else element.text or ""
        for element in elements
    )
    return _GAPS.sub(_gap_text, gapped) if _GAP in gapped else gapped


def local_name(element: Any) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


class _Source:
    """A stream as the parser reads it: line by line if there are entities, so that an error in one has a line."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._by_line = b"<!ENTITY" in stream.peek()
        self._is_line_whole = True
        self.line = 0
        """Line of the last bytes read; 0 if the file has no entities."""

    def read(self, size: int) -> bytes:
        if not self._by_line:
            return self._stream.read(size)
        data = self._stream.readline(size)
        if data:
            self.line += self._is_line_whole
            self._is_line_whole = data.endswith(b"\n")
        return data


def _parser(source: _Source, **arguments: Any) -> Any:
    return etree.iterparse(
        source, events=("end",), remove_comments=True, remove_pis=True, resolve_entities="internal", no_network=True,
        load_dtd=False, **arguments,
    )  # fmt: skip


def _problem(error: etree.XMLSyntaxError, source: _Source) -> str:
    line = error.lineno or 1
    if error.code in _ENTITY_ERRORS:
        line = max(line, source.line)
    message = _ENTITY_ERRORS.get(error.code, "{}; repair the file, or export it again").format(
        _PLACE.sub("", error.msg or "")
    )
    return f"not well-formed XML in line {line}: {message}"


def _pieces(element: Any, formatting: set[str], with_codes: bool) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        name = local_name(child)
        is_code = name in STANDALONE or name in PAIRED
        inner = "".join(_pieces(child, formatting, with_codes)) if with_codes or not is_code else ""
        if _is_of(child, BREAKS):
            yield f"{_GAP}{inner}{_GAP}"
        elif name in STANDALONE and not inner and not _is_formatting(child, name, formatting):
            yield _GAP
        else:
            yield inner
        yield child.tail or ""


def _is_of(element: Any, types: frozenset[str]) -> bool:
    return not types.isdisjoint(map(element.get, _TYPE_KEYS))


def _formatting_ids(element: Any) -> set[str]:
    """Return the ids of start codes that format characters, if there are end codes, which have no type of their own."""
    if next(element.iter("{*}ex", "{*}ec"), None) is None:
        return set()
    starts = element.iter("{*}bx", "{*}sc")
    return {start.get("rid") or start.get("id") or "" for start in starts if _is_of(start, FORMATS)}


def _is_formatting(element: Any, name: str, formatting: set[str]) -> bool:
    if name in ("ex", "ec") and (element.get("rid") or element.get("startRef") or element.get("id")) in formatting:
        return True
    return name != "ph" and _is_of(element, FORMATS)


def _gap_text(gap: re.Match[str]) -> str:
    text = gap.string
    before, after = text[: gap.start()][-1:], text[gap.end() : gap.end() + 1]
    return " " if before and after and _ends_word(before) and _starts_word(after) else ""


@lru_cache(maxsize=10_000)
def _ends_word(character: str) -> bool:
    if is_of_word(character):
        return not is_unspaced(character)
    return character in ".,;:!?…" or (unicodedata.category(character) in ("Pe", "Pf") and not _is_wide(character))


@lru_cache(maxsize=10_000)
def _starts_word(character: str) -> bool:
    kind = unicodedata.category(character)
    if kind[0] in "LN":
        return not is_unspaced(character)
    return kind in ("Ps", "Pi") and not _is_wide(character)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")
