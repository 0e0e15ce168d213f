#!/usr/bin/env python3
"""Collect what the plugin says (``tr("literal")``) into resources/i18n/*.ts, keep what is translated, compile the .qm.

Qt's own pylupdate takes the class around a call for its context; all our words share one, so they are collected here.
The files are Qt's: Qt Linguist edits them, lrelease (Debian: qttools5-dev-tools) compiles them.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "i18n"
CONTEXT = "BigEarthNetMapper"


def literals() -> dict[str, list[tuple[str, int]]]:
    """Each literal given to tr, with the places (file from the root, line) that say it. Raises SystemExit for others."""
    found: dict[str, list[tuple[str, int]]] = {}
    for path in sorted((ROOT / "plugin").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for call in _calls(ast.parse(path.read_text(encoding="utf-8"))):
            (argument,) = call.args
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                sys.exit(f"{name}:{call.lineno}: tr takes one literal; format what it returns.")
            found.setdefault(argument.value, []).append((name, call.lineno))
    return found


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
            yield node


def translated(ts: Path) -> dict[str, str]:
    """Source and translation of every finished message of a .ts file."""
    found = {}
    for message in ET.parse(ts).getroot().iter("message"):
        translation = message.find("translation")
        if translation is not None and translation.text and translation.get("type") is None:
            found[message.findtext("source", "")] = translation.text
    return found


def write(ts: Path, sources: dict[str, list[tuple[str, int]]], known: dict[str, str], language: str) -> None:
    """The .ts file with exactly ``sources``, sorted by their first place."""
    root = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name").text = CONTEXT
    for source, places in sorted(sources.items(), key=lambda item: item[1][0]):
        message = ET.SubElement(context, "message")
        for name in dict.fromkeys(name for name, _ in places):
            ET.SubElement(message, "location", filename=f"../../{name}")
        ET.SubElement(message, "source").text = source
        translation = ET.SubElement(message, "translation")
        if source in known:
            translation.text = known[source]
        else:
            translation.set("type", "unfinished")
    ET.indent(root, "    ")
    body = ET.tostring(root, encoding="unicode")
    ts.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', encoding="utf-8")


def main() -> int:
    sources = literals()
    missing = 0
    for ts in sorted(FOLDER.glob("*.ts")):
        known = translated(ts)
        write(ts, sources, known, ts.stem.rpartition("_")[2])
        subprocess.run(["lrelease", "-silent", str(ts), "-qm", str(ts.with_suffix(".qm"))], check=True)
        todo = [source for source in sources if source not in known]
        missing += len(todo)
        print(f"{ts.name}: {len(sources) - len(todo)} of {len(sources)} translated")
        for source in todo:
            print(f"  {source!r}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
