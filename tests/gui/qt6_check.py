"""Run by test_qt6.py in a process of its own: the plugin on Qt 6, as far as that goes without a QGIS on Qt 6.

A stand-in for ``qgis.PyQt`` hands out PyQt6 as QGIS 4 does. Each Qt name and each attribute of one (scoped enums) that
the plugin writes is looked up there, and the modules without Qgs classes are imported and run.
"""

import ast
import importlib
import importlib.util
import sys
import types
from pathlib import Path

from PyQt6 import QtCore, QtGui, QtSvg, QtWidgets

ROOT = Path(__file__).resolve().parents[2]
ENGINE = sys.argv[1]

# QGIS's own shim gives these names where Qt 5 had them.
MOVED = ("QAction", "QActionGroup", "QShortcut", "QUndoCommand", "QUndoStack")
for name in MOVED:
    setattr(QtWidgets, name, getattr(QtGui, name))
SHIM = {"QtCore": QtCore, "QtGui": QtGui, "QtWidgets": QtWidgets, "QtSvg": QtSvg}


def resolve(path):
    """Complaints about Qt names and attributes in a file that PyQt6 does not know."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("qgis.PyQt."):
            module = SHIM[node.module.rpartition(".")[2]]
            for alias in node.names:
                if hasattr(module, alias.name):
                    known[alias.asname or alias.name] = getattr(module, alias.name)
                else:
                    yield f"{path}:{node.lineno}: {alias.name} is not in {module.__name__}"
    for node in ast.walk(tree):
        words, at = [], node
        while isinstance(at, ast.Attribute):
            words.insert(0, at.attr)
            at = at.value
        if words and isinstance(at, ast.Name) and at.id in known:
            value = known[at.id]
            for word in words:
                if not hasattr(value, word):
                    yield f"{path}:{node.lineno}: {at.id}.{'.'.join(words)} is not in Qt 6"
                    break
                value = getattr(value, word)


def imports_of(path):
    return {
        node.module or ""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and not node.level
    }


files = sorted((ROOT / "plugin").rglob("*.py"))
complaints = [c for path in files for c in resolve(path)]
if complaints:
    sys.exit("\n".join(complaints))

qgis = types.ModuleType("qgis")
qgis.PyQt = types.ModuleType("qgis.PyQt")
sys.modules.update({"qgis": qgis, "qgis.PyQt": qgis.PyQt, **{f"qgis.PyQt.{n}": m for n, m in SHIM.items()}})
spec = importlib.util.spec_from_file_location("mapper", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
sys.modules["mapper"] = importlib.util.module_from_spec(spec)
app = QtWidgets.QApplication([])

loaded = 0
for path in files:
    if not imports_of(path) & {"qgis.core", "qgis.gui", "qgis.utils"} and path.name != "launcher.py":
        name = ".".join(("mapper", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
        try:
            importlib.import_module(name)
            loaded += 1
        except ModuleNotFoundError as e:
            if not str(e.name).startswith("qgis."):  # a neighbour of it needs Qgs classes
                raise

from mapper.plugin.engine.doctor import DoctorDialog  # noqa: E402
from mapper.plugin.engine.environment import Engine  # noqa: E402
from mapper.plugin.engine.install import Installer  # noqa: E402
from mapper.plugin.engine.process import run_blocking  # noqa: E402

assert run_blocking(Engine(ENGINE), ["doctor", "--json"])["result"]["ok"] is True
assert run_blocking(Engine("/nowhere/python"), ["doctor"])["code"] == "start"
dialog = DoctorDialog(Engine(ENGINE))
dialog.show()
loop = QtCore.QEventLoop()
dialog._process.finished.connect(loop.quit)
loop.exec()
app.processEvents()
assert dialog.copy.isEnabled() and "embedded model" in dialog.report
dialog.reject()
ends = []
installer = Installer(sys.argv[2], "cpu", None)
installer.finished.connect(ends.append)
installer.start()
assert ends[0]["code"] == "no-python"
print(f"{len(files)} files name only what Qt {QtCore.qVersion()} knows; {loaded} ran on it")
