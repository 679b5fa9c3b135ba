"""Serve the rule-based judge as an OpenAI-compatible endpoint on this machine.

    python -m gdig.selectors.judge.serve --port 8123     then judge.base_url: http://127.0.0.1:8123/v1

It answers POST /v1/chat/completions and GET /v1/models, only for this project's prompts. It is not an LLM.
"""

import argparse
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gdig.selectors.judge import rules

_MOST_BYTES = 2**22


@contextmanager
def serving(port: int = 0) -> Iterator[str]:
    """Serve on loopback within the context; yields the base URL, with a free port if `port` is 0."""
    server = _Server(("127.0.0.1", port), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def completion(request: Any) -> dict[str, Any]:
    """Return the chat completion of a request.

    Raises:
        ValueError: it is not a valid request, or not one with a prompt of this project.
    """
    try:
        said = {message["role"]: message["content"] for message in request["messages"]}
        system, user, model = said["system"], said["user"], request["model"]
    except (KeyError, TypeError):
        raise ValueError("a request holds model, and messages of the roles system and user") from None
    text = rules.answer(system, user)
    tokens = [sum(map(len, map(str.split, parts))) for parts in ((system, user), (text,))]
    return {
        "id": "chatcmpl-rules",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text, "refusal": None}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)},
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes; without TCP_NODELAY the second waits for the client's ACK.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        """Name the model."""
        if self.path == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": rules.MODEL, "object": "model", "owned_by": "gdig"}]})
        else:
            self._fail(404, f"there is nothing at {self.path}")

    def do_POST(self) -> None:
        """Answer a question."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MOST_BYTES:
            self.close_connection = True
            self._fail(413, "the request is too long")
            return
        body = self.rfile.read(length)
        if self.path != "/v1/chat/completions":
            self._fail(404, f"there is nothing at {self.path}")
            return
        try:
            answered = completion(json.loads(body))
        except ValueError as error:
            self._fail(400, str(error))
            return
        self._send(200, answered)

    def log_message(self, *arguments: Any) -> None:
        """Do not log requests."""

    def _fail(self, status: int, message: str) -> None:
        self._send(status, {"error": {"message": message, "type": "invalid_request_error"}})

    def _send(self, status: int, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            # Unsaid, a client may send its next request on a connection that is about to close.
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.selectors.judge.serve",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0, the default, takes a free one")
    port = parser.parse_args().port
    try:
        with serving(port) as url:
            print(f"judge.base_url: {url}   judge.model: {rules.MODEL}   (Ctrl-C ends it)", flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except OSError as error:
        raise SystemExit(f"error: port {port}: {error.strerror}") from None


if __name__ == "__main__":
    main()
