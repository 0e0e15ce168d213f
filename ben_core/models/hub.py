"""Fetch files from a hub with Hugging Face's layout: progress, resume, verification; standard library only.

    {endpoint}/{repo}/resolve/{revision}/{file}     ETag or X-Linked-ETag, X-Repo-Commit, redirects to a CDN

The endpoint is ``HF_ENDPOINT`` (a mirror, or a folder: ``file:///…``), the token ``HF_TOKEN``; proxies
are taken from the environment as urllib does.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from ..errors import DataError, JobError
from ..events import Emit, silent
from ..machine import require_disk
from ..storage import writing
from ..version import __version__
from .files import sha256_of

ENDPOINT = "https://huggingface.co"
TIMEOUT = 30.0  # seconds without a byte
PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds before each further attempt
CHUNK = 1 << 20


@dataclass(frozen=True)
class Fetched:
    """A file that is here: SHA-256, size, and the hub's commit (None: the hub did not say)."""

    path: Path
    sha256: str
    size: int
    commit: str | None


@dataclass(frozen=True)
class _Told:
    """What the hub says of a file before its first byte."""

    commit: str | None
    etag: str
    size: int | None


class _Broken(Exception):
    """An attempt that may be repeated."""


def endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or ENDPOINT).rstrip("/")


def fetch_file(
    repo: str, revision: str, file: str, folder: Path, *, sha256: str | None = None, emit: Emit = silent
) -> Fetched:
    """``file`` of ``repo`` at ``revision`` (a branch or a commit) into ``folder``.

    A broken transfer leaves ``file``.part and goes on from there next time. What arrives is compared with
    ``sha256``, where given, and with the checksum that the hub states. Raises JobError (no such file, no
    access), DataError (unreachable, other bytes than promised), StorageError (the disk).
    """
    url = f"{endpoint()}/{quote(repo)}/resolve/{quote(revision, safe='')}/{quote(file)}"
    part = folder / (file + ".part")
    with writing(part):
        folder.mkdir(parents=True, exist_ok=True)
        resumed = part.exists()
    found = _fetched(url, part, sha256, emit, again=resumed)
    with writing(folder / file):
        part.replace(folder / file)
    return replace(found, path=folder / file)


def _fetched(url: str, part: Path, sha256: str | None, emit: Emit, again: bool) -> Fetched:
    """``again``: the part was begun by an earlier run, maybe of another file; then one whole attempt more."""
    told = _with_attempts(url, part, sha256, emit)
    try:
        return _verified(part, told, sha256, url)
    except DataError:
        part.unlink()
        if not again:
            raise
    return _fetched(url, part, sha256, emit, again=False)


def copy_file(source: Path, folder: Path, *, sha256: str | None = None) -> Fetched:
    """The same from a plain folder. Raises DataError where the bytes are others, StorageError."""
    part = folder / (source.name + ".part")
    with source.open("rb") as given, writing(part):
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            shutil.copyfileobj(given, file)
        found = _verified(part, _Told(None, "", source.stat().st_size), sha256, str(source))
        part.replace(folder / source.name)
    return replace(found, path=folder / source.name)


def folder_of(address: str) -> Path | None:
    """The folder that an endpoint means: file:///… or a path that exists; None for a server."""
    if address.startswith("file:"):
        return Path(urllib.request.url2pathname(urlsplit(address).path))
    return None if "://" in address else Path(address)


def _with_attempts(url: str, part: Path, sha256: str | None, emit: Emit) -> _Told:
    for pause in (*PAUSES, None):
        try:
            return _attempt(url, part, sha256, emit)
        except _Broken as e:
            if pause is None:
                raise DataError(
                    f"{url} could not be fetched: {e}.",
                    "Try again later: what has arrived is kept. A mirror is used with HF_ENDPOINT, a proxy with "
                    "HTTPS_PROXY, and files that you fetched otherwise with --from FOLDER.",
                ) from e
            emit("step", name="retry", text=f"{e}; trying again in {pause:g} s")
            time.sleep(pause)
    raise AssertionError("the last pause is None")


def _attempt(url: str, part: Path, sha256: str | None, emit: Emit) -> _Told:
    """Append to ``part`` what is missing. Raises _Broken where another attempt may help."""
    have = part.stat().st_size if part.exists() else 0
    try:
        answer, hub = _open(url, have)
    except urllib.error.HTTPError as e:
        if e.code == 416:  # nothing is left to send, or the rest is another file's
            part.unlink()
            raise _Broken("the hub has no such rest of the file") from e
        raise _refusal(url, e) from e
    except (OSError, http.client.HTTPException) as e:
        raise _Broken(f"no answer ({_reason(e)})") from e
    with answer:
        told = _told(answer, hub)
        verifiable = sha256 is not None or _checksum_of(told.etag) is not None
        start = have if answer.status == 206 and _begins_at(answer, have) and verifiable else 0
        if have and answer.status == 206 and start == 0:
            part.unlink()  # bytes that nothing vouches for
            raise _Broken("the transfer cannot be resumed")
        _check_room(part, told.size, start)
        done = _receive(answer, part, start, told.size, emit)
    if told.size is not None and done != told.size:
        if done > told.size:
            part.unlink()
        raise _Broken(f"the answer broke off after {done} of {told.size} bytes")
    return told


