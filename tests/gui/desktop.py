"""The whole QGIS desktop in a fresh profile that holds the zip, driven by a script inside it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Runs inside QGIS: the body writes into ``told``; whatever happens, the answer is written and QGIS ends.
_FRAME = """
import json, os, sys, time, traceback
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QTimer
from qgis.PyQt.QtWidgets import QApplication
from qgis.utils import iface
import qgis.utils
sys.path.insert(0, {here!r})
import fair
told = {{}}

def settle(seconds=0.2):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.005)
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value if hasattr(QEvent.Type.DeferredDelete, "value") else QEvent.Type.DeferredDelete)

def until(condition, seconds=600):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing came of it"
        settle(0.05)

def body():
{body}

def main():
    try:
        body()
    except BaseException:
        told["error"] = traceback.format_exc()
    with open({answer!r}, "w", encoding="utf-8") as file:
        json.dump(told, file)
    os._exit(0)

QTimer.singleShot(500, main)
"""


def make_profile(folder: Path, enabled: bool = True) -> Path:
    """A profile folder with the plugin from ``make zip`` unpacked in it, as QGIS's plugin manager does."""
    subprocess.run([str(ROOT / "tools" / "make-zip.sh")], check=True, capture_output=True)
    profile = folder / "profiles" / "default"
    plugins = profile / "python" / "plugins"
    plugins.mkdir(parents=True)
    with zipfile.ZipFile(ROOT / "dist" / "bigearthnet_mapper.zip") as archive:
        archive.extractall(plugins)
    settings = profile / "QGIS"
    settings.mkdir()
    on = "true" if enabled else "false"
    (settings / "QGIS3.ini").write_text(
        f"[PythonPlugins]\nbigearthnet_mapper={on}\n[locale]\noverrideFlag=true\nuserLocale=de\n", encoding="utf-8"
    )
    return folder


def run_desktop(home: Path, body: str, seconds: float = 900) -> dict:
    """Start QGIS on ``home`` (``make_profile``), run ``body`` in it, return what it told. Raises where QGIS dies."""
    answer, script = home / "answer.json", home / "script.py"
    answer.unlink(missing_ok=True)
    indented = "\n".join("    " + line for line in body.splitlines())
    text = _FRAME.format(body=indented, answer=str(answer), here=str(Path(__file__).parent))
    compile(text, script, "exec")  # QGIS would only show a window
    script.write_text(text, encoding="utf-8")
    (home / "runtime").mkdir(mode=0o700, exist_ok=True)
    environment = {
        **{
            k: v
            for k, v in os.environ.items()
            if k not in ("QT_QPA_PLATFORM", "QGIS_CUSTOM_CONFIG_PATH", "BEN_ENGINE_PYTHON")
        },
        "XDG_RUNTIME_DIR": str(home / "runtime"),
    }
    command = ["qgis", "--nologo", "--noversioncheck", "--profiles-path", str(home), "--code", str(script)]
    if not os.environ.get("DISPLAY"):
        command = ["xvfb-run", "-a", "-s", "-screen 0 1280x900x24", *command]
    assert shutil.which(command[0]), f"{command[0]} is not installed: tools/need-qgis.sh"
    with (home / "qgis.log").open("wb") as log:
        running = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            running.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)  # QGIS and the X server are children of xvfb-run
            raise
    assert answer.exists(), (home / "qgis.log").read_text(errors="replace")[-3000:]
    told = json.loads(answer.read_text(encoding="utf-8"))
    assert "error" not in told, told["error"]
    return told
