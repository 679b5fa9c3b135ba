"""Revision files as XLIFF, for translation tools: writes 1.2 and 2.0, reads 1.0 to 2.1."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from lxml import etree

from gdig.ingest.readers.xliff import child, not_translated
from gdig.ingest.readers.xml import local_name, root_of, text_of
from gdig.io.files import atomic_file
from gdig.seeds.rows import HOW_TO, Handout, Returned, Row
from gdig.seeds.sheets.encoding import read_text
from gdig.seeds.sheets.texts import shown

Version = Literal["1.2", "2.0"]
NAMESPACE = "urn:oasis:names:tc:xliff:document:"
ORIGINAL = "gdig-drafts-"
OWN_NOTES = ("draft", "part")
"""Notes written by this package; all others are the reviser's."""

_NOT_TRANSLATED = (
    "the unit is marked as not translated ({}); translate it and mark it so, or add a note that begins with rejected"
)
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def write_xliff(path: Path, handout: Handout, version: Version) -> None:
    """Write one unit per row: the draft as the target to revise, and as a note for comparison."""
    tree = (_tree_1 if version == "1.2" else _tree_2)(handout)
    with atomic_file(path) as temporary:
        temporary.write_bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _add(parent: Any, name: str, text: str | None = None, **attributes: str) -> Any:
    namespace = etree.QName(parent).namespace
    child = etree.SubElement(parent, f"{{{namespace}}}{name}", {key.strip("_"): v for key, v in attributes.items()})
    child.text = text
    return child


def _root(version: Version, **attributes: str) -> Any:
    namespace = NAMESPACE + version
    return etree.Element(f"{{{namespace}}}xliff", {"version": version, **attributes}, nsmap={None: namespace})


def _tree_1(handout: Handout) -> Any:
    root = _root("1.2")
    languages = {"source-language": handout.source_language, "target-language": handout.target_language}
    file = _add(root, "file", original=ORIGINAL + handout.drafts, datatype="plaintext", **languages)
    header = _add(file, "header")
    for line in HOW_TO:
        _add(header, "note", line)
    body = _add(file, "body")
    for part, pair in handout.rows():
        unit = _add(body, "trans-unit", id=pair.id)
        unit.set(_SPACE, "preserve")
        _add(unit, "source", shown(pair.src))
        _add(unit, "target", shown(pair.trg), state="needs-review-translation")
        _add(unit, "note", shown(pair.trg), from_="draft")
        _add(unit, "note", part, from_="part")
    return root


def _tree_2(handout: Handout) -> Any:
    root = _root("2.0", srcLang=handout.source_language, trgLang=handout.target_language)
    file = _add(root, "file", id="seeds", original=ORIGINAL + handout.drafts)
    notes = _add(file, "notes")
    for line in HOW_TO:
        _add(notes, "note", line)
    for part, pair in handout.rows():
        unit = _add(file, "unit", id=pair.id)
        unit.set(_SPACE, "preserve")
        notes = _add(unit, "notes")
        _add(notes, "note", shown(pair.trg), category="draft")
        _add(notes, "note", part, category="part")
        segment = _add(unit, "segment", state="initial")
        _add(segment, "source", shown(pair.src))
        _add(segment, "target", shown(pair.trg))
    return root


def read_xliff(path: Path, encoding: str | None = None) -> Returned:
    """Read a returned file of any XLIFF version; inline tags are reduced to their text.

    A unit is rejected if it has a note that begins with `rejected`, a state-qualifier `rejected-...` (1.2) or a
    subState that ends with `rejected` (2.0). A unit that is marked as not translated and not rejected has a fault;
    `initial` (2.0) is the state of our own drafts, and only a warning if some units have another.

    Raises:
        ValueError: the file is not XLIFF, or not well-formed (names the line).
    """
    content = path.read_bytes()
    if encoding or b"<?xml" not in content[:200] or b"utf-8" in content[:200].lower():
        content = _without_declaration(read_text(path, encoding)).encode()
    root = root_of(content)
    if local_name(root) != "xliff":
        raise ValueError(f"not an XLIFF file: the root element is <{local_name(root)}>")
    files = [element for element in root if local_name(element) == "file"]
    originals = [
        file.get("original", "").removeprefix(ORIGINAL) for file in files if ORIGINAL in file.get("original", "")
    ]
    first = files[0] if files else root
    languages = (
        first.get("source-language") or root.get("srcLang"),
        first.get("target-language") or root.get("trgLang"),
    )
    units = [element for element in root.iter() if local_name(element) in ("trans-unit", "unit")]
    waiting = [unit for unit in units if any(_waits(target) for target in unit.iter())]
    warnings: tuple[str, ...] = ()
    if 0 < len(waiting) < len(units):
        warnings = (
            f"{len(waiting)} of {len(units)} units are still marked as not reviewed, such as {waiting[0].get('id')}",
        )
    return Returned(
        path,
        [_row(unit) for unit in units],
        drafts=originals[0] if originals else None,
        languages=(languages[0], languages[1]) if languages[0] and languages[1] else None,
        warnings=warnings,
    )


def _without_declaration(text: str) -> str:
    if not text.startswith("<?xml"):
        return text
    declaration, _, rest = text.partition("?>")
    # Keep the line numbers.
    return "\n" * declaration.count("\n") + rest


def _waits(element: Any) -> bool:
    return element.get("state") in ("needs-review-translation", "initial")


def _row(unit: Any) -> Row:
    segments = [element for element in unit if local_name(element) in ("segment", "ignorable")]
    holders = [unit] if local_name(unit) == "trans-unit" else segments
    notes = [text for owner, text in _notes(unit) if owner not in OWN_NOTES and text]
    states = [
        value for element in unit.iter() for key in ("state-qualifier", "subState") if (value := element.get(key))
    ]
    said = [note for note in notes if note.casefold().startswith("rejected")]
    is_rejected = bool(said) or any(s.startswith("rejected") or s.endswith("rejected") for s in states)
    untranslated = not_translated(unit)
    return Row(
        f"line {unit.sourceline}",
        unit.get("id", ""),
        text_of(*_sides(holders, "source"), with_codes=True),
        text_of(*_sides(holders, "target"), with_codes=True),
        "rejected" if is_rejected else "",
        "\n".join(notes),
        _NOT_TRANSLATED.format(untranslated) if untranslated and not is_rejected else "",
    )


def _sides(holders: list[Any], name: str) -> list[Any]:
    """Return the sides of the segments; white space between segments without a target is taken from the source."""
    sides = []
    for holder in holders:
        side = child(holder, name)
        if side is None and local_name(holder) == "ignorable":
            side = child(holder, "source")
        sides.append(side)
    return [side for side in sides if side is not None]


def _notes(unit: Any) -> Iterator[tuple[str, str]]:
    for element in unit.iter():
        if local_name(element) == "note":
            yield element.get("from") or element.get("category") or "", "".join(element.itertext()).strip()
