"""Files on servers: addresses, GDAL's network settings, signatures, and one clear sentence where an answer fails.

An *address* is what a file is called everywhere in this program (scene, journal key, products, messages):
``https://…``, ``s3://…``, ``gs://…`` or ``az://…`` without anything secret. Signatures in a query are kept in the
memory of this process only and put back where GDAL opens the file.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from ..errors import DataError, JobError
from ..version import __version__

# How GDAL calls what lies behind a scheme (its user guide, "GDAL Virtual File Systems").
_SYSTEMS = {"https": "/vsicurl/https://", "http": "/vsicurl/http://", "s3": "/vsis3/", "gs": "/vsigs/", "az": "/vsiaz/"}
_PREFIXES = tuple(_SYSTEMS.values())
# What only says who asks, and until when: Azure SAS, AWS and Google signed URLs, tokens by their usual names.
_SECRET = re.compile(
    r"s[veprtk]|s(ks|kv|ke|kt|koid|ktid|ig|dd|ip|pr|r)|x-(amz|goog)-.*|awsaccesskeyid|googleaccessid|expires?|policy|"
    r"key-pair-id|.*(sig|signature|token|key|auth|secret|credential|password)",
    re.IGNORECASE,
)
# What a server answered, as GDAL and object stores write it (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
_STATUS = re.compile(r"HTTP response code: ([45]\d\d)")
_STORE = {"specified key does not exist": 404, "specified bucket does not exist": 404, "Access Denied": 403}
SIGNER = "BEN_STAC_SIGN"  # environment: the address of a signing service, with {href} where the file's address goes
_LOGINS = (
    "GDAL_HTTP_NETRC",
    "GDAL_HTTP_BEARER",
    "GDAL_HTTP_HEADER_FILE",
    "GDAL_HTTP_HEADERS",
    "GDAL_HTTP_USERPWD",
    "GDAL_HTTP_COOKIE",
    "GDAL_HTTP_COOKIEFILE",
    "VSICURL_PC_URL_SIGNING",
)
TIMEOUT = 30.0  # seconds without a byte
NEVER = (501, 505)  # of 5xx: "not implemented", "version not supported" are what a server is, not how it is just now
PAUSES = (1.0, 3.0)  # seconds before each further attempt; within an attempt GDAL repeats refused requests itself
MAX_JSON = 64 << 20  # bytes: an item collection of 1000 items has about 20 MB

REMOTE_OPTIONS = {
    # No listing of the folder and no search for sidecar files: each would be a request.
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "CPL_VSIL_CURL_USE_HEAD": "NO",  # signed URLs are often good for GET alone
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",  # the header of a COG comes with the first request
    "CPL_VSIL_CURL_CACHE_SIZE": str(64 << 20),  # bytes of blocks that are kept; GDAL's 16 MB hold no strip
    "GDAL_HTTP_MAX_RETRY": "3",  # on 429, 500, 502, 503 and 504
    "GDAL_HTTP_RETRY_DELAY": "1",  # seconds, doubled each time
    "GDAL_HTTP_CONNECTTIMEOUT": "15",
    "GDAL_HTTP_LOW_SPEED_TIME": "30",  # seconds below GDAL_HTTP_LOW_SPEED_LIMIT bytes a second
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1",
    "GDAL_HTTP_USERAGENT": f"bigearthnet-mapper/{__version__}",
}

_signatures: dict[str, str] = {}  # address -> the secret part of its query
_signed: dict[str, tuple[float, str]] = {}  # address -> until when (time.monotonic), address as the signer answered
SECRET_LENGTH = 8  # characters: shorter values ("sp=r") are no secret, and stand in any text
SIGNED_FOR = 600.0  # seconds that a signed address is used again; services sign for 45 minutes and more

T = TypeVar("T")


class Broken(Exception):
    """What went wrong with an answer, in words that follow an address.

    code   "remote": it may come later; "denied", "missing", "whole" (no byte ranges) or "unfit": another attempt will
           not help
    """

    def __init__(self, words: str, code: str = "remote") -> None:
        super().__init__(words)
        self.code = code

    @property
    def lasting(self) -> bool:
        return self.code != "remote"


@dataclass(frozen=True)
class Probe:
    """What a server says of a file: its beginning, size and version (None: not said), and whether it sends parts."""

    start: bytes
    size: int | None
    version: str | None
    parts: bool


def is_remote(text: str) -> bool:
    """Whether a text is an address of a file on a server, GDAL's own spelling (/vsicurl/…) included."""
    return text.partition("://")[0].lower() in _SYSTEMS if not text.startswith("/") else text.startswith(_PREFIXES)


