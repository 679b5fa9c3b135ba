"""An HTML table."""

from collections.abc import Collection, Sequence
from html import escape


def table(
    header: Sequence[str],
    rows: Sequence[tuple[str, Sequence[str], bool]],
    *,
    of_text: bool = False,
    grey: Collection[str] = (),
) -> str:
    """Return a table of rows (name, cells, whether to stress it); everything is escaped.

    Args:
        header: title of each column, that of the names first.
        rows: of numbers, which stand on the right, or
        of_text: of sentences, each in its own direction.
        grey: names of rows that are not ours.
    """
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    cell_tag = '<td dir="auto">' if of_text else "<td>"
    body = "\n".join(
        f"<tr{' class=focus' if is_focus else ' class=reported' if name in grey else ''}><td>{escape(name)}</td>"
        + "".join(f"{cell_tag}{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, cells, is_focus in rows
    )
    kind = ' class="text"' if of_text else ""
    return f'<div class="scroll"><table{kind}><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'
