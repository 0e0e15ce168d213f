"""The zip in the whole QGIS desktop and a clean profile: loads, speaks German, builds its engine from a folder of wheels,
maps, and leaves nothing behind."""

from collections import Counter
from pathlib import Path

from desktop import make_profile, run_desktop


def test_unload_leaves_nothing(tmp_path):
    home = make_profile(tmp_path / "Profil ä", enabled=False)
    told = run_desktop(
        home,
        """
from qgis.core import QgsApplication
from qgis.PyQt.QtWidgets import QDockWidget, QToolBar, QWidget

def count():
    settle(0.5)
    window = iface.mainWindow()
    return {
        "docks": sorted(d.objectName() for d in window.findChildren(QDockWidget)),
        "toolbars": sorted(t.objectName() for t in window.findChildren(QToolBar)),
        "tools": [a.text() for a in iface.pluginToolBar().actions()],
        "menu": [a.text() for a in iface.pluginMenu().actions()],
        "actions of the window": len(window.actions()),
        "providers": sorted(p.id() for p in QgsApplication.processingRegistry().providers()),
        "map tool": type(iface.mapCanvas().mapTool()).__name__,
        "items of the canvas": len(iface.mapCanvas().scene().items()),
        "ours": [str(w) for w in QApplication.allWidgets() if "bigearthnet" in type(w).__module__],
        "top": sorted(f"{w.metaObject().className()} {w.objectName()} {w.windowTitle()}" for w in QApplication.topLevelWidgets()),
    }

qgis.utils.updateAvailablePlugins()
told["before"] = count()
for _ in range(2):
    assert qgis.utils.loadPlugin("bigearthnet_mapper"), "not loaded"
    assert qgis.utils.startPlugin("bigearthnet_mapper"), "not started"
    plugin = qgis.utils.plugins["bigearthnet_mapper"]
    plugin.dock.show()
    told["while"] = count()
    del plugin
    assert qgis.utils.unloadPlugin("bigearthnet_mapper")
told["after"] = count()
""",
    )
    before, during, after = told["before"], told["while"], told["after"]
    assert "BigEarthNetMapper" in during["docks"] and "bigearthnet_mapper" in during["providers"]
    assert len(during["tools"]) == len(before["tools"]) + 1 and during["ours"]
    left = Counter(after.pop("top")) - Counter(before.pop("top"))
    assert not left and after == before, left


def test_a_clean_profile_builds_its_engine_and_maps(tmp_path, wheels, thailand):
    home = make_profile(tmp_path / "Profil mit Blank ü")
    told = run_desktop(
        home,
        f"""
from bigearthnet_mapper.ben_core.job import Job
from bigearthnet_mapper.plugin.engine import commands
from bigearthnet_mapper.plugin.engine.dialog import EngineDialog
from bigearthnet_mapper.plugin.engine.environment import engine_state, find_engine
from bigearthnet_mapper.plugin.engine.process import run_blocking
plugin = qgis.utils.plugins["bigearthnet_mapper"]
modules = set(sys.modules)
told["state before"] = engine_state(plugin.settings)
dialog = EngineDialog(plugin.settings, iface.mainWindow())
dialog.show()
told["title"] = dialog.windowTitle()
dialog.wheels.setFilePath({str(wheels)!r})
dialog.set_up.click()
beats = []
until(lambda: beats.append(fair.now()) or not dialog.busy)
told["longest freeze"] = max(b - a for a, b in zip(beats, beats[1:]))
told["notice"] = dialog.notice.label.text()
told["state after"] = engine_state(plugin.settings)
dialog.reject()
engine = find_engine(plugin.settings)
told["python"] = engine.python
job = {str(tmp_path / "Auftrag.json")!r}
with open(job, "w", encoding="utf-8") as file:
    file.write(Job(scene=({str(thailand)!r},), out={str(tmp_path / "Karte")!r}).to_json())
told["end"] = run_blocking(engine, commands.map_job(job))
plugin.dock.show()
plugin.dock.map_many()
many = plugin.dock.many._dialog
told["many"] = [many.algorithm().id(), many.windowTitle(), many.isVisible()]
plugin.dock.many.close()
settle(0.5)
told["many after"] = plugin.dock.many._dialog is None
told["heavy"] = sorted({{m.split(".")[0] for m in sys.modules}} & {{"torch", "onnxruntime", "rasterio", "geopandas", "shapely"}})
""",
    )
    assert told["state before"] == "missing" and told["state after"] == "ready", told
    assert Path(told["python"]).is_relative_to(home / "profiles" / "default"), told
    assert told["end"]["type"] == "done", told
    assert told["heavy"] == []
    assert told["many"] == ["bigearthnet_mapper:mapmany", "Viele Szenen kartieren", True] and told["many after"]
    assert told["longest freeze"] < 2
    assert told["title"] == "BigEarthNet Mapper: Engine"  # German: the translations are in the zip
    assert list((tmp_path / "Karte").glob("*.gpkg"))