def address_of(href: str) -> str:
    """The address of a file without its secrets, which this process remembers. JobError where it holds a password."""
    for scheme, system in sorted(_SYSTEMS.items(), key=lambda s: -len(s[1])):
        if href.startswith(system):
            href = f"{scheme}://{href.removeprefix(system)}"
            break
    try:
        parts = urlsplit(href)
        parts.port  # noqa: B018 - a port that is none raises here
        if parts.scheme.lower() not in _SYSTEMS or not parts.netloc:
            raise ValueError
    except ValueError:
        raise DataError(f"{hide(href)[:200]!r} is no address of a file on a server.", "", "address") from None
    if "@" in parts.netloc:
        raise JobError(
            f"The address of {parts.path} holds a user name or password.",
            "Put it into ~/.netrc (and set GDAL_HTTP_NETRC=YES), where it stays out of products and messages.",
            "address",
        )
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    secret = [p for p in pairs if _SECRET.fullmatch(p[0])]
    query = parts.query if not secret else urlencode([p for p in pairs if p not in secret], quote_via=quote)
    address = urlunsplit((parts.scheme.lower(), parts.netloc, parts.path, query, ""))
    if secret:
        _signatures[address] = urlencode(secret, quote_via=quote)
    return address


def gdal_name(path: str) -> str:
    """What GDAL opens for a path or an address: with its signature, so never to be shown."""
    if not is_remote(path):
        return path
    scheme, _, rest = _with_signature(path).partition("://")
    return _SYSTEMS[scheme] + rest


def hide(text: str) -> str:
    """A message without signatures."""
    for secret in (*_signatures.values(), *(urlsplit(url).query for _, url in _signed.values())):
        for part in (secret, *(value for _, value in parse_qsl(secret))):  # servers repeat them in any spelling
            if len(part) >= SECRET_LENGTH:
                text = text.replace(part, "…")
    return re.sub(r"(\b[a-z0-9]+://[^\s?'\"]+)\?[^\s'\"]*", r"\1?…", text)


def gdal_options(path: str) -> dict[str, str]:
    """GDAL's network settings for a path, {} for a file on disk; those in the user's environment win."""
    return {k: v for k, v in REMOTE_OPTIONS.items() if k not in os.environ} if is_remote(path) else {}


def fetch(address: str, what: str) -> bytes:
    """The whole of a small file (a STAC document). DataError in one sentence where it does not come."""

    def attempt() -> bytes:
        with _open(address) as answer:
            return _body(answer, MAX_JSON)

    if not address.startswith("http"):
        raise JobError(
            f"{address} cannot be fetched: documents are read from https:// only.", "Download it, or give its URL."
        )
    try:
        return persist(attempt)
    except Broken as e:
        raise DataError(f"The {what} {address} {e}.", *_remedy(e)) from e


def persist(attempt: Callable[[], T]) -> T:
    """Repeat what raises Broken, after a pause each time; the last error is raised."""
    for pause in PAUSES:
        try:
            return attempt()
        except Broken as e:
            if e.lasting:
                raise
        time.sleep(pause)
    return attempt()


def probe(address: str) -> Probe | None:
    """What the server says of a file; Broken where it does not answer, None for s3:// and other stores."""
    if not address.startswith("http"):
        return None
    with _open(address, {"Range": "bytes=0-63"}) as answer:
        parts = answer.status == 206
        told = answer.headers.get("Content-Range", "").rpartition("/")[2] if parts else answer.headers["Content-Length"]
        version = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
        size = int(told) if told and told.isdecimal() else None
        return Probe(answer.read(64), size, version, parts)


def fingerprint(address: str) -> tuple[int | None, str | None]:
    """Size and version of a remote file for the journal's key; nothing where the server keeps them to itself."""
    try:
        found = persist(lambda: probe(address))
    except Broken:
        return None, None
    return (found.size, found.version) if found else (None, None)


def is_hopeless(address: str) -> bool:
    """Whether another attempt on a remote file cannot help: it is refused, missing, or no raster."""
    try:
        found = probe(address)
    except Broken as e:
        return e.lasting and not _gdal_knows_more()
    return found is not None and (not found.parts or _is_text(found.start))


def _gdal_knows_more() -> bool:
    """Whether GDAL has a login that a question of our own goes without: a refusal then says nothing."""
    return any(name in os.environ for name in _LOGINS)


def renew_signature(address: str) -> None:
    """Ask the signing service anew when the file is opened next."""
    _signed.pop(address, None)


def _is_text(start: bytes) -> bool:
    return start.lstrip()[:1] in (b"<", b"{")


