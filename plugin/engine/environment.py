"""Which Python runs the engine, and with which environment variables. Knows no QGIS."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Mapping, Optional, Tuple

from ...ben_core.version import __version__

if TYPE_CHECKING:
    from ..settings import Settings

ROOT = Path(__file__).resolve().parents[2]  # the plugin package
MARKER = "engine.json"  # written last: an environment without it is half made

# Variables of the host that would lead another Python, GDAL or PROJ astray.
_DROPPED = ("PYTHON", "PROJ_", "GDAL_", "QGIS_", "LD_", "DYLD_", "QT_", "QML", "OSGEO4W", "VIRTUAL_ENV", "CONDA_")

OWN, GIVEN, DEVELOPMENT = "own", "given", "development"


@dataclass(frozen=True)
class Engine:
    """An interpreter that can run the engine.

    kind      "own" (made by the plugin), "given" (named by the user), "development" (BEN_ENGINE_PYTHON, a checkout)
    variables what its processes find in their environment besides the host's (proxies)
    """

    python: str
    version: str = __version__
    kind: str = OWN
    variables: Mapping[str, str] = field(default_factory=dict)

    def command(self, arguments: "list[str]") -> "list[str]":
        """The whole command of ``ben ARGUMENTS``."""
        return [self.python, "-I", "-X", "utf8", str(ROOT / "plugin" / "engine" / "launcher.py"), *arguments]

    def environment(self) -> Dict[str, str]:
        return {**clean_environment(os.environ), **self.variables}


def clean_environment(host: Mapping[str, str]) -> Dict[str, str]:
    """``host`` without what belongs to QGIS, its Python, Qt, GDAL and PROJ."""
    kept = {k: v for k, v in host.items() if not k.upper().startswith(_DROPPED)}
    return {**kept, "PYTHONUTF8": "1", "PYTHONNOUSERSITE": "1"}


def python_in(folder: Path) -> Path:
    """The interpreter of the virtual environment ``folder``."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def read_marker(folder: Path) -> Optional[Dict[str, str]]:
    """What the finished environment in ``folder`` is; None where there is none, or a half-made one."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return marker if isinstance(marker, dict) and python_in(folder).exists() else None


def find_engine(settings: "Settings") -> Optional[Engine]:
    """The engine to use, or None where it is not set up: BEN_ENGINE_PYTHON, the user's Python, ours, a checkout's."""
    for python, kind in _candidates(settings):
        if python and Path(python).is_file():
            return Engine(python, kind=kind, variables=settings.proxies())
    return None


def _candidates(settings: "Settings") -> "Tuple[Tuple[str, str], ...]":
    folder = Path(settings.engine_folder)
    return (
        (os.environ.get("BEN_ENGINE_PYTHON", ""), DEVELOPMENT),
        (settings.engine_python, GIVEN),
        (str(python_in(folder)) if read_marker(folder) else "", OWN),
        (str(python_in(ROOT / ".venv")), DEVELOPMENT),
    )
