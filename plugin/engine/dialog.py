"""The window "Set up engine": make the environment or name a Python, see its progress, check it, remove it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional

from qgis.gui import QgsCollapsibleGroupBoxBasic, QgsFileWidget
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLayout,
    QMessageBox,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ..dock.looks import name_parts
from ..i18n import tr
from ..icons import icon
from ..settings import Settings
from .choose import find_builder, find_gpu
from .doctor import BAD, GOOD, DoctorDialog
from .environment import (
    GIVEN,
    Engine,
    describe_state,
    find_engine,
    read_marker,
)
from .install import Installer, remove_engine
from .process import EngineProcess


class EngineDialog(QDialog):
    """``engine_changed`` tells that ``find_engine`` may answer otherwise now."""

    engine_changed = pyqtSignal()

    def __init__(self, settings: Settings, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.installer: Optional[Installer] = None
        self.check: Optional[EngineProcess] = None
        self.setObjectName("BigEarthNetMapperEngine")
        self.setWindowTitle(tr("BigEarthNet Mapper: engine"))
        self.setWindowIcon(icon("engine"))
        self._build()
        name_parts(self)
        self._fill()
        self._show_state()
        self.resize(540, self.minimumSizeHint().height())

    # What is seen

    def _build(self) -> None:
        self.notice = Notice()
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setAccessibleName(tr("State of the engine"))
        font = self.state.font()
        font.setBold(True)
        self.state.setFont(font)
        why = QLabel(
            tr(
                "Maps are made by a program of their own, outside QGIS: its packages lie in a private folder, "
                "and QGIS's own Python packages are left as they are."
            )
        )
        why.setWordWrap(True)

        self.own = _named(
            QRadioButton(tr("Make a private environment (recommended)")), tr("Packages are fetched once.")
        )
        self.build = _named(QComboBox(), tr("What computes: the processor, or an NVIDIA graphics card with CUDA"))
        self.torch = _named(
            QCheckBox(tr("With PyTorch, to fetch published models and to adapt them")),
            tr(
                "For published models, for adapting to a scene, for 10 m maps and for several processes at once. The embedded model needs none. It takes 1 GB more, on Linux 6 GB."
            ),
        )
        self.gpu_label = QLabel()
        self.gpu_label.setWordWrap(True)
        self.builder_label = QLabel()
        self.builder_label.setWordWrap(True)
        self.builder_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        form = QFormLayout()
        form.addRow(tr("Computes on"), self.build)
        form.addRow("", self.gpu_label)
        form.addRow("", self.torch)
        form.addRow(tr("Made"), self.builder_label)

        self.advanced = QgsCollapsibleGroupBoxBasic(tr("Advanced"))
        self.advanced.setToolTip(tr("Where the engine lies, and what it is made from"))
        self.folder = _path(QgsFileWidget.StorageMode.GetDirectory, tr("Folder that takes the engine (about 500 MB)"))
        self.wheels = _path(
            QgsFileWidget.StorageMode.GetDirectory, tr("Install without a network, from a folder that holds all wheels")
        )
        self.uv = _path(QgsFileWidget.StorageMode.GetFile, tr("The program uv, where QGIS does not find it by itself"))
        more = QFormLayout(self.advanced)
        more.addRow(tr("Folder"), self.folder)
        more.addRow(tr("Folder of wheels"), self.wheels)
        more.addRow(tr("uv"), self.uv)

        self.given = _named(
            QRadioButton(tr("Use this Python")), tr("A Python 3.11 or later that has the engine's packages already")
        )
        self.python = _path(QgsFileWidget.StorageMode.GetFile, tr("The Python to use"))

        box = QGroupBox()
        inner = QVBoxLayout(box)
        inner.addWidget(self.own)
        inner.addLayout(form)
        inner.addWidget(self.advanced)
        inner.addWidget(self.given)
        inner.addWidget(self.python)

        self.step = QLabel()
        self.step.setAccessibleName(tr("What is being done"))
        self.bar = QProgressBar()
        self.bar.setToolTip(tr("How far the set-up is"))
        self.bar.setAccessibleName(tr("Progress of the set-up"))
        self.details = QgsCollapsibleGroupBoxBasic(tr("Details"))
        self.details.setToolTip(tr("What the tools that install packages say"))
        self.log = _named(QPlainTextEdit(), tr("What the tools that install packages say"))
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(5000)
        QVBoxLayout(self.details).addWidget(self.log)

        self.buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        self.set_up = _button(self.buttons, role.ActionRole, tr("Set up"), tr("Start, or go on where it stopped"))
        self.stop_button = _button(self.buttons, role.ActionRole, tr("Stop"), tr("Stop; what was fetched is kept"))
        self.doctor = _button(self.buttons, role.ActionRole, tr("Check…"), tr("Versions, devices and a self-test"))
        self.remove = _button(self.buttons, role.ActionRole, tr("Remove"), tr("Remove the engine's folder"))
        self.close_button = _button(self.buttons, role.RejectRole, tr("Close"), tr("Close this window"))
        self.set_up.setDefault(True)

        layout = QVBoxLayout(self)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetMinimumSize)  # words that wrap are never squeezed
        for widget in (self.notice, self.state, why, box, self.step, self.bar):
            layout.addWidget(widget)
        layout.addWidget(self.details, 100)
        layout.addStretch(1)  # else folded details leave their room between the lines
        layout.addWidget(self.buttons)
        self.advanced.setCollapsed(True)
        self.details.setCollapsed(True)

        self.own.toggled.connect(self._show_state)
        self.set_up.clicked.connect(self.start)
        self.stop_button.clicked.connect(self.stop)
        self.doctor.clicked.connect(self._show_doctor)
        self.remove.clicked.connect(self._remove)
        self.close_button.clicked.connect(self.reject)
        for field in (self.wheels, self.uv):
            field.fileChanged.connect(self._look)

    def _fill(self) -> None:
        s = self.settings
        self.folder.setFilePath(s.engine_root)
        self.folder.lineEdit().setPlaceholderText(str(Path(Settings().engine_folder).parent))
        self.wheels.setFilePath(s.wheels)
        self.uv.setFilePath(s.uv)
        self.python.setFilePath(s.engine_python)
        (self.given if s.engine_python else self.own).setChecked(True)
        gpu = find_gpu()
        self.build.addItem(tr("CPU"), "cpu")
        self.build.addItem(tr("NVIDIA GPU (CUDA)"), "cuda")
        self.build.setCurrentIndex(1 if gpu.usable else 0)
        variant = (read_marker(Path(s.engine_folder)) or {}).get("variant", "")
        self.torch.setChecked(variant.endswith("-torch"))
        if variant:
            self.build.setCurrentIndex(self.build.findData(variant.split("-")[0]))
        self.gpu_label.setText(gpu.text)
        self._look()

    def _look(self) -> None:
        """Say how the environment would be made with what is entered now."""
        self._builder = find_builder(self.uv.filePath(), self.wheels.filePath())
        self.builder_label.setText(
            self._builder.describe() if self._builder else tr("Neither uv nor a Python 3.11 or later was found.")
        )

    @property
    def busy(self) -> bool:
        return self.installer is not None or self.check is not None

    def _show_state(self) -> None:
        self.state.setText(describe_state(self.settings))
        own = self.own.isChecked()
        for widget in (self.build, self.torch, self.advanced, self.builder_label):
            widget.setEnabled(own and not self.busy)
        self.python.setEnabled(not own and not self.busy)
        self.own.setEnabled(not self.busy)
        self.given.setEnabled(not self.busy)
        self.set_up.setText(tr("Set up") if own else tr("Use it"))
        self.set_up.setEnabled(not self.busy)
        self.stop_button.setVisible(self.busy)
        self.step.setVisible(self.busy)
        self.bar.setVisible(self.busy)
        self.doctor.setEnabled(not self.busy and find_engine(self.settings) is not None)
        self.remove.setEnabled(not self.busy and Path(self.settings.engine_folder).exists())

    # What is done

    def start(self) -> None:
        """Set up what is chosen."""
        self.notice.clear()
        self.log.clear()
        if self.own.isChecked():
            self._start_install()
        else:
            self._start_check()
        self._show_state()

    def _start_install(self) -> None:
        self._look()
        self.settings.engine_root = self.folder.filePath()
        self.settings.wheels = self.wheels.filePath()
        self.settings.uv = self.uv.filePath()
        self.settings.save()
        variant = self.build.currentData() + ("-torch" if self.torch.isChecked() else "")
        self.installer = Installer(
            self.settings.engine_folder, variant, self._builder, self.settings.wheels, self.settings.proxies(), self
        )
        self.installer.progress.connect(self._show_progress)
        self.installer.line.connect(self.log.appendPlainText)
        self.installer.finished.connect(self._on_installed)
        self.installer.start()

    def _start_check(self) -> None:
        """Take the user's Python where the engine's own self-test passes on it."""
        engine = Engine(self.python.filePath(), kind=GIVEN, variables=self.settings.proxies())
        self.check = EngineProcess(engine, ["doctor", "--json"], self)
        self.check.finished.connect(self._on_checked)
        self._show_progress(tr("Trying the engine …"), -1)
        self.check.start()

    def stop(self) -> None:
        for running in (self.installer, self.check):
            if running is not None:
                running.cancel()

    def _show_progress(self, text: str, percent: int) -> None:
        self.step.setText(text)
        self.bar.setRange(0, 100 if percent >= 0 else 0)
        self.bar.setValue(percent)

    def _on_installed(self, end: Dict[str, Any]) -> None:
        self.installer = None
        if end["type"] == "done":
            self.settings.engine_python = ""
            self.settings.save()
        self._finish(end, tr("The engine is set up."))

    def _on_checked(self, end: Dict[str, Any]) -> None:
        assert self.check is not None
        self.check.forget_log()
        self.check = None
        tests = end.get("result", {}).get("self-test", {})
        failed = [f"{name}: {said}" for name, said in tests.items() if not said.startswith("ok")]
        if end["type"] == "done" and failed:
            message = tr("The engine's self-test fails on this Python.")
            end = {"type": "error", "code": "self-test", "message": message, "hint": " ".join(failed), "log": ""}
        if end["type"] == "done":
            self.settings.engine_python = self.python.filePath()
            self.settings.save()
        self._finish(end, tr("The engine uses this Python now."))

    def _finish(self, end: Dict[str, Any], success: str) -> None:
        if end["type"] == "done":
            self.notice.show_text(success, GOOD)
        elif end["type"] == "cancelled":
            self.notice.show_text(end["message"])
        else:
            self._show_error(end)
        self._show_state()
        self.engine_changed.emit()

    def _show_error(self, end: Dict[str, Any]) -> None:
        if end["log"] and not self.log.toPlainText():
            self.log.setPlainText(end["log"])
        report = "\n".join(filter(None, (end["message"], end["hint"], end["log"])))
        self.notice.show_text(f"{end['message']} {end['hint']}", BAD, report)

    def _show_doctor(self) -> None:
        engine = find_engine(self.settings)
        if engine is not None:
            window = DoctorDialog(engine, self)
            window.exec()
            window.deleteLater()

    def _remove(self) -> None:
        folder = self.settings.engine_folder
        question = tr("Remove the engine and all of its folder?\n{folder}").format(folder=folder)
        if QMessageBox.question(self, self.windowTitle(), question) != QMessageBox.StandardButton.Yes:
            return
        try:
            remove_engine(folder)
            self.notice.show_text(tr("The engine is removed."), GOOD)
        except OSError as e:
            words = tr("Not all could be removed; close other windows of QGIS and try again. {reason}: {file}")
            self.notice.show_text(words.format(reason=e.strerror, file=e.filename), BAD)
        self._show_state()
        self.engine_changed.emit()

    def reject(self) -> None:
        """Close; a set-up that runs is stopped, and goes on from there the next time."""
        for running in (self.installer, self.check):
            if running is not None:
                running.stop()
        super().reject()


class Notice(QFrame):
    """How the last action ended: words that wrap, with a coloured edge, and a button to copy a report."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setAccessibleName(tr("Message"))
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy = _named(
            QPushButton(tr("Copy report")), tr("Copy the error and its details, to paste into a message")
        )
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.report))
        layout = QHBoxLayout(self)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignTop)
        self.clear()

    def clear(self) -> None:
        self.report = ""
        self.hide()

    def show_text(self, text: str, colour: str = "#7d94a5", report: str = "") -> None:
        self.report = report
        self.label.setText(text)
        self.copy.setVisible(bool(report))
        self.setStyleSheet(
            f"#notice {{ border: 1px solid {colour}; border-left: 5px solid {colour}; border-radius: 3px }}"
        )
        self.show()


def _named(widget: QWidget, tip: str) -> Any:
    """``widget`` with a tooltip, which screen readers also say."""
    widget.setToolTip(tip)
    widget.setAccessibleName(tip)
    return widget


def _path(mode: Any, tip: str) -> QgsFileWidget:
    field = _named(QgsFileWidget(), tip)
    field.setStorageMode(mode)
    field.lineEdit().setAccessibleName(tip)
    return field


def _button(box: QDialogButtonBox, role: Any, text: str, tip: str) -> QPushButton:
    button = box.addButton(text, role)
    button.setToolTip(tip)
    return button
