"""The window "Set up engine", driven as a person does."""

from pathlib import Path

import fair
import pytest
from bigearthnet_mapper.plugin.engine import environment
from bigearthnet_mapper.plugin.engine.dialog import EngineDialog
from bigearthnet_mapper.plugin.engine.doctor import DoctorDialog
from bigearthnet_mapper.plugin.engine.environment import GIVEN, describe_state, find_engine
from person import click, until
from qgis.PyQt.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QMessageBox


@pytest.fixture
def dialog(qtbot, settings, monkeypatch, tmp_path):
    candidates = environment._candidates  # a checkout's own environment, which `make test` makes, is not a user's
    users = lambda s: ((python, kind) for python, kind in candidates(s) if kind != environment.DEVELOPMENT)  # noqa: E731
    monkeypatch.setattr(environment, "_candidates", users)
    monkeypatch.setattr(settings, "save", lambda: None)  # the settings of other tests are theirs
    dialog = EngineDialog(settings)
    qtbot.addWidget(dialog)
    dialog.show()
    yield dialog
    dialog.reject()


def test_a_python_of_the_users_own(qtbot, dialog, engine):
    changes = []
    dialog.engine_changed.connect(lambda: changes.append(1))
    dialog.given.setChecked(True)
    dialog.python.setFilePath(engine.python)
    click(qtbot, dialog.set_up)
    assert dialog.busy and dialog.stop_button.isVisible() and not dialog.set_up.isEnabled()
    until(qtbot, lambda: not dialog.busy)
    found = find_engine(dialog.settings)
    assert found.python == engine.python and found.kind == GIVEN and changes
    assert engine.python in describe_state(dialog.settings)


def test_a_python_without_the_packages_is_not_taken(qtbot, dialog):
    dialog.given.setChecked(True)
    dialog.python.setFilePath("/usr/bin/python3")
    click(qtbot, dialog.set_up)
    until(qtbot, lambda: not dialog.busy)
    assert dialog.settings.engine_python == "" and dialog.notice.isVisible()
    click(qtbot, dialog.notice.copy)
    assert "lacks a package" in QApplication.clipboard().text()


def test_stopped_then_removed(qtbot, dialog, wheels, monkeypatch):
    dialog.wheels.setFilePath(str(wheels))
    click(qtbot, dialog.set_up)
    until(qtbot, lambda: dialog.bar.value() > 10)
    begun = fair.now()
    click(qtbot, dialog.stop_button)
    until(qtbot, lambda: not dialog.busy)
    assert fair.now() - begun < 3
    assert "not finished" in dialog.state.text() and dialog.remove.isEnabled()
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    click(qtbot, dialog.remove)
    assert not Path(dialog.settings.engine_folder).exists() and not dialog.remove.isEnabled()


def test_closing_stops_what_runs(qtbot, dialog, wheels):
    dialog.wheels.setFilePath(str(wheels))
    click(qtbot, dialog.set_up)
    until(qtbot, lambda: dialog.bar.value() > 10)
    installer = dialog.installer
    click(qtbot, dialog.close_button)
    assert not dialog.isVisible() and not installer._process.processId()


def test_everything_has_a_name_and_a_tip(dialog):
    for kind in (QAbstractButton, QComboBox, QLineEdit):
        for widget in dialog.findChildren(kind):
            if not widget.isVisibleTo(dialog) or type(widget).__name__ in ("QToolButton", "QgsGroupBoxCollapseButton"):
                continue  # parts of QGIS's own widgets
            assert widget.toolTip() or (widget.parentWidget() and widget.parentWidget().toolTip()), widget.objectName()
            assert widget.accessibleName() or getattr(widget, "text", str)(), widget


def test_the_check_can_be_copied(qtbot, engine):
    window = DoctorDialog(engine)
    qtbot.addWidget(window)
    window.show()
    until(qtbot, window.copy.isEnabled)
    click(qtbot, window.copy)
    text = QApplication.clipboard().text()
    assert "embedded model" in text and "onnxruntime" in text and engine.python in text
    window.reject()


def test_an_outdated_engine_says_so(dialog, settings):
    folder = Path(settings.engine_folder)
    environment.python_in(folder / "venv").parent.mkdir(parents=True)
    environment.python_in(folder / "venv").touch()
    (folder / environment.MARKER).write_text('{"variant": "cpu", "lock": "older"}')
    assert "update" in describe_state(settings)
