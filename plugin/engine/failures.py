"""What the tools that install packages say when they fail, in words with a remedy."""

from __future__ import annotations

import re
from typing import Dict, Optional, Tuple

from ..i18n import tr


def explain(output: str, offline: bool = False) -> Dict[str, str]:
    """The error event for the ``output`` of pip, uv or venv: the first known trouble in it, else its last lines."""
    test = re.search(r"^\s*(\S.*?)\s+FAILED: (.*)", output, re.MULTILINE)
    if test:
        message = tr("The packages are there, but the engine's self-test fails: {test}: {reason}")
        hint = tr("Set it up again; if that does not help, report it with the details below.")
        message = message.format(test=test[1], reason=test[2])
        return {"type": "error", "code": "self-test", "message": message, "hint": hint, "log": output[-4000:]}
    for pattern, code in _PATTERNS:
        if re.search(pattern, output, re.IGNORECASE):
            message, hint = _words(code, offline)
            break
    else:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        code = "failed"
        message = tr("The engine could not be set up: {reason}").format(reason=lines[-1] if lines else "?")
        hint = tr("Try again: what was fetched is kept. The details below help in a report.")
    return {"type": "error", "code": code, "message": message, "hint": hint, "log": output[-4000:]}


def no_builder(offline: bool) -> Dict[str, str]:
    """Neither uv nor a fitting Python."""
    message, hint = _words("no-python", offline)
    return {"type": "error", "code": "no-python", "message": message, "hint": hint, "log": ""}


# The order matters: a full disk also breaks downloads, and pip ends a network failure with "no matching distribution".
_PATTERNS: Tuple[Tuple[str, str], ...] = (
    (r"No space left on device|os error 28\b|os error 112\b|not enough space on the disk|Errno 28|Errno 122", "disk"),
    (r"DO NOT MATCH THE HASHES|hash mismatch", "hash"),
    (r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer|SSLError", "certificate"),
    (r"407 Proxy|ProxyError|proxy authentication|tunnel (error|connection failed)|Cannot connect to proxy", "proxy"),
    (
        r"Failed to establish a new connection|NewConnectionError|name resolution|getaddrinfo failed|dns error"
        r"|error sending request|ConnectTimeout|ReadTimeout|timed out|Connection refused|Network is unreachable"
        r"|Failed to fetch|Network connectivity is disabled",
        "network",
    ),
    (r"Permission denied|os error 13\b|os error 5\b|Access is denied|Read-only file system", "permission"),
    (r"No matching distribution|No solution found|Could not find a version|no wheels? with a matching", "wheel"),
    (r"No interpreter found|No download found", "no-python"),
)


def _words(code: str, offline: bool) -> Tuple[str, str]:
    found: Optional[Tuple[str, str]] = {
        "disk": (
            tr("The disk is full."),
            tr(
                "Free some space (about 1 GB, with PyTorch or CUDA up to 8 GB), or choose another folder; then try again."
            ),
        ),
        "hash": (
            tr("A package is not the one that this version of the plugin was made with: its hash differs."),
            tr(
                "Nothing of it was installed. Is a proxy changing downloads, or is the folder of wheels of another version?"
            ),
        ),
        "certificate": (
            tr("The package server's certificate is not trusted here."),
            tr("Often a proxy of your organisation puts its own in: ask for it, and name its file in SSL_CERT_FILE."),
        ),
        "proxy": (
            tr("The proxy refused the connection."),
            tr("Check Settings > Options > Network > Proxy in QGIS (name, port, user); then try again."),
        ),
        "network": (
            tr("The package server cannot be reached."),
            tr(
                "Check the network and QGIS's proxy settings, or install from a folder of wheels. What was fetched is kept."
            ),
        ),
        "permission": (
            tr("The engine's folder may not be written to."),
            tr("Choose another folder, and close other windows of QGIS that use the engine."),
        ),
        "wheel": (
            tr("A package is missing that fits this computer and its Python."),
            tr("The folder of wheels must hold every package of the list, for this system and this version of Python.")
            if offline
            else tr(
                "Is this a rare system or a very new Python? Python 3.11 to 3.13 on a 64-bit computer is known to do."
            ),
        ),
        "no-python": (
            tr("No Python 3.11 or later was found to build the engine with."),
            tr("Without a network, Python 3.11 or later must be installed first; then try again.")
            if offline
            else tr("Install Python 3.11 or later with venv (Debian: python3-venv), or uv; then try again."),
        ),
    }.get(code)
    assert found is not None
    return found
