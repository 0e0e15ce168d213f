"""Which Python runs the engine, in which state its environment is, with which environment variables. Knows Qt, not QGIS."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Iterator, List, Mapping, Optional, Tuple

from ...ben_core.version import __version__
from ..i18n import tr

if TYPE_CHECKING:
    from ..settings import Settings

ROOT = Path(__file__).resolve().parents[2]  # the plugin package
LOCKS = ROOT / "resources" / "engine"
MARKER = "engine.json"  # written last: an environment without it is half made

# Variables of the host that would lead another Python, GDAL or PROJ astray.
_DROPPED = ("PYTHON", "PROJ_", "GDAL_", "QGIS_", "LD_", "DYLD_", "QT_", "QML", "OSGEO4W", "VIRTUAL_ENV", "CONDA_")

OWN, GIVEN, DEVELOPMENT = "own", "given", "development"
READY, MISSING, HALF_MADE, OUTDATED = "ready", "missing", "half-made", "outdated"


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

    def command(self, arguments: List[str]) -> List[str]:
        """The whole command of ``ben ARGUMENTS``."""
        return [self.python, "-I", "-X", "utf8", str(ROOT / "plugin" / "engine" / "launcher.py"), *arguments]

    def environment(self) -> Dict[str, str]:
        """All environment variables of its processes."""
        return {**clean_environment(os.environ), **self.variables}


def clean_environment(host: Mapping[str, str]) -> Dict[str, str]:
    """``host`` without what belongs to QGIS, its Python, Qt, GDAL and PROJ."""
    kept = {k: v for k, v in host.items() if not k.upper().startswith(_DROPPED)}
    return {**kept, "PYTHONUTF8": "1", "PYTHONNOUSERSITE": "1"}


def python_in(venv: Path) -> Path:
    """The interpreter of the virtual environment ``venv``."""
    return venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def lock_file(variant: str) -> Path:
    """The pinned packages of ``variant``: cpu, cuda, cpu-torch or cuda-torch."""
    return LOCKS / f"requirements-{variant}.txt"


def lock_hash(variant: str) -> str:
    """What the marker keeps of the pinned packages; newline conventions do not count."""
    return hashlib.sha256(b"\n".join(lock_file(variant).read_bytes().splitlines())).hexdigest()


def own_state(folder: Path) -> str:
    """The state of our own environment in ``folder``: "ready", "missing", "half-made" or "outdated"."""
    if not python_in(folder / "venv").is_file():
        return HALF_MADE if (folder / "venv").exists() else MISSING
    marker = read_marker(folder)
    if marker is None:
        return HALF_MADE
    try:
        return READY if marker.get("lock") == lock_hash(str(marker.get("variant"))) else OUTDATED
    except OSError:
        return OUTDATED


def read_marker(folder: Path) -> Optional[Dict[str, str]]:
    """What was installed into ``folder``; None where it was not finished."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return marker if isinstance(marker, dict) else None


def find_engine(settings: "Settings") -> Optional[Engine]:
    """The engine to use: that of BEN_ENGINE_PYTHON, the user's Python, our own where it is ready, a checkout's.

    None where there is none: set it up (``engine_state`` says why).
    """
    for python, kind in _candidates(settings):
        if python and Path(python).is_file():
            return Engine(python, kind=kind, variables=settings.proxies())
    return None


def engine_state(settings: "Settings") -> str:
    """Say "ready" where ``find_engine`` finds one, else the state of our own environment."""
    return READY if find_engine(settings) else own_state(Path(settings.engine_folder))


def describe_state(settings: "Settings") -> str:
    """One sentence on the engine, as it is for people."""
    engine = find_engine(settings)
    if engine is not None and engine.kind in (GIVEN, DEVELOPMENT):
        return tr("The engine runs on the Python {path}.").format(path=engine.python)
    if engine is not None:
        variant = (read_marker(Path(settings.engine_folder)) or {}).get("variant", "")
        return tr("The engine is ready ({variant}).").format(variant=variant.replace("-torch", " + PyTorch").upper())
    state = own_state(Path(settings.engine_folder))
    if state == OUTDATED:
        return tr("The engine needs an update: the plugin is newer. Press Set up.")
    if state == HALF_MADE:
        return tr("An earlier set-up was not finished. Press Set up to go on.")
    return tr("The engine is not set up yet.")


def _candidates(settings: "Settings") -> Iterator[Tuple[str, str]]:
    yield os.environ.get("BEN_ENGINE_PYTHON", ""), DEVELOPMENT
    yield settings.engine_python, GIVEN
    folder = Path(settings.engine_folder)
    if own_state(folder) == READY:
        yield str(python_in(folder / "venv")), OWN
    yield str(python_in(ROOT / ".venv")), DEVELOPMENT
