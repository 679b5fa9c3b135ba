"""XLIFF 1.2 and 2.0, the exchange format of CAT tools."""

import io
from collections.abc import Iterator

from gdig.ingest.readers.rows import Malformed, Row, checked, excerpt
from gdig.ingest.readers.xml import elements, local_name, text_of


def xliff(stream: io.BufferedReader) -> Iterator[Row | Malformed]:
    """Yield source and target of every `trans-unit` (1.2) or `segment` (2.0).

    Raises:
        ValueError: the file is not well-formed XML.
    """
    for unit in elements(stream, "trans-unit", "segment"):
        # Only direct children: nested translation suggestions also have a source and a target.
        sides = {local_name(child): text_of(child) for child in unit}
        if "source" in sides and "target" in sides:
            yield checked(sides["source"], sides["target"])
        else:
            yield Malformed("no source" if "source" not in sides else "no target", excerpt(text_of(unit).strip()))
