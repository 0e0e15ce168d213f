"""One run at a time: the job goes to a worker, events come back, finished strips appear in the project."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from qgis.core import QgsLayerTreeGroup, QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...ben_core.job import Job
from ..engine.commands import Extras, map_job
from ..engine.environment import Engine
from ..engine.process import EngineProcess
from ..i18n import tr
from ..layers import preview_layer, remove_group

Event = Dict[str, Any]


class Runner(QObject):
    """``start`` ends in exactly one ``finished`` (done, error, cancelled). ``previewing``: the first strip is shown."""

    happened = pyqtSignal(dict)
    previewing = pyqtSignal()
    finished = pyqtSignal(dict)

    def __init__(self, project: QgsProject, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._project = project
        self._process: Optional[EngineProcess] = None
        self._folder = Path(tempfile.mkdtemp(prefix="ben-run-"))
        self._preview: Optional[QgsLayerTreeGroup] = None
        self._strips: Dict[int, str] = {}  # first row -> layer id
        self.job: Optional[Job] = None
        self.extras = Extras()
        self.events: List[Event] = []
        self.resumable: Optional[Tuple[Job, Extras]] = None

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self, engine: Engine, job: Job, extras: Extras) -> None:
        self.drop_preview()
        self.job, self.extras, self.events = job, extras, []
        file = self._folder / "job.json"
        file.write_text(job.to_json(), encoding="utf-8")
        self._process = EngineProcess(engine, map_job(str(file), extras), self)
        self._process.happened.connect(self._on_event)
        self._process.finished.connect(self._on_finished)
        self._process.start()

    def cancel(self) -> None:
        if self._process is not None:
            self._process.cancel()

    def stop(self) -> None:
        """The panel goes away: end the worker, drop the preview, leave no temporary file."""
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._on_finished)
            process.stop()
            process.forget_log()
        self.drop_preview()
        shutil.rmtree(self._folder, ignore_errors=True)

    def log_tail(self) -> str:
        """The worker's last words on stderr."""
        return next((str(e.get("log", "")) for e in reversed(self.events) if e["type"] == "error"), "")

    def _on_event(self, event: Event) -> None:
        self.events.append(event)
        if event["type"] == "partial":
            self._show(event)
        self.happened.emit(event)

    def _on_finished(self, final: Event) -> None:
        process, self._process = self._process, None
        assert process is not None
        if final["type"] == "error" and not final.get("log"):
            final = {**final, "log": process.log_tail()}
        process.forget_log()
        process.deleteLater()
        self.events.append(final)
        stopped = final["type"] == "cancelled" or final.get("code") in ("crashed", "storage")
        self.resumable = (self.job, self.extras) if stopped and self.job is not None else None
        if final["type"] == "done":
            self.drop_preview()
        elif self._preview is not None:
            self._preview.setName(tr("Preview (stopped)"))
        self.finished.emit(final)

    # -- live preview -------------------------------------------------------------------------------

    def _show(self, event: Event) -> None:
        """A finished strip as a layer, from a copy: the engine removes its own when the map is written."""
        first = int(event["first_row"])
        if first in self._strips or not event.get("preview"):
            return
        copy = self._folder / f"{len(self.events)}-{first}.tif"
        try:
            shutil.copyfile(event["preview"], copy)
        except OSError:
            return  # the run was faster: the map itself follows
        rows = tr("Rows {first} to {last}").format(first=first + 1, last=event["last_row"])
        layer = preview_layer(str(copy), rows)
        if not layer.isValid():
            return
        if self._preview is None:
            self._preview = self._project.layerTreeRoot().insertGroup(0, tr("Preview"))
            self._preview.setExpanded(False)
            self._preview.destroyed.connect(self._forget_preview)
            self.previewing.emit()
        self._project.addMapLayer(layer, False)
        self._preview.addLayer(layer)
        self._strips[first] = layer.id()

    def preview_layers(self) -> List[str]:
        """Ids of the strips that are shown, north to south."""
        return [self._strips[first] for first in sorted(self._strips)]

    def drop_preview(self) -> None:
        group, self._preview = self._preview, None
        self._strips = {}
        if group is not None:
            group.destroyed.disconnect(self._forget_preview)
            remove_group(group)

    def _forget_preview(self) -> None:
        """A person removed the group, or opened another project."""
        self._preview = None
        self._strips = {}
