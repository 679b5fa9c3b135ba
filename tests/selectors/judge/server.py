"""An OpenAI-compatible endpoint on this machine that can be told how to misbehave; it answers by the rules."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from gdig.selectors.judge.serve import completion


@dataclass
class Fault:
    """What becomes of one request: another status, a late answer, or a body that is none."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    says: str = "the server is unwell"
    late: float = 0.0
    how: Literal["", "malformed", "cut", "cut stream", "stream", "hang up", "prose", "filtered", "no usage"] = ""


@dataclass
class Site:
    """A running endpoint; `faults` are spent one a request, in order; `fault_of`, by the request, goes before them."""

    url: str
    key: str | None = None
    faults: list[Fault] = field(default_factory=list)
    fault_of: Callable[[Any], Fault | None] = lambda request: None
    requests: list[Any] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    """How often a good answer to a question, by what the user says, was sent whole."""
    keys: set[str | None] = field(default_factory=set)
    dies_after: int | None = None
    """Good answers after which nothing more is answered."""
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def running(**settings: Any) -> Iterator[Site]:
    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    server.closing = threading.Event()
    server.site = Site(f"http://127.0.0.1:{server.server_port}/v1", **settings)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.site
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class Server(ThreadingHTTPServer):
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """Say nothing of clients that hang up."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        site = self.server.site
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with site.lock:
            site.requests.append(request)
            site.times.append(time.monotonic())
            site.keys.add(self.headers.get("Authorization"))
            fault = site.fault_of(request) or (site.faults.pop(0) if site.faults else Fault())
            is_dead = site.dies_after is not None and site.answered.total() >= site.dies_after
            is_good = not fault.status and fault.how in ("", "stream", "no usage") and not is_dead
            if is_good and not fault.late:
                site.answered[request["messages"][-1]["content"]] += 1
        if is_dead or fault.how == "hang up":
            self.close_connection = True
            return
        if fault.late and self.server.closing.wait(fault.late):
            return
        if site.key and self.headers.get("Authorization") != f"Bearer {site.key}":
            self._send(401, f"wrong key {self.headers.get('Authorization')}".encode())
        elif fault.status:
            self._send(fault.status, json.dumps({"error": {"message": fault.says}}).encode(), fault.headers)
        else:
            self._answer(completion(request), fault.how)

    def _answer(self, body, how):
        choice = body["choices"][0]
        if how == "prose":
            choice["message"]["content"] = "I would say: rather good."
        if how == "filtered":
            choice |= {"message": {"role": "assistant", "content": None}, "finish_reason": "content_filter"}
        if how == "no usage":
            del body["usage"]
        data = json.dumps(body).encode()
        if how == "malformed":
            self._send(200, b'{"choices": [{"mess')
        elif how == "cut":
            self._send(200, data, cut=len(data) // 2)
        elif how in ("stream", "cut stream"):
            text = choice["message"]["content"]
            deltas = [{"role": "assistant"}, *({"content": text[at : at + 4]} for at in range(0, len(text), 4))]
            events = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
            if how == "stream":
                events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
                events.append({"choices": [], "usage": body["usage"]})
            lines = [f"data: {json.dumps(event)}\n\n" for event in events] + ["data: [DONE]\n\n"] * (how == "stream")
            self._send(200, "".join(lines).encode(), {"Content-Type": "text/event-stream; charset=utf-8"})
        else:
            self._send(200, data)

    def _send(self, status, data, headers=None, cut=None):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(data), **(headers or {})}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data[:cut])
        if cut is not None:
            self.close_connection = True
