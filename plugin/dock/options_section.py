"""How the map is made: resolution and folder in front, the rest folded away."""

from __future__ import annotations

import os
from typing import Any, Dict, Mapping, Optional, Sequence

from qgis.gui import QgsCollapsibleGroupBox, QgsFileWidget
from qgis.PyQt.QtCore import QLocale, QObject, QSignalBlocker, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from ...ben_core.job import MAX_BATCH, PATCH, PRECISIONS, RUNTIMES
from ..i18n import tr

PIXEL = 10  # metres
MIN_AREA = 0.5  # hectares, the engine's default


class Resolution(QSpinBox):
    """The job's ``stride`` in metres."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("resolution")
        self.setAccessibleName(tr("Map resolution"))
        self.setToolTip(
            tr(
                "Side of a cell of the map. Each answer is about a patch of 1200 m; a smaller cell gives a finer map of "
                "overlapping patches, and takes longer: half the side, four times the patches."
            )
        )
        self.setRange(PIXEL, PATCH * PIXEL)
        self.setSingleStep(60)  # whole pixels of every band
        self.setSuffix(" m")
        self.setGroupSeparatorShown(False)
        self.setValue(PATCH * PIXEL)
        self.setKeyboardTracking(False)

    def valueFromText(self, text: str) -> int:  # noqa: N802  (Qt's name)
        """What was typed, in whole pixels."""
        return max(1, round(super().valueFromText(text) / PIXEL)) * PIXEL

    def stride(self) -> int:
        """Pixels of 10 m."""
        return max(1, round(self.value() / PIXEL))


class OutputFolder(QgsFileWidget):
    """The job's ``out``."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("output")
        self.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.setAccessibleName(tr("Output folder"))
        self.setToolTip(tr("Where the map's files go: rasters, a GeoPackage, a report. Made where it is missing."))
        self.setDialogTitle(tr("Folder of the map"))


