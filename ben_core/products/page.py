"""The frame of every page: one file of HTML that needs nothing else, loads nothing, and runs its own script at most."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template

from ..version import __version__

# What a browser may do with a page: show pictures and styles that stand in it. No form, no other base, no network.
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'unsafe-inline'"


def page(
    *,
    kicker: str,
    name: str,
    title: str,
    body: str,
    facts: str = "",
    verdict: str = "",
    css: str = "",
    script: str = "",
) -> str:
    """The whole page. ``body`` is HTML, all other text comes in raw.

    kicker   what kind of page it is; ``name``: its heading; ``title``: what the browser calls it
    facts    a line below the heading; ``verdict``: the page in two or three sentences
    css      rules of this page alone, behind those of the house; ``script`` the one that may run
    """
    policy, element = _POLICY, ""
    if script:
        script = "\n" + script
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy, element = f"{_POLICY}; script-src 'sha256-{digest}'", f"<script>{script}</script>"
    lines = {"facts": escape(facts), "verdict": escape(verdict).replace(" %", "&nbsp;%")}
    return filled(
        __package__,
        "page.html",
        policy=policy,
        title=escape(title),
        css=resource(__package__, "page.css") + css,
        kicker=escape(kicker),
        version=escape(__version__),
        heading=breakable(name),
        header="\n".join(f'<p class="{kind}">{text}</p>' for kind, text in lines.items() if text),
        body=body,
        script=element,
    )


def resource(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text(encoding="utf-8")


def filled(package: str, name: str, **parts: str) -> str:
    """A piece of HTML with its $places filled; what fills them is HTML."""
    return Template(resource(package, name)).substitute(parts)


def breakable(name: str) -> str:
    """A file's name as HTML that may break behind its underscores."""
    return escape(name).replace("_", "_<wbr>")


def section(key: str, title: str, body: str) -> str:
    """A part of a page under its heading; empty where there is nothing to show."""
    if not body:
        return ""
    return f'<section aria-labelledby="{key}"><h2 id="{key}">{escape(title)}</h2>\n{body}</section>'


def sections(parts: Mapping[tuple[str, str], str]) -> str:
    """(key, title) -> body, in order."""
    return "\n".join(section(key, title, body) for (key, title), body in parts.items() if body)
