"""Fixtures of the plugin's tests: a real QGIS (pytest-qgis), the plugin loaded as QGIS loads it, a real engine."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
ROOT = Path(__file__).resolve().parents[2]
# Debian's wrapper of 3.22 is broken: the program itself comes first.
PROCESS = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
PACKAGE = "bigearthnet_mapper"
DATA = Path(os.environ.get("BEN_DATA") or ROOT.parent / "shared" / "data")
THAILAND = "scenes/major_tom_T48QUE_thailand_2020-02-23"


def _load_plugin() -> None:
    """Import the checkout as the package ``bigearthnet_mapper``, as QGIS does with the folder of that name."""
    spec = importlib.util.spec_from_file_location(PACKAGE, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


_load_plugin()


@pytest.fixture(scope="session")
def ben_data():
    """The folder of real data; a test that needs it is skipped where it is missing."""
    if not DATA.is_dir():
        pytest.skip(f"real data: no folder {DATA} (set BEN_DATA)")
    return DATA


@pytest.fixture(scope="session")
def thailand(ben_data):
    """A real scene, 1068 px: a folder of band files."""
    return ben_data / THAILAND


@pytest.fixture(scope="session")
def india(ben_data):
    """(A scene of Sentinel-2, two passes of Sentinel-1) of the same place."""
    root = ben_data / "scenes" / "ssl4eo_s12_0000200"
    return min((root / "s2a" / "0000200").iterdir()), sorted((root / "s1" / "0000200").iterdir())


@pytest.fixture
def corner(thailand, tmp_path):
    """``corner(name, size)``: a small scene of its own, the real one's first ``size`` pixels, as band files in a folder."""
    from osgeo import gdal
    from person import BANDS

    def cut(name, size=360):
        folder = tmp_path / "scenes" / name
        folder.mkdir(parents=True)
        for band in BANDS:
            gdal.Translate(str(folder / f"{band}.tif"), str(thailand / f"{band}.tif"), srcWin=[0, 0, size, size])
        return folder

    return cut


@pytest.fixture
def settings(qgis_app, tmp_path):
    """Fresh settings with a folder of their own."""
    from bigearthnet_mapper.plugin.settings import Settings

    return Settings(engine_root=str(tmp_path / "engine root"))


@pytest.fixture(scope="session")
def engine():
    """An engine with all packages: BEN_ENGINE_PYTHON, or the checkout's .venv."""
    from bigearthnet_mapper.plugin.engine.environment import Engine, python_in

    python = os.environ.get("BEN_ENGINE_PYTHON") or str(python_in(ROOT / ".venv"))
    if not Path(python).is_file():
        pytest.fail("No engine to test with: run `make test`, or name a Python in BEN_ENGINE_PYTHON.")
    return Engine(python)


@pytest.fixture(scope="session")
def wheels():
    """A folder with every wheel of the CPU engine for a Python of this computer, fetched once into build/."""
    from bigearthnet_mapper.plugin.engine.choose import find_builder
    from bigearthnet_mapper.plugin.engine.environment import lock_file, lock_hash

    builder = find_builder(wheels="offline")
    if builder is None or builder.kind != "venv":
        pytest.fail("A Python >= 3.11 with venv is needed to fetch wheels for.")
    folder = ROOT / "build" / "wheels" / f"{Path(builder.program).name}-{lock_hash('cpu')[:12]}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="half-") as half:
            whole = os.path.join(half, "wheels")
            fetch = ["-m", "pip", "download", "--quiet", "--require-hashes", "--only-binary=:all:", "--dest", whole]
            subprocess.run([builder.program, "-I", *fetch, "-r", str(lock_file("cpu"))], check=True)
            try:
                os.rename(whole, folder)
            except OSError:
                if not folder.exists():  # else another process of the same test run was faster
                    raise
    return folder


@pytest.fixture
def panel(qgis_new_project, qtbot, engine, tmp_path, monkeypatch):
    """The dock's content on an empty project, with settings and a store of models of its own."""
    from bigearthnet_mapper.plugin.dock.panel import Panel
    from bigearthnet_mapper.plugin.settings import Settings
    from qgis.core import QgsProject
    from qgis.gui import QgsMapCanvas

    monkeypatch.setenv("BEN_ENGINE_PYTHON", engine.python)
    monkeypatch.setenv("BEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Settings, "save", lambda self: None)
    canvas = QgsMapCanvas()
    qtbot.addWidget(canvas)
    made = Panel(QgsProject.instance(), canvas, Settings(output=str(tmp_path / "maps of mine")), lambda: None)
    qtbot.addWidget(made)
    made.resize(380, 900)
    made.show()
    yield made
    made.stop()


@pytest.fixture
def provider(qgis_app, engine, monkeypatch):
    monkeypatch.setenv("BEN_ENGINE_PYTHON", engine.python)
    from bigearthnet_mapper.plugin.processing import Provider
    from qgis.core import QgsApplication

    provider = Provider()
    assert QgsApplication.processingRegistry().addProvider(provider)
    yield provider
    QgsApplication.processingRegistry().removeProvider(provider)


@pytest.fixture
def run(provider):
    """``run(name, parameters, feedback)`` -> results; raises where QGIS would show an error."""
    from qgis.core import QgsProcessingContext, QgsProcessingException, QgsProject
    from toolbox import Heard

    def run(name, parameters, feedback=None):
        algorithm = provider.algorithm(name).create()
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        fine, words = algorithm.checkParameterValues(parameters, context)
        if not fine:
            raise QgsProcessingException(words)
        run.context = context
        feedback = feedback or Heard()
        results, fine = algorithm.run(parameters, context, feedback, {}, False)
        if not fine:  # QGIS has caught it in prepareAlgorithm
            raise QgsProcessingException("; ".join(feedback.errors))
        return results

    return run


@pytest.fixture(scope="session")
def qgis_process(engine, tmp_path_factory):
    """``qgis_process`` with the plugin in a profile of its own; a run's JSON."""
    if PROCESS is None:
        pytest.fail("qgis_process is not installed (Debian: qgis)")
    folder = tmp_path_factory.mktemp("profile")
    (folder / "plugins").mkdir()
    (folder / "plugins" / "bigearthnet_mapper").symlink_to(ROOT, target_is_directory=True)
    (folder / "runtime").mkdir(mode=0o700)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_PLUGINPATH": str(folder / "plugins"),
        "QGIS_CUSTOM_CONFIG_PATH": str(folder / "profile"),
        "XDG_RUNTIME_DIR": str(folder / "runtime"),
        "BEN_ENGINE_PYTHON": engine.python,
    }

    def call(*words, check=True):
        found = subprocess.run(
            [PROCESS, *map(str, words)], capture_output=True, text=True, timeout=600, env=environment
        )  # fmt: skip
        assert found.returncode == 0 or not check, found.stdout + found.stderr
        return found

    call("plugins", "enable", "bigearthnet_mapper")
    return call


_STATUS = 0


def pytest_sessionfinish(session, exitstatus):
    global _STATUS
    _STATUS = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    """Leave without the interpreter's own end: after hundreds of widgets QGIS's destructors, called in no order there,
    may crash. How QGIS itself closes with the plugin is tested in a process of its own (test_desktop.py).

    A worker of pytest-xdist has told all its results by now; the process that they are told to holds no QGIS.
    """
    from qgis.core import QgsApplication

    if QgsApplication.instance() is None:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_STATUS)
