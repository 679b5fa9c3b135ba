"""docs/params.md: every params key, what it may be, what it means and what it runs."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from ruamel.yaml import YAML

from gdig.tools.reference.comments import comments_of
from gdig.tools.reference.effects import effect
from gdig.tools.reference.keys import Entry, Key, all_keys, entries, section_described
from gdig.tools.reference.stages_page import told

HEAD = """\
# Every params key

Made by `make docs` from the classes of `gdig/config/` and the comments of `params.yaml` and `selectors/params.yaml`,
whose values are shown as default. Every key must be there, except below one that is null. **Runs** are the stages that
are out of date at once when the key changes; [stages.md](stages.md) says what follows.
"""


def page(stages: Mapping[str, Any], default: str) -> str:
    """Return the page for the stages of dvc.yaml and the text of the default profile."""
    return HEAD + "".join(_sections(stages, YAML(typ="safe", pure=True).load(default), comments_of(default)))


def meanings(keys: Sequence[Key], comments: Mapping[str, str]) -> dict[str, str]:
    """Return what each key means.

    The comment above it says so; or the comment above another key of the same field, as several sections hold the
    settings of a training run; or else the class.

    Raises:
        ValueError: nothing says what a key means.
    """
    of_fields = {key.field: comments[key.name] for key in keys if key.name in comments}
    found = {key.name: comments.get(key.name) or of_fields.get(key.field) or key.described for key in keys}
    if unknown := [name for name, text in found.items() if not text]:
        raise ValueError(f"nothing says what {unknown[0]} means; write a comment above it in the default profile")
    return found


def prose(comment: str) -> str:
    """Return a comment as Markdown: pages it names are links, lines are kept, nothing is taken for HTML."""
    parts = comment.split("`")
    parts[::2] = [re.sub(r"docs/([\w-]+\.md)", r"[\1](\1)", part.replace("<", "&lt;")) for part in parts[::2]]
    return re.sub(r"\n *", "<br>", "`".join(parts))


def _sections(stages: Mapping[str, Any], values: Mapping[str, Any], comments: Mapping[str, str]) -> Iterator[str]:
    keys = all_keys()
    means = meanings(keys, comments)
    for section, group in groupby(keys, key=lambda key: key.name.rpartition(".")[0] and key.name.partition(".")[0]):
        found = list(group)
        yield f"\n## {section or ', '.join(key.name for key in found)}\n\n"
        if section:
            yield f"{prose(comments.get(section) or section_described(section))}\n\n"
        yield "| key | allowed | default | meaning | runs |\n|---|---|---|---|---|\n"
        for key in found:
            does = effect(stages, key.name)
            runs = "every stage" if len(does.made) == len(stages) else told((*does.stale, *does.made))
            yield _row(f"`{key.name}`", key.allowed, _default(key.name, values), prose(means[key.name]), runs or "none")
        yield from _entries({key.name for key in found})


def _entries(names: set[str]) -> Iterator[str]:
    """Yield the entries of the lists among the names; lists of the same entries stand together, with the first."""
    lists = entries()
    for name, kinds in lists.items():
        same = [other for other in lists if lists[other] == kinds]
        if name in names and name == same[0]:
            yield f"\n### Entries of {', '.join(f'`{other}`' for other in same)}\n"
            yield from map(_entry, kinds)


def _entry(entry: Entry) -> str:
    rows = (
        _row(f"`{key.name}`", key.allowed, "no" if key.optional else "yes", prose(key.described)) for key in entry.keys
    )
    return f"\n{prose(entry.described)}\n\n| key | allowed | required | meaning |\n|---|---|---|---|\n{''.join(rows)}"


def _default(name: str, values: Mapping[str, Any]) -> str:
    value: Any = values
    for part in name.split("."):
        if value is None:
            return ""
        value = value[part]
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width, yaml.sort_base_mapping_type_on_output = True, 10_000, False
    stream = io.StringIO()
    yaml.dump([value], stream)
    return f"`{stream.getvalue().strip()[1:-1]}`"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"