def _open(url: str, have: int) -> tuple[Any, dict[str, str]]:
    """The final answer, and the headers of the hub itself, which may only redirect."""
    headers = {"User-Agent": f"bigearthnet-mapper/{__version__}", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    if os.environ.get("HF_TOKEN"):
        headers["Authorization"] = f"Bearer {os.environ['HF_TOKEN']}"
    redirects = _Redirects()
    answer = urllib.request.build_opener(redirects).open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    return answer, redirects.headers or {k.lower(): v for k, v in answer.headers.items()}


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Keeps the headers of the first redirect (the CDN does not repeat them) and the token to its host."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        self.headers = {**{k.lower(): v for k, v in headers.items()}, **self.headers}
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None and urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            following.remove_header("Authorization")
        return following


def _told(answer: Any, hub: dict[str, str]) -> _Told:
    size = hub.get("x-linked-size") or answer.headers.get("Content-Length", "")
    if answer.status == 206:
        size = answer.headers.get("Content-Range", "").rpartition("/")[2]
    etag = (hub.get("x-linked-etag") or hub.get("etag") or "").removeprefix("W/").strip('"')
    return _Told(hub.get("x-repo-commit"), etag, int(size) if size.isdecimal() else None)


def _begins_at(answer: Any, have: int) -> bool:
    return bool(re.match(rf"bytes {have}-", answer.headers.get("Content-Range", "")))


def _check_room(part: Path, size: int | None, start: int) -> None:
    if size is not None:
        with writing(part):
            require_disk(
                size - start,
                part.parent,
                f"Fetching {part.name.removesuffix('.part')} takes",
                "Free some space, or choose another folder with BEN_CACHE.",
            )


def _receive(answer: Any, part: Path, start: int, size: int | None, emit: Emit) -> int:
    """Write the body behind ``start``; return how many bytes the file has."""
    done, begun, said = start, time.monotonic(), 0.0
    with writing(part):
        file = part.open("ab" if start else "wb", buffering=0)  # what failed must not be flushed again on closing
    with file:
        while True:
            try:
                chunk = answer.read(CHUNK)
            except http.client.IncompleteRead as e:
                _write(file, e.partial, part)
                raise _Broken(f"the answer broke off after {done + len(e.partial)} bytes") from e
            except (OSError, http.client.HTTPException) as e:
                raise _Broken(f"the answer broke off after {done} bytes ({_reason(e)})") from e
            if not chunk:
                return done
            _write(file, chunk, part)
            done += len(chunk)
            now = time.monotonic()
            if size and (now - said > 0.2 or done >= size):
                said = now
                rate = (done - start) / max(now - begun, 1e-3) / 1e6
                left = (size - done) / 1e6 / max(rate, 1e-6)
                emit("progress", done=round(done / 1e6), total=round(size / 1e6), rate=rate, eta=left, unit="MB")


def _write(file: FileIO, data: bytes, part: Path) -> None:
    rest = memoryview(data)
    with writing(part):
        while rest:
            rest = rest[file.write(rest) :]


def _verified(part: Path, told: _Told, sha256: str | None, where: str) -> Fetched:
    """DataError where the bytes are not those that were promised."""
    with writing(part):
        found, size = sha256_of(part), part.stat().st_size
    if sha256 is not None and found != sha256:
        raise DataError(
            f"{where} holds another file than the one on record (SHA-256 {found[:12]}…, recorded {sha256[:12]}…).",
            "Its weights were replaced, or the transfer was tampered with. If you want the new ones: --repin.",
        )
    promised = _checksum_of(told.etag)
    if promised is not None and promised(part) != told.etag:
        raise DataError(
            f"{where} arrived with other bytes than the hub states (checksum {told.etag[:12]}…).",
            "Try again; if it stays so, the mirror or a proxy on the way changes files.",
        )
    return Fetched(part, found, size, told.commit)


def _checksum_of(etag: str) -> Callable[[Path], str] | None:
    """How the hub made an ETag: SHA-256 of large files, git's hash of small ones; None: in no known way."""
    if re.fullmatch(r"[0-9a-f]{64}", etag):
        return sha256_of
    return _git_hash if re.fullmatch(r"[0-9a-f]{40}", etag) else None


def _git_hash(path: Path) -> str:
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _refusal(url: str, e: urllib.error.HTTPError) -> Exception:
    e.close()
    if e.code in (401, 403):
        # Hugging Face says 401 of repositories that do not exist, too.
        return JobError(
            f"The hub refuses {url} ({e.code} {e.reason}): it needs a right, or does not exist.",
            "Give a token that may read it in HF_TOKEN, and look whether the name is right.",
        )
    if e.code in (404, 410):
        return JobError(
            f"The hub has no {url} ({e.code}).",
            "Was it renamed or removed? `ben models show NAME` says how sure it is.",
        )
    if e.code >= 500 or e.code in (408, 429):
        return _Broken(f"the hub answers {e.code} {e.reason}")
    return DataError(f"The hub answers {e.code} {e.reason} to {url}.", "Is HF_ENDPOINT, or a proxy, right?")


def _reason(e: BaseException) -> str:
    reason = getattr(e, "reason", None) or e
    return str(getattr(reason, "strerror", None) or reason or type(e).__name__).strip()
