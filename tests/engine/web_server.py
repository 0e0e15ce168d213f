"""A web server on this machine: files by byte ranges, and every way for an answer to go wrong."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, bytes, str]  # status, body, content type


class Web(ThreadingHTTPServer):
    """files     path without its slash -> bytes
    pages     path -> a function (query, body) -> Answer, for what is no file
    faults    what goes wrong with the next requests that ``broken`` matches, one after the other: a status ("500"),
              "cut" (half of the body, then the line is closed), "slow", "html" (a page instead of the file)
    always    a fault of every such request
    ranges    False: a server that knows no byte ranges
    needs     what must stand in the query for a file to be sent (a signature); others get 403
    login     the Authorization that a file needs; others get 401
    headers   what is sent along with answers that are no file
    requests  (path, query, headers) of everything that was asked
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.pages: dict[str, Callable[[str, bytes], Answer]] = {}
        self.faults: list[str] = []
        self.always: str | None = None
        self.broken = re.compile("")
        self.ranges = True
        self.needs = ""
        self.login = ""
        self.headers: dict[str, str] = {}
        self.requests: list[tuple[str, str, Any]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: Any) -> None:
        """Clients that go away are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Web
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        web = self.server
        path, _, query = self.path.lstrip("/").partition("?")
        web.requests.append((path, query, self.headers))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = ""
        if web.broken.search(path):
            fault = web.always or (web.faults.pop(0) if web.faults else "")
        if fault.isdecimal():
            return self.answer(int(fault), b"later", "text/plain")
        if fault == "html":
            return self.answer(200, b"<!DOCTYPE html><p>Please log in" + b"." * 4000, "text/html")
        if path in web.pages:
            return self.answer(*web.pages[path](query, body))
        if path not in web.files:
            return self.answer(404, b"no such file", "text/plain")
        if web.login and self.headers.get("Authorization") != web.login:
            return self.answer(401, b"login?", "text/plain")
        if web.needs not in query:
            return self.answer(403, b"signature?", "text/plain")
        return self.file(web.files[path], fault)

    def answer(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **self.server.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def file(self, data: bytes, fault: str) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")) if self.server.ranges else None
        part = data
        if asked:
            first, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
            if first >= len(data):
                return self.answer(416, b"", "text/plain")
            part = data[first : last + 1]
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.send_header("ETag", f'"{hash(data):x}"')
        self.end_headers()
        if self.command == "HEAD":
            return None
        if fault == "slow":
            time.sleep(0.3)
        self.wfile.write(part[: len(part) // 2] if fault == "cut" else part)
        if fault == "cut":
            self.close_connection = True
        return None


@contextmanager
def serving() -> Iterator[Web]:
    web = Web()
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.shutdown()
        web.server_close()
