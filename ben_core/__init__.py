"""The engine of BigEarthNet Mapper: whole Sentinel scenes to multi-label land-cover maps.

    from ben_core import Job, map_scene
    result = map_scene(Job(scene=("S2A_MSIL2A_….SAFE",), out="maps"))
    result.products["classes"]

Public: ``Job``, ``map_scene``, ``MapResult``, ``open_scene``, ``load_model``, ``BenError`` and its kinds.
They are imported on first use: the contract (job, events, errors, nomenclature) needs no package.
"""

from typing import TYPE_CHECKING, Any

from .errors import BenError, Cancelled, DataError, JobError, ModelError, OutputError, StorageError
from .job import Job
from .version import __version__

if TYPE_CHECKING:
    from .mapping import MapResult, map_scene
    from .models import load_model
    from .scene import open_scene

__all__ = [
    "BenError",
    "Cancelled",
    "DataError",
    "Job",
    "JobError",
    "MapResult",
    "ModelError",
    "OutputError",
    "StorageError",
    "__version__",
    "load_model",
    "map_scene",
    "open_scene",
]

_LATE = {"MapResult": "mapping", "map_scene": "mapping", "load_model": "models", "open_scene": "scene"}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("." + _LATE[name], __name__), name)