def unreadable(address: str, reason: str, hint: str = "") -> DataError:
    """Why GDAL could not read a remote file: what the server itself says, in one sentence; else ``reason``.

    Its code is "remote" where it may come later, "denied", "missing" or "unfit" where it will not.
    """
    told = _STATUS.search(reason)
    status = int(told[1]) if told else next((n for text, n in _STORE.items() if text in reason), 0)
    found = _answered(status) if status else Broken(f"cannot be read: {hide(reason)}")
    try:
        start = probe(address)
        if start and not start.parts:
            found = Broken("lies on a server that sends whole files only (no byte ranges)", "whole")
        if start and _is_text(start.start):
            found = Broken("is a page of text and no raster (a login page or an error of the server?)", "denied")
    except Broken as e:
        if not (e.lasting and _gdal_knows_more()):
            found = e
    return DataError(f"{address} {str(found).rstrip('.')}.", *_remedy(found, hint))


def _answered(status: int) -> Broken:
    """What a status other than success means."""
    if status in (401, 403, 407, 409):  # Azure answers 409 where public access is not permitted
        return Broken(f"is refused by the server (HTTP {status})", "denied")
    if status in (404, 410):
        return Broken(f"does not exist (HTTP {status})", "missing")
    passing = status in (408, 425, 429) or (status >= 500 and status not in NEVER)
    return Broken(f"does not come: the server answers HTTP {status}", "remote" if passing else "unfit")


_HINTS = {
    "whole": "Download it and give the file.",
    "denied": f"Does it need a signature or a login? See {SIGNER}, GDAL_HTTP_* and AWS_* in docs/scenes.md; "
    "signed addresses expire.",
    "missing": "Check the address; catalogues move and remove products.",
}


def _remedy(found: Broken, hint: str = "") -> tuple[str, str]:
    """Hint and code of the error that tells what went wrong; ``hint``: where the server itself is not at fault."""
    if found.code in _HINTS:
        return _HINTS[found.code], "unfit" if found.code == "whole" else found.code
    if found.lasting:
        return hint or "Check the address.", found.code
    return hint or "Try again later: what has been mapped is kept. A proxy is set with HTTPS_PROXY.", found.code


def _with_signature(address: str) -> str:
    """The address as it is asked for: with its own signature, or that of the signing service."""
    if address in _signatures:
        return f"{address}{'&' if '?' in address else '?'}{_signatures[address]}"
    service = os.environ.get(SIGNER, "")
    if not service or not address.startswith("http"):
        return address
    if "{href}" not in service:
        raise JobError(f"{SIGNER} is set, but holds no {{href}}, where the address of a file goes.", "", "sign")
    until, url = _signed.get(address, (0.0, ""))
    if time.monotonic() > until:
        url = _sign(service.replace("{href}", quote(address, safe="")), address)
        _signed[address] = (time.monotonic() + SIGNED_FOR, url)
    return url


def _sign(question: str, address: str) -> str:
    def attempt() -> bytes:
        with _ask(urllib.request.Request(question)) as answer:
            return _body(answer, 1 << 20)

    try:
        found: Any = json.loads(persist(attempt))
        url = found["href"]
        if urlsplit(url)[:3] != urlsplit(address)[:3]:
            raise ValueError
        return str(url)
    except Broken as e:
        code = "sign" if e.lasting else "remote"
        raise DataError(f"The signing service of {SIGNER} {e}.", "Is its address right?", code) from e
    except (ValueError, TypeError, KeyError):
        raise DataError(
            f"The signing service of {SIGNER} gave no signed address of {address}.",
            'It should answer {"href": the same address with a signature}.',
            "sign",
        ) from None


def _open(address: str, headers: dict[str, str] | None = None) -> Any:
    return _ask(urllib.request.Request(_with_signature(address), headers=headers or {}))


def _ask(request: urllib.request.Request) -> Any:
    """An open answer of a server; Broken where there is none."""
    request.add_header("User-Agent", f"bigearthnet-mapper/{__version__}")
    request.add_header("Accept-Encoding", "identity")
    try:
        return urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as e:
        raise _answered(e.code) from None
    except (OSError, http.client.HTTPException, ValueError) as e:
        raise Broken(f"does not come: no answer ({_reason(e)})") from None


def _body(answer: Any, limit: int) -> bytes:
    try:
        data: bytes = answer.read(limit + 1)
        told = answer.headers.get("Content-Length", "")
    except http.client.IncompleteRead as e:
        raise Broken(f"broke off after {len(e.partial)} bytes") from None
    except (OSError, http.client.HTTPException) as e:
        raise Broken(f"broke off ({_reason(e)})") from None
    if len(data) > limit:
        raise Broken(f"is larger than {limit >> 20} MB", "unfit")
    if told.isdecimal() and len(data) < int(told):  # read(n) does not raise IncompleteRead
        raise Broken(f"broke off after {len(data)} of {told} bytes")
    return data


def _reason(error: Exception) -> str:
    return hide(str(getattr(error, "reason", None) or error) or type(error).__name__)
