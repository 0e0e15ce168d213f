"""The panel's body: sections of the form, the run, the result. Tells the story of a run; widgets do as they are told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject, QgsRectangle
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QLocale, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QWidget

from ...ben_core.errors import BenError, JobError
from ...ben_core.job import Job
from ...ben_core.nomenclature import S1_BANDS
from ..engine.commands import Extras, map_words, shell_line
from ..engine.environment import Engine, describe_state, find_engine
from ..i18n import tr
from ..layers import ResultLayers, find_products, load_result, results_in
from ..result.chip import remember_bands
from ..settings import Settings
from .inspector import Inspector
from .looks import BAD, GOOD, MUTED, WARN, breakable, escape, theme_icon
from .many import scenes_known
from .options_section import decimal, device_truth, expected
from .panel_layout import FORM, LOG, RESULT, PanelLayout
from .runner import Runner
from .state import Machine, State
from .words import adaptation_words, in_panel_words, status_words


class Panel(PanelLayout):
    """The dock's content. ``set_up_engine`` opens the dialog that makes an engine, and returns when it is closed.

    ``many_wanted``: more than one scene is to be mapped, see ``many``.
    """

    many_wanted = pyqtSignal()

    def __init__(
        self,
        project: QgsProject,
        canvas: QgsMapCanvas,
        settings: Settings,
        set_up_engine: Callable[[], None],
        parent: Optional[QWidget] = None,
    ) -> None:
        super().__init__(project, canvas, parent)
        self._project, self._canvas, self._settings = project, canvas, settings
        self._set_up_engine = set_up_engine
        self._facts: Dict[str, Any] = {}
        self.engine: Optional[Engine] = None
        self.machine = Machine(self)
        self.runner = Runner(project, self)
        self.inspector = Inspector(self)
        self.output.setFilePath(self._default_output())
        self._wire()
        self.find_engine()
        self.adopt_results()
        self._update()

    # -- wires -------------------------------------------------------------------------------------

    def _wire(self) -> None:
        for signal in (self.model.changed, self.model.known):  # first: it may put Sentinel-1 into the job
            signal.connect(lambda: self.scene.model_reads(*self.model.reads_radar))
        self.model.listed.connect(lambda: self.advanced.set_spares(self.model.spares()))
        for section in (self.scene, self.model, self.area, self.advanced):
            section.changed.connect(self.form_changed)
        self.resolution.valueChanged.connect(self.form_changed)
        self.output.fileChanged.connect(self.form_changed)
        self.run_button.clicked.connect(self.run_or_cancel)
        self.copy_button.clicked.connect(self.copy_command)
        self.scene.many_wanted.connect(self.many_wanted)
        self.inspector.busy.connect(self._looking)
        self.inspector.answered.connect(self._look_answered)
        self.inspector.failed.connect(self._look_failed)
        self.runner.happened.connect(self.progress.on_event)
        self.runner.happened.connect(self.log.on_event)
        self.runner.previewing.connect(self._show_scene)
        self.runner.finished.connect(self.log.on_event)
        self.runner.finished.connect(self._finished)
        self.result_tab.open_wanted.connect(self.open_result)
        self.result_tab.zoom_wanted.connect(self.zoom_to)
        self.machine.changed.connect(self._update)
        self.tabs.currentChanged.connect(self._update)
        self._project.readProject.connect(self.adopt_results)
        self._project.layersRemoved.connect(self._maps_gone)

    def stop(self) -> None:
        """End what runs and let go of project and canvas; the panel is not used afterwards."""
        self._project.readProject.disconnect(self.adopt_results)
        self._project.layersRemoved.disconnect(self._maps_gone)
        self.scene.disconnect_project()
        self.area.disconnect_project()
        self.inspector.stop()
        self.model.stop()
        self.runner.stop()

    # -- the engine ---------------------------------------------------------------------------------

    def find_engine(self) -> None:
        """Look for the engine; without one, offer to set it up."""
        self.engine = find_engine(self._settings)
        if self.engine is None:
            self.notice.show_message(
                "",
                describe_state(self._settings),
                tr("Mapping runs in an environment of its own, which leaves QGIS's Python alone."),
                (tr("Set up engine …"), self.set_up_engine, tr("Make that environment; it takes some minutes, once")),
            )
            return
        self.notice.hide()
        self.model.list_models(self.engine)
        self.form_changed()

    def set_up_engine(self) -> None:
        self._set_up_engine()
        self.find_engine()

    # -- form and job -------------------------------------------------------------------------------

    def job(self) -> Job:
        """The job that the form describes. Raises JobError or DataError."""
        if self.scene.source is None:
            raise JobError(tr("No scene is chosen."), tr("Load a raster layer, or drop a product on this panel."))
        if self.scene.refusal:
            raise JobError(self.scene.refusal)
        return Job(
            out=os.path.expanduser(self.output.filePath().strip()) or self._default_output(),
            stride=self.resolution.stride(),
            **self.scene.values(),
            **self.model.values(),
            **self.area.values(),
            **self.advanced.values(),
        )

    def extras(self) -> Extras:
        """What the form asks for before and after its job. Raises JobError."""
        return Extras(**self.model.adaptation(), **self.advanced.regions())

    def many(self) -> Dict[str, Any]:
        """The form's scenes and options as parameters of "Map many scenes"."""
        return {
            **scenes_known(self._project, self.scene.picker.sources()),
            "MODEL": self.model.name,
            "STRIDE": self.resolution.stride(),
            "OUTPUT": os.path.expanduser(self.output.filePath().strip()) or self._default_output(),
        }

    def form_changed(self, *_: object) -> None:
        """Another job is meant: ask the engine about it."""
        if self.runner.running:
            return
        self._facts = {}
        if self.engine is not None:
            self.notice.hide()  # it was about another job
        self.expected.say("")
        self.device.say("")
        self.inspector.drop()
        self.advanced.arrange(beside=self.scene.has_both, raw=self.scene.is_raw)
        try:
            job, _ = self.job(), self.extras()
        except BenError as e:
            if self.scene.source is not None and not self.scene.refusal:
                self.expected.say(escape(in_panel_words(str(e))), BAD)
        else:
            if self.engine is not None and self.scene.is_raw:
                self._say_raw(job)
                return
            if self.engine is not None:
                self.inspector.ask(self.engine, job)
        self.machine.form_changed(False)
        self._update()

    def _say_raw(self, job: Job) -> None:
        """A raw product of Sentinel-1: the engine can look at it only once it has laid it on a map."""
        fine = job.dem is not None
        if fine:
            words = tr(
                "Raw Sentinel-1 is calibrated and laid on the terrain first, which takes minutes, and kept for later runs."
            )
            self.expected.say(escape(words), MUTED)
            self._facts = {"run": {"stem": job.name or ""}}
        else:
            self.expected.say(escape(tr("Raw Sentinel-1 needs a terrain model: choose one under Advanced.")), BAD)
        self.machine.form_changed(fine)
        self._update()

    def _looking(self, busy: bool) -> None:
        if busy:
            self.expected.say(tr("Looking at the scene …"))

    def _look_answered(self, found: Dict[str, Any]) -> None:
        facts = found["facts"]
        self._facts = facts
        self.scene.show_facts(facts, found["notes"])
        if "model" in facts:
            self.model.show_card(facts["model"])
        run = facts.get("run")
        if run is None:
            problem = found.get("run", {})
            text = f"{problem.get('impossible', '')} {problem.get('remedy', '')}".strip()
            missing = facts.get("fit", {}).get("missing", [])
            if missing and set(missing) <= set(S1_BANDS):  # the form says where to choose it
                text = tr("Sentinel-1 is missing: the model reads {bands}.").format(bands=" + ".join(missing))
            self.expected.say(breakable(in_panel_words(text)), BAD)
        else:
            self.expected.say(escape(" · ".join([expected(run), *self._on_top()])))
            self.device.say(escape(device_truth(run["asked"], run["placement"])), MUTED)
        self.machine.form_changed(run is not None)
        self._update()

    def _on_top(self) -> List[str]:
        """What was asked for besides the map, whose time nobody knows before."""
        found = []
        if self.model.adapting.tick.isChecked():
            found.append(tr("adaptation comes on top"))
        if self.advanced.make_regions.isChecked():
            found.append(tr("10 m map comes on top"))
        return found

    def _look_failed(self, error: Dict[str, Any]) -> None:
        self.expected.say("")
        self.scene.show_problem(error["message"], error.get("hint", ""), self.model.wanted())
        self.machine.form_changed(False)
        self._update()

    def _default_output(self) -> str:
        if self._settings.output:
            return self._settings.output
        home = self._project.homePath()
        return str(Path(home or Path.home()) / "bigearthnet_maps")

    def copy_command(self) -> None:
        """Put the form's job on the clipboard as a command that runs by itself."""
        try:
            QGuiApplication.clipboard().setText(self.command_line(self.job(), self.extras()))
        except BenError as e:
            self.notice.show_message(BAD, tr("There is nothing to copy yet."), str(e))
        else:
            self.notice.show_message(GOOD, tr("Copied."), tr("Paste it into a terminal: it makes the same map."))

    def command_line(self, job: Job, extras: Extras) -> str:
        words = map_words(job, extras)
        return shell_line(self.engine.command(words) if self.engine else ["ben", *words])

    # -- the run ------------------------------------------------------------------------------------

    def run_or_cancel(self) -> None:
        if self.runner.running:
            self.run_button.setEnabled(False)
            self.run_button.setText(tr("Stopping …"))
            self.runner.cancel()
        else:
            self.run()

    def run(self, replace: bool = False) -> None:
        """Start the form's job; where its map exists already, ask first."""
        try:
            job, extras = self.job(), self.extras()
        except BenError as e:
            self.notice.show_message(BAD, in_panel_words(e.message), in_panel_words(e.hint))
            return
        if self.engine is None:
            return
        stem = self._facts.get("run", {}).get("stem", "")
        if (Path(job.out) / f"{stem}.gpkg").exists():
            if not replace:
                self.notice.show_message(
                    WARN,
                    tr("This map exists already."),
                    str(Path(job.out) / stem),
                    (tr("Replace it"), lambda: self.run(replace=True), tr("Run, and replace the files of that map")),
                    (
                        tr("Open it"),
                        lambda: self.open_result(str(Path(job.out) / f"{stem}.gpkg")),
                        tr("Load it instead"),
                    ),
                )
                return
            job = Job.from_dict({**job.to_dict(), "overwrite": True})
            self._let_go(Path(job.out) / f"{stem}.gpkg")
        self.inspector.drop()
        self.notice.hide()
        self._settings.output = self.output.filePath()
        self._settings.save()
        self.progress.start()
        self.log.start(self.engine, job, self.command_line(job, extras))
        self.machine.to(State.RUNNING)
        self.runner.start(self.engine, job, extras)

    def _finished(self, final: Dict[str, Any]) -> None:
        if final["type"] == "done":
            self.machine.to(State.DONE)
            self.open_result(final["result"]["products"]["gpkg"])
            if self.result_tab.result is not None:
                remember_bands(self.result_tab.result.patches, self._facts.get("scene", {}).get("bands", {}))
            self._say_done(final["result"])
        elif final["type"] == "cancelled":
            self.machine.to(State.READY)
            self.notice.show_message("", tr("Stopped."), tr("What is finished is kept: Resume goes on from there."))
        else:
            self.machine.to(State.ERROR)
            self.notice.show_message(
                BAD,
                in_panel_words(final["message"]),
                in_panel_words(final.get("hint", "")),
                (tr("Copy report"), self.log.copy_report, tr("Copy versions, job and log to the clipboard")),
                (tr("Show log"), lambda: self.tabs.setCurrentIndex(LOG), tr("See what the engine told")),
            )

    def _say_done(self, result: Dict[str, Any]) -> None:
        cells = result["cells"]
        skipped = {k: n for k, n in cells.items() if n and k not in ("mapped", "outside area")}
        left_out = ", ".join(f"{n} {status_words(k)}" for k, n in skipped.items())
        text = tr("{n} patches in {t} s.").format(
            n=QLocale().toString(cells["mapped"]), t=decimal(result["timing"]["total"])
        )
        filled, regions, adaptation = (result.get(k) for k in ("by_fallback", "regions", "adaptation"))
        if filled:
            text += " " + tr("{n} of them by the fallback model.").format(n=QLocale().toString(filled))
        if left_out:
            text += " " + tr("Skipped: {what}.").format(what=left_out)
        if regions:
            text += " " + tr("10 m map: {n} segments.").format(n=QLocale().toString(regions["segments"]))
        if adaptation is None:
            self.notice.show_message(GOOD, tr("The map is finished."), text)
            return
        verdict = adaptation["verdict"]
        told = " ".join([adaptation_words(verdict["word"]), *verdict["reasons"]])
        compare = (
            tr("Before and after"),
            self.result_tab.open_adaptation,
            tr("Both maps side by side, what changed, and why the guard said so"),
        )
        kind = GOOD if verdict["word"] == "adopted" else WARN
        self.notice.show_message(kind, tr("The map is finished."), f"{text}\n{told}", compare)

    # -- results ------------------------------------------------------------------------------------

    def open_result(self, path: str) -> None:
        """Load a finished map and look at it."""
        try:
            result = load_result(self._project, find_products(path))
        except BenError as e:
            self.notice.show_message(BAD, e.message, e.hint)
            return
        self.notice.hide()
        self.result_tab.set_maps([result, *self.result_tab.maps], result)
        self.tabs.setCurrentIndex(RESULT)

    def adopt_results(self) -> None:
        """A project was opened: its maps can be looked at again."""
        self.result_tab.set_maps(results_in(self._project))

    def zoom_to(self, result: ResultLayers) -> None:
        self._zoom(self._on_canvas(result.patches.extent(), result.patches.crs()))

    def _show_scene(self) -> None:
        """The first strip appears: a canvas that shows nothing of the scene goes there; others are left alone."""
        scene = self._facts.get("scene")
        if scene is None:
            return
        extent, crs = QgsRectangle(*scene["bounds"]), QgsCoordinateReferenceSystem(scene["crs"])
        if not self._canvas.layers() or not self._canvas.extent().intersects(self._on_canvas(extent, crs)):
            # later: QGIS itself goes to the first layer of a project, which is a strip
            QTimer.singleShot(0, lambda: self._zoom(self._on_canvas(extent, crs)))

    def _on_canvas(self, extent: QgsRectangle, crs: QgsCoordinateReferenceSystem) -> QgsRectangle:
        """An extent in the canvas's CRS."""
        wanted = self._canvas.mapSettings().destinationCrs()
        return QgsCoordinateTransform(crs, wanted, self._project).transformBoundingBox(extent)

    def _zoom(self, box: QgsRectangle) -> None:
        box.scale(1.05)
        self._canvas.setExtent(box)
        self._canvas.refresh()

    def _let_go(self, package: Path) -> None:
        """Remove the layers of a map whose files will be replaced: open files cannot be, on some systems."""
        for m in self.result_tab.maps:
            if m.products.package == package:
                m.remove()

    def _maps_gone(self, ids: List[str]) -> None:
        """Layers were removed: a map without its patches is no map to look at."""
        left = [m for m in self.result_tab.maps if m.patches_id not in ids]
        if len(left) != len(self.result_tab.maps):
            self.result_tab.set_maps(left, self.result_tab.result)

    # -- how it looks -------------------------------------------------------------------------------

    def _update(self, *_: object) -> None:
        """Everything that follows from the state."""
        state = self.machine.state
        running = state is State.RUNNING
        self.form.setEnabled(not running)
        self.progress.setVisible(running)
        quiet = state not in (State.RUNNING, State.ERROR)  # an error has the room for itself
        self.outlook.setVisible(quiet and self.tabs.currentIndex() == FORM)
        self.run_button.setEnabled(running or (state is not State.EMPTY and bool(self._facts.get("run"))))
        self.run_button.setText(tr("Cancel") if running else tr("Resume") if self._resumes() else tr("Run"))
        icon = "/mTaskCancel.svg" if running else "/mActionStart.svg"
        self.run_button.setIcon(theme_icon(icon))
        self.run_button.setToolTip(
            tr("Stop; what is finished is kept")
            if running
            else tr("Go on where the stopped run ended")
            if self._resumes()
            else tr("Map the scene")
        )

    def _resumes(self) -> bool:
        if self.runner.resumable is None:
            return False
        try:
            job, extras = self.runner.resumable
            return self.job().to_dict() == {**job.to_dict(), "overwrite": False} and self.extras() == extras
        except BenError:
            return False

    # -- drop ---------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: Any) -> None:  # noqa: N802  (Qt's name)
        if not self.runner.running and event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: Any) -> None:  # noqa: N802
        urls = event.mimeData().urls()
        event.acceptProposedAction()
        self.tabs.setCurrentIndex(FORM)
        self.scene.open_paths([u.toLocalFile() or u.toString() for u in urls])