class Advanced(QgsCollapsibleGroupBox):
    """Options that a first run does not need; ``changed`` when one differs."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Advanced"), parent)
        self.setObjectName("advanced")
        self.setToolTip(tr("Options that a first run does not need"))
        self.setSaveCollapsedState(False)
        self.setCollapsed(True)
        form = QFormLayout(self)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setContentsMargins(6, 4, 6, 6)
        form.setVerticalSpacing(4)

        self.own_threshold = QCheckBox(tr("the model's own"))
        self.own_threshold.setChecked(True)
        self.threshold = _fraction(0.5)
        self.threshold.setEnabled(False)
        self.own_threshold.toggled.connect(self.threshold.setDisabled)
        pair = QHBoxLayout()
        pair.addWidget(self.own_threshold)
        pair.addWidget(self.threshold, 1)
        self.max_cloud, self.max_snow, self.min_valid = _fraction(0.5), _fraction(0.5), _fraction(0.9)
        self.device = _list({"auto": tr("automatic"), "cpu": "CPU", "cuda": "CUDA (NVIDIA)", "mps": "MPS (Apple)"})
        self.runtime = _list(
            {r: {"auto": tr("automatic"), "onnx": "ONNX Runtime", "torch": "PyTorch"}[r] for r in RUNTIMES}
        )
        self.precision = _list({p: tr("automatic") if p == "auto" else p for p in PRECISIONS})
        self.threads, self.batch = _number(256, tr("all cores")), _number(MAX_BATCH, tr("what fits"))
        self.name, self.acquired, self.scale, self.offset = (_line() for _ in range(4))
        self.name.setPlaceholderText(tr("the scene's name"))
        self.acquired.setPlaceholderText("2020-02-23")
        self.scale.setPlaceholderText(tr("found"))
        self.offset.setPlaceholderText(tr("found"))
        self.regroup = _list({"": tr("none"), "clc1": tr("CORINE level 1"), "clc2": tr("CORINE level 2")})
        self.allow_l1c = QCheckBox(tr("Take L1C products"))
        self.make_regions = QCheckBox(tr("10 m map (segments)"))
        self.min_area = QDoubleSpinBox()
        self.min_area.setRange(0.05, 1000)
        self.min_area.setDecimals(2)
        self.min_area.setValue(MIN_AREA)
        self.min_area.setSuffix(" ha")
        self.min_area.setEnabled(False)
        self.make_regions.toggled.connect(self.min_area.setEnabled)
        self.fallback = _narrow(QComboBox())
        self.set_spares([])
        self.dem = QgsFileWidget()
        self.dem.setDialogTitle(tr("Terrain model"))
        self.geoid = _list(
            {"": tr("as it says"), "egm96": "EGM96", "egm2008": "EGM2008", "none": tr("the ellipsoid (WGS 84)")}
        )

        rows = (
            (self.make_regions, "regions", "", tr("Also cut the scene into segments and name each by windows of several sizes: a map of 10 m with areas. Takes several times as long; needs the engine with PyTorch.")),
            (self.min_area, "minArea", tr("Smallest area"), tr("Area of the smallest segment of the 10 m map")),
            (self.fallback, "fallback", tr("Fallback model"), tr("Answers cells that the model may not, such as cells under cloud that Sentinel-1 sees; the map says where")),
            (self.dem, "dem", tr("Terrain model"), tr("Heights as one raster that covers the scene, to lay raw Sentinel-1 on the map")),
            (self.geoid, "geoid", tr("Heights above"), tr("What the heights are above, where the terrain model does not say it; grids of geoids must be installed")),
            (self.own_threshold, "ownThreshold", "", tr("Each class has the threshold that its model was tuned to")),
            (self.threshold, "threshold", tr("Label from"), tr("Probability from which a class is a label of a patch")),
            (self.max_cloud, "maxCloud", tr("Cloud at most"), tr("Patches with a larger share of cloud and its shadow are skipped")),
            (self.max_snow, "maxSnow", tr("Snow at most"), tr("Patches with a larger share of snow and ice are skipped")),
            (self.min_valid, "minValid", tr("Valid at least"), tr("Patches with a smaller share of pixels with data are skipped")),
            (self.device, "device", tr("Device"), tr("What computes. What is asked for is had or refused, never replaced in silence.")),
            (self.runtime, "runtime", tr("Runtime"), tr("The software that runs the network")),
            (self.precision, "precision", tr("Precision"), tr("Arithmetic of the network; lower is faster, and slightly different")),
            (self.threads, "threads", tr("CPU threads"), tr("Threads of decoding and computing; 0 takes all cores")),
            (self.batch, "batch", tr("Patches a batch"), tr("How many patches are computed at once; 0 takes what fits")),
            (self.name, "name", tr("Name"), tr("What the map's files begin with")),
            (self.acquired, "acquired", tr("Acquired"), tr("Acquisition time (ISO 8601) of rasters that do not tell it")),
            (self.scale, "scale", tr("Scale"), tr("Reflectance x 10000 = value x scale + offset, for rasters without metadata")),
            (self.offset, "offset", tr("Offset"), tr("See scale; -1000 for values of baseline 04.00 and later")),
            (self.regroup, "regroup", tr("Groups"), tr("A further map whose classes are united to CORINE's coarser levels")),
            (self.allow_l1c, "allowL1c", "", tr("Top of atmosphere; the models saw surface reflectance (L2A): read such a map with care")),
        )  # fmt: skip
        for widget, object_name, title, tip in rows:
            widget.setObjectName(object_name)
            widget.setToolTip(tip)
            widget.setAccessibleName(title or widget.text())
            if widget is self.threshold:
                form.addRow(title, pair)
            elif widget in (self.allow_l1c, self.make_regions):
                form.addRow(widget)
            elif title:
                form.addRow(title, widget)
            _on_change(widget, self.changed.emit)
        self._form = form
        self._beside = self._raw = False
        self.collapsedStateChanged.connect(lambda _: self._show_rows())

    def set_spares(self, names: Sequence[str]) -> None:
        """``names`` of models that are here; the chosen one stays where it is still there."""
        before = self.fallback.currentData()
        with QSignalBlocker(self.fallback):
            self.fallback.clear()
            for text, name in (
                (tr("none"), ""),
                (tr("Embedded, Sentinel-1"), "embedded"),
                (tr("Best published for Sentinel-1"), "auto"),
                *((n, n) for n in names),
            ):
                self.fallback.addItem(text, name)
            self.fallback.setCurrentIndex(max(self.fallback.findData(before), 0))

    def arrange(self, beside: bool, raw: bool) -> None:
        """Show the rows that are of use: a fallback where there are both sensors, terrain for raw Sentinel-1."""
        self._beside, self._raw = beside, raw
        self._show_rows()

    def _show_rows(self) -> None:
        if self.isCollapsed():  # it hides all, and shows all when it opens
            return
        for widget, shown in ((self.fallback, self._beside), (self.dem, self._raw), (self.geoid, self._raw)):
            widget.setVisible(shown)
            self._form.labelForField(widget).setVisible(shown)

    def regions(self) -> Dict[str, Any]:
        """Fields of ``Extras``."""
        if not self.make_regions.isChecked():
            return {}
        area = round(self.min_area.value(), 2)
        return {"regions": True, "min_area": None if area == MIN_AREA else area}

    def values(self) -> Dict[str, Any]:
        """The job's options that differ from its defaults."""
        found: Dict[str, Any] = {
            "max_cloud": round(self.max_cloud.value() / 100, 4),
            "max_snow": round(self.max_snow.value() / 100, 4),
            "min_valid": round(self.min_valid.value() / 100, 4),
            "threshold": None if self.own_threshold.isChecked() else round(self.threshold.value() / 100, 4),
            "device": self.device.currentData(),
            "runtime": self.runtime.currentData(),
            "precision": self.precision.currentData(),
            "threads": self.threads.value(),
            "batch": self.batch.value(),
            "name": self.name.text().strip() or None,
            "acquired": self.acquired.text().strip() or None,
            "scale": _float(self.scale.text()),
            "offset": _float(self.offset.text()),
            "regroup": self.regroup.currentData() or None,
            "allow_l1c": self.allow_l1c.isChecked(),
        }
        if self._beside:
            found["fallback_model"] = self.fallback.currentData() or None
        if self._raw:
            found["dem"] = os.path.expanduser(self.dem.filePath().strip()) or None
            found["geoid"] = self.geoid.currentData() or None if found["dem"] else None
        return found


