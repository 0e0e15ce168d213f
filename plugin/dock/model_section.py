"""Which model: the embedded one, a published one (fetched here), or a file of the user; what it needs and claims."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from qgis.PyQt.QtCore import QSignalBlocker, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QProgressBar,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ..engine.commands import EVENTS, model_info
from ..engine.environment import Engine
from ..engine.process import EngineProcess
from ..i18n import tr
from . import model_card
from .adapt_box import AdaptBox
from .looks import BAD, MUTED, WARN, Words, escape, theme_icon, tool_button
from .words import in_panel_words

_OWN = "\0own"  # not a name: opens a file dialog
_EMBEDDED = "/mActionAddBasicShape.svg"


class ModelSection(QWidget):
    """``changed`` when another model is meant, or one has arrived; ``known`` when the card of it was read; ``listed``
    when it is known which models there are."""

    changed = pyqtSignal()
    listed = pyqtSignal()
    known = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._engine: Optional[Engine] = None
        self._rows: Dict[str, Mapping[str, Any]] = {}
        self._files: List[str] = []
        self._card: Optional[Mapping[str, Any]] = None
        self._fetching: Optional[EngineProcess] = None
        self._listing: Optional[EngineProcess] = None
        self._reading: Optional[EngineProcess] = None
        self.combo = QComboBox()
        self.combo.setObjectName("model")
        self.combo.setAccessibleName(tr("Model"))
        self.combo.setToolTip(
            tr("The network that recognises the classes. Published models are fetched once; embedded ones are demos.")
        )
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(12)
        self.combo.activated.connect(self._choose)
        self.about_button = tool_button("aboutModel", "/mActionPropertiesWidget.svg", tr("About this model"))
        self.about_button.setToolTip(tr("The model's card: bands, classes, scores, licence, origin"))
        self.about_button.clicked.connect(self._about)
        self.fetch_button = tool_button("fetchModel", "/mActionRefresh.svg", tr("Fetch this model"))
        self.fetch_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fetch_button.clicked.connect(self._fetch_or_stop)
        self.fetch_button.hide()
        self.bar = QProgressBar()
        self.bar.setAccessibleName(tr("Progress of fetching"))
        self.bar.setToolTip(tr("How much of the model is here"))
        self.bar.setMaximumHeight(14)
        self.bar.hide()
        self.summary = Words("modelSummary")
        self.message = Words("modelMessage")
        self.adapting = AdaptBox()
        self.adapting.changed.connect(self.changed)
        row = QHBoxLayout()
        row.setSpacing(3)
        row.addWidget(self.combo, 1)
        row.addWidget(self.about_button)
        fetch = QHBoxLayout()
        fetch.addWidget(self.fetch_button)
        fetch.addWidget(self.bar, 1)
        fetch.addStretch(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(row)
        layout.addWidget(self.summary)
        layout.addLayout(fetch)
        layout.addWidget(self.message)
        layout.addWidget(self.adapting)
        self._fill()

    # -- what is chosen -----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return str(self.combo.currentData() or "embedded")

    @property
    def here(self) -> bool:
        """Whether the model is on this machine."""
        row = self._rows.get(self.name)
        return row is None or row["state"] == "here"

    def values(self) -> Dict[str, Any]:
        return {"model": self.name}

    def adaptation(self) -> Dict[str, Any]:
        """Fields of ``Extras``. Raises JobError."""
        return self.adapting.values()

    def spares(self) -> List[str]:
        """Published models that are here and may stand in for one that reads both sensors."""
        return [n for n, row in self._rows.items() if row["state"] == "here" and row["bands"] in ("s1", "s2")]

    def wanted(self) -> List[Mapping[str, Any]]:
        """The bands of the model, where its card is known."""
        return list(self._card["bands"]) if self._card else []

    @property
    def reads_radar(self) -> Tuple[bool, bool]:
        """Whether Sentinel-1 is of use to the model, and whether it cannot do without; for a choice among models, and
        where nothing is known yet: of use."""
        if self._chooses:
            return True, False
        if self._card is not None:
            radars = [b for b in self._card["bands"] if b["sensor"] == "sentinel-1"]
            return bool(radars), any(b["fill"] is None for b in radars)
        row = self._rows.get(self.name)
        wants = row is not None and row["bands"] in ("s1", "all")
        return row is None or wants, wants

    @property
    def _chooses(self) -> bool:
        """Whether the engine takes the model that fits the scene."""
        return self.name in ("embedded", "auto")

    def list_models(self, engine: Engine) -> None:
        """Ask the engine for the published models, in the background."""
        self._engine = engine
        self.message.say("")  # it was about the engine that was there before
        self._listing = EngineProcess(engine, ["models", "list", "--json"], self)
        self._listing.finished.connect(self._listed)
        self._listing.start()
        self._ask_card()

    def stop(self) -> None:
        for process in (self._fetching, self._listing, self._reading):
            if process is not None:
                process.stop()

    def show_card(self, card: Mapping[str, Any]) -> None:
        """What ``ben info --json`` says of the model that was chosen."""
        self._card = card
        self.summary.say(escape(model_card.short(card)), MUTED)
        self.summary.setToolTip("\n".join(card["warnings"]))

    # -- list and choice ----------------------------------------------------------------------------

    def _fill(self) -> None:
        before = self.name
        with QSignalBlocker(self.combo):
            self.combo.clear()
            self._add(tr("Embedded demonstration model"), "embedded", _EMBEDDED)
            self._add(tr("Best published model here that fits"), "auto", "/mIconSuccess.svg")
            for path in self._files:
                self._add(path.replace("\\", "/").rpartition("/")[2], path, "/mIconFile.svg")
            rows = [r for r in self._rows.values() if r["state"] != "import"]
            for row in sorted(rows, key=_rank):
                here = row["state"] == "here"
                text = row["name"] if here else f"{row['name']} ({row['size']})"
                image = _EMBEDDED if row["family"] == "embedded" else "/mIconSuccess.svg"
                self._add(text, row["name"], image if here else "/mActionRefresh.svg")
                self.combo.setItemData(
                    self.combo.count() - 1, model_card.short_of_row(row), Qt.ItemDataRole.ToolTipRole
                )
            self._add(tr("Model file of your own …"), _OWN, "/mActionFileOpen.svg")
            self.combo.setCurrentIndex(max(self.combo.findData(before), 0))

    def _add(self, text: str, name: str, image: str) -> None:
        self.combo.addItem(theme_icon(image), text, name)

    def _listed(self, final: Dict[str, Any]) -> None:
        assert self._listing is not None
        self._listing.forget_log()
        self._listing.deleteLater()
        self._listing = None
        if final["type"] == "done":
            self._rows = {row["name"]: row for row in final["result"]}
            self._fill()
            self.listed.emit()
        else:
            self.message.say(tr("Published models cannot be listed: {why}").format(why=escape(final["message"])), WARN)

    def _choose(self, *_: object) -> None:
        if self.combo.currentData() == _OWN:
            path, _kind = QFileDialog.getOpenFileName(
                self, tr("A model card, or an ONNX file with its card"), "", tr("Models") + " (*.json *.onnx)"
            )
            if path and path not in self._files:
                self._files.append(path)
            self._fill()
            self.combo.setCurrentIndex(max(self.combo.findData(path), 0))
        self._card = None
        self.summary.say("")
        self.message.say("")
        row = self._rows.get(self.name)
        self.fetch_button.setVisible(not self.here)
        if row is not None and not self.here:
            self.fetch_button.setText(tr("Fetch {size}").format(size=row["size"]))
            self.fetch_button.setToolTip(tr("Download {name}, check and convert it").format(name=row["name"]))
            self.summary.say(escape(model_card.short_of_row(row)), MUTED)
        self._ask_card()
        self.changed.emit()

    def _ask_card(self) -> None:
        """The card by itself: bands are known before a scene is, and where a scene cannot be opened."""
        if self._reading is not None:
            self._reading.cancel()  # the answer that is meant is the next one's
        if self._engine is None or not self.here or self.name == "auto":
            return
        process = EngineProcess(self._engine, model_info(self.name), self)
        process.finished.connect(lambda final: self._read_card(process, final))
        self._reading = process
        process.start()

    def _read_card(self, process: EngineProcess, final: Dict[str, Any]) -> None:
        process.forget_log()
        process.deleteLater()
        if process is not self._reading:
            return
        self._reading = None
        if final["type"] == "done":
            self.show_card(final["result"]["facts"]["model"])
            self.known.emit()
        elif final["type"] == "error":
            self.message.say(escape(in_panel_words(f"{final['message']} {final['hint']}")), BAD)

    # -- fetch --------------------------------------------------------------------------------------

    def _fetch_or_stop(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            return
        if self._engine is None:
            return
        self._fetching = EngineProcess(self._engine, ["models", "fetch", self.name, *EVENTS], self)
        self._fetching.happened.connect(self._on_event)
        self._fetching.finished.connect(self._fetched)
        self.bar.setRange(0, 0)
        self.bar.show()
        self.combo.setEnabled(False)
        self.fetch_button.setText(tr("Cancel"))
        self.message.say("")
        self._fetching.start()

    def _on_event(self, event: Dict[str, Any]) -> None:
        if event["type"] == "progress":
            self.bar.setRange(0, int(event["total"]))
            self.bar.setValue(int(event["done"]))
            self.bar.setFormat(f"%v / %m {event['unit']}")
        elif event["type"] in ("step", "warning"):
            self.message.say(escape(event.get("text") or event.get("message", "")))

    def _fetched(self, final: Dict[str, Any]) -> None:
        assert self._fetching is not None
        self._fetching.forget_log()
        self._fetching.deleteLater()
        self._fetching = None
        self.bar.hide()
        self.combo.setEnabled(True)
        if final["type"] == "done":
            self._rows[self.name] = {**self._rows[self.name], "state": "here"}
            self._fill()
            self._choose()
        else:
            self._choose()
            hint = final.get("hint", "")
            self.message.say(escape(f"{final['message']} {hint}".strip()), BAD if final["type"] == "error" else "")

    def _about(self) -> None:
        row = self._rows.get(self.name)
        text = model_card.page(self._card) if self._card else model_card.page_of_row(row) if row else ""
        dialog = QDialog(self)
        dialog.setWindowTitle(tr("About this model"))
        browser = QTextBrowser()
        browser.setOpenExternalLinks(True)
        browser.setHtml(text or escape(tr("Nothing is known about this model yet.")))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(dialog.reject)
        layout = QVBoxLayout(dialog)
        layout.addWidget(browser)
        layout.addWidget(buttons)
        dialog.resize(520, 560)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()


def _rank(row: Mapping[str, Any]) -> Tuple[bool, bool, bool]:
    """What is here comes first, what was fetched or imported before what is embedded; then what reads Sentinel-2."""
    return row["state"] != "here", row["family"] == "embedded", row["bands"] != "s2"
