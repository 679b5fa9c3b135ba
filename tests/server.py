"""A web server on this machine that can be told how to misbehave."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal


@dataclass
class Fault:
    """What becomes of one GET: no answer, one other than 200, or a body that is cut or stalls after so many bytes."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    stall: int | None = None
    silent: bool = False


@dataclass
class Page:
    """A file of the server; `faults` are spent one a GET, in order; parts tell its version where `marks_ranges`.

    With a `status` other than 200 it is only that, and its headers.
    """

    data: bytes
    framing: Literal["length", "chunked", "open"] = "length"
    version: str | None = '"1"'
    modified: str | None = None
    ranges: bool = True
    marks_ranges: bool = True
    head: bool = True
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seconds_a_block: float = 0.0
    block: int = 2**14


@dataclass
class Site:
    """A running server: its pages by path, and what was asked of it: (method, path, range)."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)

    def gets(self, path: str) -> list[str | None]:
        """Return the ranges of the GETs of a path, but for those that only ask for its size."""
        asked = [wanted for method, at, wanted in self.requests if (method, at) == ("GET", path)]
        return [wanted for wanted in asked if wanted != "bytes=0-0"]


@contextmanager
def running(tls=None) -> Iterator[Site]:
    """Run a server; `tls` is an SSL context for https."""
    closing = threading.Event()
    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.site = Site(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}")
    server.closing = closing
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.site
    finally:
        closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Say nothing of clients that hang up: they are killed here, or lose their patience."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        page = self._found()
        if page and not page.head:
            self._answer(405)
        elif page:
            self._headers(page, 200, len(page.data), page.framing)

    def do_GET(self):
        page = self._found()
        if not page:
            return
        wanted = self.headers.get("Range")
        fault = page.faults.pop(0) if page.faults and wanted != "bytes=0-0" else Fault()
        if fault.silent:
            self.server.closing.wait()
            return
        if fault.status:
            self._answer(fault.status, fault.headers)
            return
        start, end = 0, len(page.data)
        same = self.headers.get("If-Range") in (None, page.version, page.modified)
        if wanted and page.ranges and same:
            first, last = wanted.removeprefix("bytes=").split("-")
            start, end = int(first), int(last) + 1 if last else end
            if start >= len(page.data):
                self._answer(416, {"Content-Range": f"bytes */{len(page.data)}"})
                return
            extra = {"Content-Range": f"bytes {start}-{end - 1}/{len(page.data)}"}
            self._headers(page, 206, end - start, page.framing, extra)
        else:
            self._headers(page, 200, end, page.framing)
        self._body(page, page.data[start:end], fault)

    def _found(self):
        self.server.site.requests.append((self.command, self.path, self.headers.get("Range")))
        page = self.server.site.pages.get(self.path)
        if not page:
            self._answer(404)
        elif page.status != 200:
            self._answer(page.status, page.headers)
            return None
        return page

    def _answer(self, status, headers=None):
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _headers(self, page, status, length, framing, extra=None):
        self.send_response(status)
        known = {"ETag": page.version, "Last-Modified": page.modified} if status != 206 or page.marks_ranges else {}
        how = {
            "length": {"Content-Length": str(length)},
            "chunked": {"Transfer-Encoding": "chunked"},
            "open": {"Connection": "close"},
        }[framing]
        for name, value in {**known, **how, **page.headers, **(extra or {})}.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()

    def _body(self, page, data, fault):
        end = next((at for at in (fault.cut, fault.stall) if at is not None), len(data))
        for at in range(0, min(end, len(data)), page.block):
            block = data[at : min(at + page.block, end)]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(block), block) if page.framing == "chunked" else block)
            if page.seconds_a_block:
                self.server.closing.wait(page.seconds_a_block)
        if fault.stall is not None:
            self.server.closing.wait()
        if fault.cut is not None or fault.stall is not None:
            self.close_connection = True
        elif page.framing == "chunked":
            self.wfile.write(b"0\r\n\r\n")
