"""Every params key and what it may be, as the classes of `gdig.config` have it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from gdig.config import OptionalSections, Params

Schema = Mapping[str, Any]

BOUNDS = {"exclusiveMinimum": ">", "minimum": "≥", "exclusiveMaximum": "<", "maximum": "≤"}


@dataclass(frozen=True)
class Key:
    """One key.

    Attributes:
        name: dotted.
        field: class and field behind it; several keys may share one.
        allowed: its type and bounds, in words.
        described: what the class says of it; that of most keys stands in the default profile instead.
        optional: it may be left out, by itself or with the section around it.
    """

    name: str
    field: str
    allowed: str
    described: str
    optional: bool


@dataclass(frozen=True)
class Entry:
    """What an entry of a list of sections holds, or one kind of entry."""

    described: str
    keys: tuple[Key, ...]


def all_keys() -> list[Key]:
    """Return the keys that are no sections, and those that are a section or null; core ones first."""
    schema = _schema()
    found = _keys(schema, schema["$defs"], "", optional=False)
    return sorted(found, key=lambda key: key.name.partition(".")[0] in OptionalSections.model_fields)


def entries() -> dict[str, list[Entry]]:
    """Return what their entries hold, of one or several kinds, for the keys that are lists of sections."""
    schema = _schema()
    definitions = schema["$defs"]
    found = {}
    for name, value in _values(schema, definitions, ""):
        items = value.get("items", {})
        kinds = [kind for kind in items.get("oneOf", [items]) if "$ref" in kind]
        if kinds:
            sections = [_resolved(kind, definitions) for kind in kinds]
            found[name] = [
                Entry(section["description"], tuple(_keys(section, definitions, "", optional=False)))
                for section in sections
            ]
    return found


def section_described(name: str) -> str:
    """Return what its class says of a section of params.yaml."""
    schema = _schema()
    return str(_resolved(schema["properties"][name], schema["$defs"])["description"])


def allowed(value: Schema) -> str:
    """Return in words what a JSON schema allows."""
    if "anyOf" in value:
        return ", or ".join(allowed(option) for option in value["anyOf"])
    if "$ref" in value or "oneOf" in value:
        return "section"
    if "const" in value or "enum" in value:
        return ", ".join(f"`{item}`" for item in value.get("enum", [value.get("const")]))
    if value["type"] == "boolean":
        return "`true`, `false`"
    if value["type"] == "array":
        return f"list{_size(value)}: {allowed(value['items'])}"
    if value["type"] == "object":
        return "mapping"
    bounds = [f"{sign} {_number(value[bound])}" for bound, sign in BOUNDS.items() if bound in value]
    pattern = [f"like `{value['pattern']}`"] if "pattern" in value else []
    return " ".join([value["type"], *pattern, ", ".join(bounds)]).rstrip()


@cache
def _schema() -> Schema:
    return Params.model_json_schema()


def _keys(section: Schema, definitions: Schema, prefix: str, *, optional: bool) -> Iterator[Key]:
    required = section.get("required", ())
    for name, value in section["properties"].items():
        inner = _resolved(value, definitions)
        may_be_left_out = optional or name not in required
        is_section = "properties" in inner
        if not is_section or "$ref" not in value:
            field = f"{section['title']}.{name}"
            yield Key(prefix + name, field, allowed(value), value.get("description", ""), may_be_left_out)
        if is_section:
            left_out_with_it = may_be_left_out or "$ref" not in value
            yield from _keys(inner, definitions, f"{prefix}{name}.", optional=left_out_with_it)


def _values(section: Schema, definitions: Schema, prefix: str) -> Iterator[tuple[str, Schema]]:
    for name, value in section["properties"].items():
        inner = _resolved(value, definitions)
        if "properties" in inner:
            yield from _values(inner, definitions, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _resolved(value: Schema, definitions: Schema) -> Schema:
    """Return the section that a value is, or is where it is not null; any other value as it is."""
    for option in value.get("anyOf", [value]):
        if "$ref" in option:
            section: Schema = definitions[option["$ref"].rpartition("/")[2]]
            return section
    return value


def _size(value: Schema) -> str:
    least, most = value.get("minItems", 0), value.get("maxItems")
    if least == most:
        return f" of {least}"
    if most is not None:
        return f" of at most {most}"
    return f" of at least {least}" if least else ""


def _number(value: float) -> str:
    return "2^32" if value == 2**32 else f"{value:g}"
