"""TMX, the translation memory format of CAT tools."""

import io
from collections.abc import Iterator
from typing import Any

from gdig.ingest.readers.rows import Malformed, Row, checked, excerpt
from gdig.ingest.readers.xml import elements, local_name, text_of


def tmx(stream: io.BufferedReader, languages: list[str]) -> Iterator[Row | Malformed]:
    """Yield the texts of two languages per unit; `de` also matches `de-DE`, and `de-DE` matches only itself.

    Raises:
        ValueError: the file is not well-formed XML.
    """
    for unit in elements(stream, "tu"):
        texts: list[tuple[str, str]] = [
            (_language(variant), text_of(segment))
            for variant in unit
            if local_name(variant) == "tuv"
            for segment in variant
            if local_name(segment) == "seg"
        ]
        sides = [[text for code, text in texts if _is_a(code, language)] for language in languages]
        shown = excerpt(" | ".join(f"{code}: {text}" for code, text in texts))
        for language, side in zip(languages, sides, strict=True):
            if len(side) != 1:
                yield Malformed(f"{'more than one' if side else 'no'} text in {language!r}", shown)
                break
        else:
            yield checked(sides[0][0], sides[1][0])


def _language(variant: Any) -> str:
    return variant.get("{http://www.w3.org/XML/1998/namespace}lang") or variant.get("lang") or ""


def _is_a(code: str, language: str) -> bool:
    code, language = (name.lower().replace("_", "-") for name in (code, language))
    return code == language or code.startswith(f"{language}-")
