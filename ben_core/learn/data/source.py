"""Where unlabelled patches come from: a scene or a data set; found again by the GeoPackage that points to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import DataError
from ...scene import Scene, open_scene
from ..types import DataSet


@dataclass(frozen=True)
class Source:
    """``scene`` or ``data``, the other is None; ``path`` is what was given, ``options`` those of ``open_scene``."""

    path: str
    scene: Scene | None = None
    data: DataSet | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.scene.name if self.scene is not None else self.data.title if self.data is not None else self.path

    def facts(self, beside: Path) -> dict[str, Any]:
        """How to open it again from a file ``beside``: the path from there, so that both may move together."""
        path = Path(self.path).absolute()
        try:
            relative = os.path.relpath(path, beside.absolute().parent)
        except ValueError:  # another drive of Windows
            relative = str(path)
        kind = "scene" if self.scene is not None else "data"
        return {"kind": kind, "path": str(path), "relative": relative, "options": dict(self.options)}


def open_source(path: str, **options: Any) -> Source:
    """The data set at ``path`` where it is one, else the scene; ``options`` are those of ``open_scene``."""
    from .opening import (  # which opens GeoPackages of labels, and these ask us for their source
        NO_DATA_SET,
        open_data_set,
    )

    given = {k: v for k, v in options.items() if v is not None and v is not False}
    if not given:
        try:
            return Source(path, data=open_data_set(path))
        except DataError as e:
            if e.code != NO_DATA_SET:
                raise
    return Source(path, scene=open_scene([path], **given), options=given)


def reopen(facts: Mapping[str, Any], beside: Path) -> Source:
    """What ``Source.facts`` told of. Raises DataError where it has gone."""
    for path in (beside.absolute().parent / str(facts["relative"]), Path(str(facts["path"]))):
        if path.exists():
            break
    else:
        raise DataError(
            f"{beside.name} was made from {facts['path']}, which is not there any more.",
            "Put it back, or beside the GeoPackage as before.",
            "missing",
        )
    if facts["kind"] == "scene":
        return Source(str(path), scene=open_scene([str(path)], **facts["options"]), options=facts["options"])
    return open_source(str(path))
