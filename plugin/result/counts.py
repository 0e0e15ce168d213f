"""The cells of every class as a chart, and as a table to take along."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

from qgis.core import QgsFeatureRequest
from qgis.PyQt.QtCore import QLocale, QSize, Qt, QUrl
from qgis.PyQt.QtGui import QDesktopServices, QGuiApplication
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFrame,
    QLabel,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..i18n import tr
from ..layers import ResultLayers
from .bars import Bar, BarChart


@dataclass(frozen=True)
class ClassCount:
    """Cells that carry a class as a label, and cells in which it is the most probable one."""

    name: str
    colour: str
    labelled: int
    first: int


def count_classes(result: ResultLayers, threshold: Optional[float]) -> List[ClassCount]:
    """A count a class, as the model orders them; ``threshold`` as in ``Look``."""
    fields = result.patches.fields()
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    request.setSubsetOfAttributes([fields.lookupField("top_class")])
    first: dict = {}
    for feature in result.patches.getFeatures(request):
        first[feature["top_class"]] = first.get(feature["top_class"], 0) + 1
    return [ClassCount(r.name, r.colour, result.count(r.name, threshold), first.get(r.name, 0)) for r in result.rows]


def as_table(counts: List[ClassCount], mapped: int, delimiter: str) -> str:
    """The counts with a header line, for files (",") and the clipboard (tabulator)."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["class", "cells_present", "share_present", "cells_most_probable", "cells_mapped"])
    for c in counts:
        writer.writerow([c.name, c.labelled, f"{c.labelled / mapped:.4f}" if mapped else "", c.first, mapped])
    return text.getvalue()


class CountsWindow(QDialog):
    """By the threshold that the map is looked at with. Not modal: the map can be used while it is open."""

    def __init__(self, result: ResultLayers, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("BigEarthNetMapperCounts")
        self.setWindowTitle(tr("Cells by class – {map}").format(map=result.products.title()))
        self.result_layers = result
        self._threshold = threshold = result.look.threshold
        self.counts = count_classes(result, threshold)
        self.mapped = result.mapped
        self.what = QComboBox()
        self.what.setAccessibleName(tr("What is counted"))
        self.what.setToolTip(tr("A cell may carry several classes, but one of them is the most probable"))
        self.what.addItems([tr("Cells in which the class is present"), tr("Cells in which it is the most probable")])
        self.what.currentIndexChanged.connect(self._show)
        self.chart = BarChart(tr("Cells by class"))
        self.note = QLabel()
        self.note.setWordWrap(True)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        inner = QWidget()
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.chart)
        inside.addStretch(1)
        scroll.setWidget(inner)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        self.copy_button = _button(buttons, tr("Copy"), tr("Copy the table, to paste into a spreadsheet"), self.copy)
        self.save_button = _button(buttons, tr("Save CSV…"), tr("Save the table as a CSV file"), self._ask_and_save)
        self.report_button = _button(buttons, tr("Report"), tr("Open the map's report in the browser"), self._report)
        layout = QVBoxLayout(self)
        layout.addWidget(self.what)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.note)
        layout.addWidget(buttons)
        self._show()

    def sizeHint(self) -> QSize:  # noqa: N802  (a name of Qt)
        return QSize(560, 560)

    def table(self, delimiter: str = ",") -> str:
        return as_table(self.counts, self.mapped, delimiter)

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.table("\t"))

    def save(self, path: str) -> None:
        """Write the table; OSError where that fails."""
        Path(path).write_text(self.table(), encoding="utf-8")

    def _ask_and_save(self) -> None:
        name = str(self.result_layers.products.folder / f"{self.result_layers.products.stem}_cells.csv")
        path, _ = QFileDialog.getSaveFileName(self, tr("Save CSV"), name, "CSV (*.csv)")
        try:
            if path:
                self.save(path if path.lower().endswith(".csv") else path + ".csv")
        except OSError as e:
            QMessageBox.warning(self, self.windowTitle(), tr("The file could not be written: {why}").format(why=e))

    def _report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.result_layers.products.report)))

    def _show(self, *_: object) -> None:
        present = self.what.currentIndex() == 0
        pairs = sorted(((c.labelled if present else c.first, c) for c in self.counts), key=lambda pair: -pair[0])
        most = max([n for n, _ in pairs] + [1])
        number = QLocale().toString
        self.chart.show_bars(
            [
                Bar(
                    c.name, n / most, f"{number(n)} · {n / self.mapped:.0%}" if self.mapped else number(n), c.colour,
                    None, n > 0, tr("{name}: {n} cells").format(name=c.name, n=number(n)),
                )
                for n, c in pairs
            ]
        )  # fmt: skip
        if not present:
            words = tr("Of {n} mapped cells.")
        elif self._threshold is None:
            words = tr("Of {n} mapped cells, by the model's own thresholds. Present means: somewhere in the patch.")
        else:
            words = tr("Of {n} mapped cells, from a probability of {t:.0%} on. Present means: somewhere in the patch.")
        self.note.setText(words.format(n=number(self.mapped), t=self._threshold or 0))


def _button(box: QDialogButtonBox, text: str, tip: str, do) -> QPushButton:
    button = box.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.clicked.connect(lambda _=False: do())
    return button