def expected(run: Mapping[str, Any]) -> str:
    """Patches, time and memory of a run, as ``ben info --json`` tells it."""
    n = QLocale().toString(int(run["cells"]))
    return " · ".join(
        (
            tr("{n} patches").format(n=n),
            tr("about {time}").format(time=duration(run["seconds"])),
            tr("{n} GB memory").format(n=decimal(run["memory"] / 1e9)),
        )
    )


def device_truth(asked: str, placement: Mapping[str, Any]) -> str:
    """Where the model runs, what was asked for, and why."""
    runtime = {"onnx": "ONNX Runtime", "torch": "PyTorch"}.get(placement["runtime"], placement["runtime"])
    where = f"{placement['device'].upper()} ({runtime}, {placement['precision']})"
    wish = tr("automatic") if asked == "auto" else asked.upper()
    return tr("Runs on {where}. Asked: {asked}; {why}.").format(where=where, asked=wish, why=placement["why"])


def duration(seconds: float) -> str:
    """3 s, 5 min, 1 h 20 min; no line breaks inside."""
    minutes = round(seconds / 60)
    if seconds < 120:
        text = tr("{n} s").format(n=max(1, round(seconds)))
    elif minutes < 100:
        text = tr("{n} min").format(n=minutes)
    else:
        text = tr("{h} h {m} min").format(h=minutes // 60, m=minutes % 60)
    return text.replace(" ", "\u00a0")


def decimal(number: float) -> str:
    """With one decimal, as the user's language writes it."""
    return str(QLocale().toString(float(number), "f", 1))


def _fraction(value: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(0, 100)
    box.setDecimals(0)
    box.setSingleStep(5)
    box.setSuffix(" %")
    box.setValue(value * 100)
    return box


def _number(largest: int, zero: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(0, largest)
    box.setSpecialValueText(zero)
    return box


def _list(items: Mapping[str, str]) -> QComboBox:
    combo = _narrow(QComboBox())
    for value, text in items.items():
        combo.addItem(text, value)
    return combo


def _narrow(combo: QComboBox) -> QComboBox:
    """It stays beside its label in a narrow panel, however long its entries are."""
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(6)
    return combo


def _line() -> QLineEdit:
    return QLineEdit()


def _float(text: str) -> "float | str | None":
    """The number that was typed; what is none stays text, and the job refuses it in words."""
    text = text.strip().replace(",", ".")
    try:
        return float(text) if text else None
    except ValueError:
        return text


def _on_change(widget: QObject, do: Any) -> None:
    if isinstance(widget, QCheckBox):
        widget.toggled.connect(lambda *_: do())
    elif isinstance(widget, QComboBox):
        widget.currentIndexChanged.connect(lambda *_: do())
    elif isinstance(widget, QgsFileWidget):
        widget.fileChanged.connect(lambda *_: do())
    elif isinstance(widget, QLineEdit):
        widget.editingFinished.connect(do)
    else:
        widget.valueChanged.connect(lambda *_: do())
