"""Transfer one URL to one file; resumes, and never assumes that a response without a length is complete.

A transfer is complete when the announced number of bytes, or the last chunk of a chunked response, has arrived. A
response with neither ends with its connection and looks like a truncated one; it needs other evidence: the size or
hash in the profile or its lock, or a compressed format that marks its own end.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError

from gdig.ingest.fetch.integrity import can_be_checked, read_through
from gdig.ingest.fetch.part import Part, version_of
from gdig.io.files import digest
from gdig.io.http import Patience, TransientError, answer, persist
from gdig.run.progress import track_bytes

CHUNK = 2**18


@dataclass(frozen=True)
class Expected:
    """Expected size and hash of a file."""

    bytes: int | None = None
    sha256: str | None = None


def transfer(session: requests.Session, url: str, target: Path, expected: Expected, patience: Patience) -> Part:
    """Fetch a complete file to `<target>.part`; resumes an earlier transfer.

    Raises:
        ValueError: the file cannot be fetched or verified, or the disk is full. Usable partial data is kept.
    """
    part = Part(target)
    persist(lambda: _try(session, url, part, expected, patience), url, patience, lambda: part.size)
    return part


def _try(session: requests.Session, url: str, part: Part, expected: Expected, patience: Patience) -> None:
    start = part.size
    if start and part.total == start:
        return
    version = part.version
    if start and version is None and expected.sha256 is None:
        # Without a version, a changed file on the server would go unnoticed.
        part.clear()
        start = 0
    headers = {"Range": f"bytes={start}-"} if start else {}
    if start and version is not None:
        headers["If-Range"] = version
    with answer(session, url, patience, headers=headers) as response:
        status = response.status_code
        if status == 416 and part.total is None and response.headers.get("Content-Range") == f"bytes */{start}":
            return  # already complete
        if status == 416 or (status == 206 and not _continues(response, part, start)):
            part.clear()
            raise TransientError("the file on the server has changed; the transfer starts over", wait=0)
        total = _total(response)
        if expected.bytes is not None and total not in (None, expected.bytes):
            raise ValueError(
                f"{url}: the server has {total} bytes, but {expected.bytes} bytes are expected: the file has changed"
            )
        encoding = response.headers.get("Content-Encoding", "identity")
        if encoding != "identity" and not (encoding in ("gzip", "x-gzip") and part.target.suffix in (".gz", ".tgz")):
            raise ValueError(f"{url}: the server compresses the response ({encoding}) although it was asked not to")
        # The last chunk ends a full response; that of a range may not end the file.
        is_open_ended = total is None and (status == 206 or not getattr(response.raw, "chunked", False))
        if is_open_ended and expected == Expected() and not can_be_checked(part.target.name):
            raise ValueError(
                f"{url}: the server does not send the length of the file, so truncation cannot be "
                f"detected; give its sha256 in the profile"
            )
        if status == 200:
            part.begin(version_of(response.headers), total)
        _receive(response, part, total if total is not None else expected.bytes)
    if total is not None or is_open_ended:
        _prove(part, Expected(total) if total is not None else expected)


def _receive(response: requests.Response, part: Part, total: int | None) -> None:
    size = part.size
    chunks = response.raw.stream(CHUNK, decode_content=False)
    with track_bytes(part.target.name, total=total, done=size) as show:
        while True:
            try:
                data = next(chunks, b"")
            except HTTPError as error:
                raise TransientError(f"cut after {part.size} bytes: {error}") from None
            if not data:
                return
            part.append(data)
            size += len(data)
            show(size)


def _prove(part: Part, expected: Expected) -> None:
    """Check that a part is not truncated.

    Raises:
        TransientError: it is, or may be, truncated.
        ValueError: no retry can decide that.
    """
    if expected.bytes is not None:
        if part.size != expected.bytes:
            raise TransientError(f"cut after {part.size} of {expected.bytes} bytes")
    elif expected.sha256 is not None:
        if (actual := digest(part.path)) != expected.sha256:
            raise TransientError(f"what came has sha256 {actual}, not {expected.sha256}: cut, or another file")
    else:
        try:
            streams = read_through(part.path, part.target.name)
        except ValueError as error:
            raise TransientError(str(error)) from None
        if streams > 1:
            raise ValueError(
                f"{part.path}: the server did not send the length of the file, and it has {streams} compressed "
                f"streams, so truncation between them cannot be detected; give its sha256 in the profile"
            )


def _continues(response: requests.Response, part: Part, start: int) -> bool:
    """Return whether a partial response starts at the end of the part and belongs to the same file."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    version = version_of(response.headers)
    return (
        found is not None
        and int(found[1]) == start
        and (part.total is None or found[2] in ("*", str(part.total)))
        and (part.version is None or version is None or version == part.version)
    )


def _total(response: requests.Response) -> int | None:
    """Return the size of the whole file, if the response gives it."""
    if response.status_code == 206:
        total = response.headers["Content-Range"].rpartition("/")[2]
        return int(total) if total.isdigit() else None
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdigit() and not getattr(response.raw, "chunked", False) else None
