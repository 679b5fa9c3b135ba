"""Elements of XML files of any size."""

import io
from collections.abc import Iterator
from typing import Any

from lxml import etree

CODES = {"bpt", "ept", "it", "ph", "ut"}
"""Elements of TMX and XLIFF 1.2 whose text is markup of the translated document."""


def elements(stream: io.BufferedReader, *names: str) -> Iterator[Any]:
    """Yield elements with one of these names, in any namespace; each is freed after use.

    Raises:
        ValueError: the file is not well-formed; names the line.
    """
    events = etree.iterparse(
        stream, events=("end",), tag=[f"{{*}}{name}" for name in names], remove_comments=True, remove_pis=True,
        resolve_entities=False, no_network=True,
    )  # fmt: skip
    try:
        for _, element in events:
            yield element
            element.clear(keep_tail=False)
            for above in [element, *element.iterancestors()]:
                while (earlier := above.getprevious()) is not None:
                    earlier.getparent().remove(earlier)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"{stream.name}: not well-formed XML in line {error.lineno}: {error.msg}") from None


def text_of(element: Any) -> str:
    """Return all text inside an element and its descendants, without the markup of `CODES`."""
    parts = [element.text or ""]
    for child in element:
        parts += [text_of(child) if local_name(child) not in CODES else "", child.tail or ""]
    return "".join(parts)


def local_name(element: Any) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
