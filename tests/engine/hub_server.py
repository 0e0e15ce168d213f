"""A hub on this machine: Hugging Face's layout, redirects to a CDN, ranges, and every way to go wrong."""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "c0ffee" * 6 + "abcd"


def git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Hub(ThreadingHTTPServer):
    """files     "repo/file" -> bytes; names that end in .safetensors are sent by the "CDN" (another host name)
    faults    what goes wrong with the next body, one after the other: "cut", "reset", "slow", "other", "503",
              "no range", "chunked cut"
    requests  (path, headers) of everything that was asked
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.faults: list[str] = []
        self.refuse: int | None = None
        self.plain = False  # a mirror that knows nothing of commits, checksums and CDNs
        self.requests: list[tuple[str, Any]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: Any) -> None:
        """Clients that go away are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        hub = self.server
        hub.requests.append((self.path, self.headers))
        if hub.refuse is not None:
            return self.answer(hub.refuse, b"no")
        if self.path.startswith("/cdn/"):
            return self.body(hub.files[self.path.removeprefix("/cdn/")], {})
        repo, _, rest = self.path.lstrip("/").partition("/resolve/")
        revision, _, file = rest.partition("/")
        data = hub.files.get(f"{repo}/{file}")
        if data is None or revision not in ("main", COMMIT):
            return self.answer(404, b"Entry not found")
        if hub.plain:
            return self.body(data, {})
        headers = {"X-Repo-Commit": COMMIT}
        if not file.endswith(".safetensors"):
            return self.body(data, {**headers, "ETag": f'"{git_hash(data)}"'})
        linked = {"X-Linked-ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Linked-Size": str(len(data))}
        cdn = f"http://localhost:{hub.server_port}/cdn/{repo}/{file}"
        return self.answer(302, b"", {**headers, **linked, "Location": cdn, "ETag": '"of the redirect"'})

    def answer(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for k, v in {**(headers or {}), "Content-Length": str(len(data))}.items():
            self.send_header(k, v)
        self.end_headers()
        self.wfile.write(data)

    def body(self, data: bytes, headers: dict[str, str]) -> None:
        fault = self.server.faults.pop(0) if self.server.faults else ""
        if fault.isdecimal():
            return self.answer(int(fault), b"later")
        if fault == "other":
            data = bytes(len(data))
        asked = self.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and fault != "no range" else 0
        if start >= len(data) > 0:
            return self.answer(416, b"")
        rest = data[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        for k, v in {**headers, "Content-Length": str(len(rest))}.items():
            self.send_header(k, v)
        self.end_headers()
        if fault in ("cut", "slow"):
            self.wfile.write(rest[: len(rest) // 2])
            self.wfile.flush()
            if fault == "slow":
                time.sleep(1.5)
            self.close_connection = True
            return None
        self.wfile.write(rest)
        return None


@contextmanager
def running() -> Iterator[Hub]:
    hub = Hub()
    thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
