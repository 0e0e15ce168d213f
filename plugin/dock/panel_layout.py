"""How the panel is laid out: a form, results and a log in tabs, and below them what is always seen."""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsProject
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..i18n import tr
from .area_section import AreaSection
from .log_tab import LogTab
from .looks import Notice, Words, escape, name_parts, theme_icon
from .model_section import ModelSection
from .options_section import Advanced, OutputFolder, Resolution
from .progress import ProgressView
from .result_tab import ResultTab
from .scene_section import SceneSection

FORM, RESULT, LOG = range(3)


class PanelLayout(QWidget):
    """The panel's widgets in their places; ``Panel`` gives them their meaning."""

    def __init__(self, project: QgsProject, canvas: QgsMapCanvas, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("BigEarthNetMapperPanel")
        self.scene = SceneSection(project)
        self.model = ModelSection()
        self.area = AreaSection(canvas)
        self.resolution = Resolution()
        self.expected = Words("expected")
        self.device = Words("deviceTruth")
        self.output = OutputFolder()
        self.advanced = Advanced()
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(7)
        for title, widget in (
            (tr("Area"), self.area),
            (tr("Resolution"), self.resolution),
            (tr("Output"), self.output),
        ):
            form.addRow(title, widget)
        page = QWidget()
        inside = QVBoxLayout(page)
        inside.setContentsMargins(6, 6, 6, 6)
        inside.setSpacing(4)
        for title, widget in ((tr("Scene"), self.scene), (tr("Model"), self.model)):
            inside.addWidget(_heading(title, widget))
            inside.addWidget(widget)
            inside.addSpacing(4)
        inside.addWidget(_heading(tr("Map"), self.resolution))
        inside.addLayout(form)
        inside.addWidget(self.advanced)
        inside.addStretch(1)
        self.form = page
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        self.result_tab = ResultTab()
        self.log = LogTab()
        self.tabs = QTabWidget()
        self.tabs.setObjectName("tabs")
        self.tabs.setDocumentMode(True)
        for widget, title, tip in (
            (scroll, tr("Map"), tr("Choose a scene and run")),
            (self.result_tab, tr("Result"), tr("Look at a finished map")),
            (self.log, tr("Log"), tr("What the engine told")),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(widget, title), tip)

        self.outlook = QWidget()  # above the button, so that it is seen why one may run, or may not
        outlook = QVBoxLayout(self.outlook)
        outlook.setContentsMargins(0, 0, 0, 0)
        outlook.setSpacing(3)
        outlook.addWidget(self.expected)
        outlook.addWidget(self.device)
        self.notice = Notice()
        self.progress = ProgressView()
        self.progress.hide()
        self.run_button = QPushButton()
        self.run_button.setObjectName("run")
        self.run_button.setDefault(True)
        self.run_button.setMinimumHeight(self.run_button.sizeHint().height() + 4)
        self.copy_button = QToolButton()
        self.copy_button.setObjectName("copyCommand")
        self.copy_button.setIcon(theme_icon("/mActionTerminal.svg"))
        self.copy_button.setText(tr("Copy as command line"))
        self.copy_button.setAccessibleName(tr("Copy as command line"))
        self.copy_button.setToolTip(tr("Copy as command line: the same run without QGIS, to paste into a terminal"))
        self.copy_button.setIconSize(QSize(16, 16))
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.run_button, 1)
        row.addWidget(self.copy_button)
        foot = QVBoxLayout()
        foot.setContentsMargins(6, 4, 6, 6)
        foot.setSpacing(5)
        foot.addWidget(self.outlook)
        foot.addWidget(self.notice)
        foot.addWidget(self.progress)
        foot.addLayout(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tabs, 1)
        layout.addLayout(foot)
        self.setAcceptDrops(True)
        name_parts(self)


def _heading(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(f"<b>{escape(text)}</b>")
    label.setBuddy(buddy)
    return label
