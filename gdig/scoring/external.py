"""Read translations of the test sets by external systems."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from gdig.config import ExternalSystem
from gdig.io.files import digest
from gdig.io.records import read_rows


def read_lines(path: Path) -> list[str]:
    """Return the lines of a UTF-8 file, split only at line feeds: a text may contain other line ends.

    Raises:
        ValueError: the file is not UTF-8; names the byte.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: invalid UTF-8 at byte {error.start}; convert the file to UTF-8") from None
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def read_system(system: ExternalSystem, segments: Mapping[str, Sequence[str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Return a system's translations by id, and the sha256 of its files by test set.

    Args:
        system: files of the system, see `params.yaml`.
        segments: ids of each test set, in line order.

    Raises:
        ValueError: a file is missing or has another sha256; the translations do not match the segments.
    """
    texts: dict[str, str] = {}
    hashes = {}
    if isinstance(system.hypotheses, str):
        parts = [(system.hypotheses, system.sha256, "all test sets", [i for ids in segments.values() for i in ids])]
    else:
        expected = system.sha256 if isinstance(system.sha256, dict) else {}
        parts = [
            (path, expected.get(name), f"test set {name}", list(segments[name]))
            for name, path in system.hypotheses.items()
        ]
    for name, sha256, what, ids in parts:
        path, where = Path(name), f"systems: {system.name}"
        if not path.is_file():
            raise ValueError(f"{where}: there is no file {path}; paths are relative to the repository root")
        hashes[what] = digest(path)
        if sha256 is not None and hashes[what] != sha256:
            raise ValueError(
                f"{where}: {path} has sha256 {hashes[what]}, but the params say {sha256}; get the right file, or "
                f"correct the params if this is the one you mean"
            )
        texts |= (_by_id if path.suffix == ".jsonl" else _by_line)(path, ids, f"{where}: {path}", what)
    return texts, hashes


def _by_line(path: Path, ids: Sequence[str], where: str, what: str) -> dict[str, str]:
    lines = read_lines(path)
    if len(lines) != len(ids):
        raise ValueError(
            f"{where} has {len(lines)} lines, but {what} has {len(ids)} segments; a line each is needed, in their order"
        )
    return dict(zip(ids, lines, strict=True))


def _by_id(path: Path, ids: Sequence[str], where: str, what: str) -> dict[str, str]:
    rows = read_rows(path)
    if bad := [row["id"] for row in rows if not isinstance(row.get("hypothesis"), str)]:
        raise ValueError(f"{where}: {bad[0]} has no text in 'hypothesis'")
    found = {row["id"]: row["hypothesis"] for row in rows}
    if strange := sorted(found.keys() ^ set(ids)):
        raise ValueError(
            f"{where} has {len(found)} translations, but {what} has {len(ids)} segments; {strange[0]!r} has not both"
        )
    return {i: found[i] for i in ids}
