"""Object stores on this machine, over real sockets: S3 (moto) and WebDAV (wsgidav). They remember what was asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cheroot.wsgi import Server
from moto.server import DomainDispatcherApplication, create_backend_app
from wsgidav.fs_dav_provider import FilesystemProvider
from wsgidav.wsgidav_app import WsgiDAVApp

KEY, SECRET = "AKIAGDIG", "not-a-secret"
BLOCK = 2**14


@dataclass
class Store:
    """A running server: what was asked of it, and how it behaves."""

    url: str
    requests: list[tuple[str, str]] = field(default_factory=list)
    """(method, path) of every request."""
    seconds_a_block: float = 0.0
    """That the body of an answer takes for each 16 KiB."""
    silent: threading.Event = field(default_factory=threading.Event)
    """While set, requests wait for an answer."""

    def fetched(self) -> set[str]:
        """Return the hashes of the objects whose contents were asked for, `.dir` for a folder's list."""
        paths = [path for method, path in self.requests if method == "GET" and "/files/md5/" in path]
        return {path.split("/files/md5/")[1].replace("/", "") for path in paths}


@contextmanager
def serving(app: Callable) -> Iterator[Store]:
    """Run a WSGI application on a free port of the loopback."""
    closing = threading.Event()

    def watched(environ, start_response):
        store.requests.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        while store.silent.is_set() and not closing.wait(0.05):
            pass
        for part in app(environ, start_response):
            for at in range(0, len(part), BLOCK):
                closing.wait(store.seconds_a_block)
                yield part[at : at + BLOCK]

    server = Server(("127.0.0.1", 0), watched, numthreads=32, shutdown_timeout=1)
    server.prepare()
    store = Store(f"http://127.0.0.1:{server.bind_addr[1]}")
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield store
    finally:
        closing.set()
        server.stop()
        thread.join()


def s3() -> AbstractContextManager[Store]:
    """Serve S3 from memory."""
    return serving(DomainDispatcherApplication(create_backend_app))


def webdav(folder: Path, password: str = SECRET) -> AbstractContextManager[Store]:
    """Serve a folder by WebDAV to the user `dvc`."""
    app = WsgiDAVApp(
        {
            "provider_mapping": {"/": FilesystemProvider(str(folder))},
            "simple_dc": {"user_mapping": {"*": {"dvc": {"password": password}}}},
            "http_authenticator": {"accept_digest": False, "default_to_digest": False},
            "logging": {"enable": False},
            "verbose": 0,
        }
    )
    return serving(app)
