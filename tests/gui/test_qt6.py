"""Qt 6: no QGIS on it is to be had here, so what can be checked without one is checked on PyQt6 itself."""

import subprocess
import sys
from pathlib import Path


def test_names_and_modules_on_pyqt6(engine, tmp_path):
    check = Path(__file__).with_name("qt6_check.py")
    command = [sys.executable, str(check), engine.python, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
