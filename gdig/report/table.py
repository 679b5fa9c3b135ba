"""An HTML table."""

from collections.abc import Collection, Sequence
from html import escape


def table(
    header: Sequence[str],
    rows: Sequence[tuple[str, Sequence[str], bool]],
    *,
    of_text: bool = False,
    grey: Collection[str] = (),
    label: str = "",
) -> str:
    """Return a table of rows (name, cells, whether to stress it) that scrolls by itself; everything is escaped.

    Args:
        header: title of each column, that of the names first.
        rows: of numbers, which stand on the right, or
        of_text: of sentences, each in its own direction.
        grey: names of rows that are not ours.
        label: what the table is of, for those who do not see it.
    """
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    cell_tag = '<td dir="auto">' if of_text else "<td>"
    body = "\n".join(
        f"<tr{' class=focus' if is_focus else ' class=reported' if name in grey else ''}>"
        f'<th scope="row">{escape(name)}</th>' + "".join(f"{cell_tag}{escape(cell)}</td>" for cell in cells) + "</tr>"
        for name, cells, is_focus in rows
    )
    kind = ' class="text"' if of_text else ""
    spoken = escape(label or f"Table of {header[0]}, {', '.join(header[1:3])}", quote=True)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{spoken}"><table{kind}>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
    )
