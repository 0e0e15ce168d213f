"""A finished map: what is shown of it changes at once, by threshold and class, without a new run."""

from __future__ import annotations

from typing import Dict, List, Optional

from qgis.core import QgsMapLayer
from qgis.gui import QgsOpacityWidget
from qgis.PyQt.QtCore import QLocale, QSignalBlocker, QSize, Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import (
    QAction,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..i18n import tr
from ..layers import Look, ResultLayers
from .looks import MUTED, Words, swatch, tool_button


class ResultTab(QWidget):
    """``shown`` carries the map that the controls are about (None: none), ``open_wanted`` a path to load.
    ``add_tool`` takes further ways to ask a map.
    """

    shown = pyqtSignal(object)
    open_wanted = pyqtSignal(str)
    zoom_wanted = pyqtSignal(object)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._maps: List[ResultLayers] = []
        self._result: Optional[ResultLayers] = None
        self._items: Dict[str, QTreeWidgetItem] = {}
        self.combo = QComboBox()
        self.combo.setObjectName("result")
        self.combo.setAccessibleName(tr("Map"))
        self.combo.setToolTip(tr("The finished map that is looked at"))
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(12)
        self.combo.currentIndexChanged.connect(self._choose)
        self.open_button = tool_button("openResult", "/mActionFileOpen.svg", tr("Open result …"))
        self.open_button.setToolTip(tr("Load a map that was made before: its .gpkg, or any file of it"))
        self.open_button.clicked.connect(self._pick)
        self.zoom_button = tool_button("zoomResult", "/mActionZoomToLayer.svg", tr("Zoom to the map"))
        self.zoom_button.clicked.connect(lambda: self.zoom_wanted.emit(self._result))
        self.report_button = tool_button("openReport", "/mActionOpenTable.svg", tr("Report"))
        self.report_button.setToolTip(tr("Open the map's report in the browser: areas, settings, time, quality"))
        self.report_button.clicked.connect(self._report)
        self.adaptation_button = tool_button("openAdaptation", "/mActionShowSelectedLayers.svg", tr("Before and after"))
        self.adaptation_button.setToolTip(
            tr("The model was adapted to this scene: both maps side by side, what changed, and why the guard said so")
        )
        self.adaptation_button.clicked.connect(self.open_adaptation)
        top = QHBoxLayout()
        top.setSpacing(3)
        top.addWidget(self.combo, 1)
        for button in (self.zoom_button, self.report_button, self.adaptation_button, self.open_button):
            top.addWidget(button)
        self.facts = Words("resultFacts")
        self.tools = QHBoxLayout()  # patch tool and chart of this map
        self.tools.setSpacing(3)

        self.own = QCheckBox(tr("the model's own, by class"))
        self.own.setObjectName("ownLabels")
        self.own.setToolTip(
            tr("Show the labels that the run gave: each class from the threshold its model was tuned to")
        )
        self.own.toggled.connect(self._restyle)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("thresholdSlider")
        self.slider.setAccessibleName(tr("Threshold"))
        self.slider.setToolTip(tr("Show a class where its probability reaches this; the map is not computed again"))
        self.slider.setRange(0, 100)
        self.slider.setPageStep(10)
        self.slider.valueChanged.connect(self._slid)
        self.spin = QDoubleSpinBox()
        self.spin.setObjectName("thresholdSpin")
        self.spin.setAccessibleName(tr("Threshold in percent"))
        self.spin.setToolTip(self.slider.toolTip())
        self.spin.setRange(0, 100)
        self.spin.setDecimals(0)
        self.spin.setSuffix(" %")
        self.spin.valueChanged.connect(lambda v: self.slider.setValue(int(v)))
        pair = QHBoxLayout()
        pair.addWidget(self.slider, 1)
        pair.addWidget(self.spin)
        self.opacity = QgsOpacityWidget()
        self.opacity.setObjectName("opacity")
        self.opacity.setAccessibleName(tr("Opacity"))
        self.opacity.setToolTip(tr("How much of the scene shines through the map"))
        self.opacity.opacityChanged.connect(self._fade)
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(4)
        form.addRow(tr("Threshold"), self.own)
        form.addRow("", pair)
        form.addRow(tr("Opacity"), self.opacity)

        self.list = QTreeWidget()
        self.list.setObjectName("classes")
        self.list.setAccessibleName(tr("Classes"))
        self.list.setToolTip(
            tr("Show the ticked classes. A click on a name draws its probability in the layer of that name.")
        )
        self.list.setHeaderLabels([tr("Class"), tr("Patches")])
        self.list.setRootIsDecorated(False)
        self.list.setMinimumHeight(90)
        self.list.setUniformRowHeights(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.itemChanged.connect(self._restyle)
        self.list.currentItemChanged.connect(self._point_at)
        self.all_button, self.none_button = QPushButton(tr("All")), QPushButton(tr("None"))
        for button, checked, tip in (
            (self.all_button, True, tr("Show all classes")),
            (self.none_button, False, tr("Untick all classes, to choose some")),
        ):
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, c=checked: self.tick_all(c))
        buttons = QHBoxLayout()
        buttons.addWidget(self.all_button)
        buttons.addWidget(self.none_button)
        buttons.addStretch(1)
        self.empty = Words("resultEmpty")
        self.body = QWidget()
        body = QVBoxLayout(self.body)
        body.setContentsMargins(0, 0, 0, 0)
        body.addWidget(self.facts)
        body.addLayout(self.tools)
        body.addLayout(form)
        body.addWidget(self.list, 1)
        body.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(top)
        layout.addWidget(self.empty)
        layout.addWidget(self.body, 1)
        layout.addStretch(0)
        self.set_maps([])

    @property
    def result(self) -> Optional[ResultLayers]:
        return self._result

    @property
    def maps(self) -> List[ResultLayers]:
        return list(self._maps)

    def set_maps(self, maps: List[ResultLayers], current: Optional[ResultLayers] = None) -> None:
        """The finished maps of the project; ``current`` is looked at."""
        self._maps = maps
        with QSignalBlocker(self.combo):
            self.combo.clear()
            for m in maps:
                self.combo.addItem(m.products.title())
            if not maps:
                self.combo.addItem(tr("No map yet"))
            self.combo.setCurrentIndex(maps.index(current) if current in maps else 0)
        self.combo.setEnabled(bool(maps))
        self._choose()

    def add_tool(self, action: QAction) -> None:
        """A button for something that can be done with the map that is shown."""
        button = QToolButton()
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)  # fits a narrow dock
        button.setIconSize(QSize(18, 18))
        button.setAccessibleName(action.text())
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.tools.addWidget(button)

    def look(self) -> Look:
        """What the controls ask for."""
        ticked = frozenset(n for n, item in self._items.items() if item.checkState(0) == Qt.CheckState.Checked)
        threshold = None if self.own.isChecked() else self.slider.value() / 100
        return Look(threshold, None if len(ticked) == len(self._items) else ticked)

    def tick_all(self, checked: bool) -> None:
        with QSignalBlocker(self.list):
            for item in self._items.values():
                item.setCheckState(0, Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)
        self._restyle()

    def _choose(self, *_: object) -> None:
        self._result = self._maps[self.combo.currentIndex()] if self._maps else None
        self.body.setVisible(self._result is not None)
        for button in (self.zoom_button, self.report_button):
            button.setEnabled(self._result is not None)
        self.adaptation_button.setVisible(self._result is not None and self._result.products.adaptation() is not None)
        if self._result is None:
            self.empty.say(tr("A finished map appears here. Open one that was made before with the button above."))
        else:
            self.empty.say("")
            self._fill(self._result)
        self.shown.emit(self._result)

    def _fill(self, result: ResultLayers) -> None:
        look = result.look
        with (
            QSignalBlocker(self.own),
            QSignalBlocker(self.slider),
            QSignalBlocker(self.spin),
            QSignalBlocker(self.list),
        ):
            self.own.setChecked(look.threshold is None)
            value = 50 if look.threshold is None else round(look.threshold * 100)
            self.slider.setValue(value)
            self.spin.setValue(value)
            self.list.clear()
            self._items = {}
            for row in result.rows:
                item = QTreeWidgetItem(self.list, [row.name, ""])
                item.setIcon(0, swatch(row.colour))
                item.setToolTip(
                    0, row.name if row.trained else tr("{name}: the model was not trained for it").format(name=row.name)
                )
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                shown = look.classes is None or row.name in look.classes
                item.setCheckState(0, Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
                item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setDisabled(not row.trained)
                self._items[row.name] = item
        with QSignalBlocker(self.opacity):
            self.opacity.setOpacity(result.patches.opacity())
        date = result.products.acquired()
        n = QLocale().toString(result.mapped)
        self.facts.say(" · ".join(p for p in (tr("{n} patches mapped").format(n=n), date) if p), MUTED)
        self.facts.setToolTip(str(result.products.folder))
        self._count()

    def _count(self) -> None:
        assert self._result is not None
        threshold = self.look().threshold
        with QSignalBlocker(self.list):
            for name, item in self._items.items():
                item.setText(1, QLocale().toString(self._result.count(name, threshold)))
        for widget in (self.slider, self.spin):
            widget.setEnabled(threshold is not None)

    def _slid(self, value: int) -> None:
        with QSignalBlocker(self.spin):
            self.spin.setValue(value)
        self._restyle()

    def _restyle(self, *_: object) -> None:
        if self._result is not None:
            self._result.show(self.look())
            self._count()

    def _point_at(self, item: Optional[QTreeWidgetItem], *_: object) -> None:
        if item is not None and self._result is not None:
            self._result.point_at(item.text(0))

    def _fade(self, opacity: float) -> None:
        if self._result is not None:
            layers: List[Optional[QgsMapLayer]] = [
                *(self._result.patches, self._result.areas, self._result.classes),
                *(self._result.regions, self._result.segments),
            ]
            for layer in layers:
                if layer is not None:
                    layer.setOpacity(opacity)
                    layer.triggerRepaint()

    def _report(self) -> None:
        if self._result is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._result.products.report)))

    def open_adaptation(self) -> None:
        """Open the page that compares the adapted model with the original."""
        page = self._result.products.adaptation() if self._result is not None else None
        if page is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))

    def _pick(self) -> None:
        kinds = tr("Maps") + " (*.gpkg *_item.json *_report.html *_classes.tif)"
        path, _ = QFileDialog.getOpenFileName(self, tr("A finished map"), "", kinds)
        if path:
            self.open_wanted.emit(path)
