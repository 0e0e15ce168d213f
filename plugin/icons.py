"""The plugin's own icons: SVG, sharp at any size, drawn to be read on light and on dark."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtGui import QIcon

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "icons"


def icon(name: str) -> QIcon:
    """``resources/icons/NAME.svg``."""
    return QIcon(str(FOLDER / f"{name}.svg"))
