"""Lines of plain text, a segment each."""

from pathlib import Path


def read_lines(path: Path) -> list[str]:
    """Return the lines of a UTF-8 file, divided at line feeds alone: other line ends may stand inside a text.

    Raises:
        ValueError: it is not UTF-8; names the byte.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: invalid UTF-8 at byte {error.start}; convert the file to UTF-8") from None
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
