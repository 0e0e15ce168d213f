"""Laws of the plugin: what it imports, Python 3.9, Qt 5 and Qt 6, words that are translated, metadata that is true."""

import ast
import configparser
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "__init__.py", *sorted((ROOT / "plugin").rglob("*.py"))]
CONTRACT = {"job", "events", "errors", "nomenclature", "version"}
HEAVY = {"torch", "onnxruntime", "rasterio", "geopandas", "shapely", "pandas", "scipy", "PyQt5", "PyQt6", "PySide6"}

sys.path.insert(0, str(ROOT / "tools"))
import translations  # noqa: E402

name_of = pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())


def imported(path):
    """Absolute names of the modules that a file imports; ours begin with "plugin" or "ben_core"."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            if node.module:
                yield ".".join([*base, node.module])
            else:
                yield from (".".join([*base, a.name]) for a in node.names)


@name_of
def test_imports(path):
    if path.name == "launcher.py":
        return  # it runs in the engine's Python
    for module in imported(path):
        parts = module.split(".")
        assert parts[0] not in HEAVY, f"{path.name} imports {module}"
        if parts[0] == "ben_core":
            assert len(parts) == 2 and parts[1] in CONTRACT, f"{path.name} imports {module}"


@name_of
def test_python_3_9_syntax(path):
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(node, ast.Match), "3.10"


def flake8(*words):
    command = [sys.executable, "-m", "flake8", "--isolated", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_qt6_by_flake8_qgis():
    """Scoped enums, qgis.PyQt, no names that Qt 6 dropped (QGS4). QGS402 (imports that moved) is wrong about qgis.PyQt."""
    wanted = "--select=QGS101,QGS102,QGS103,QGS104,QGS106,QGS4"
    flake8(wanted, "--ignore=QGS402", "__init__.py", "plugin")


def test_no_dead_names():
    flake8("--select=F", "__init__.py", "plugin", "tests/gui")


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("ts", sorted(translations.FOLDER.glob("*.ts")), ids=lambda p: p.stem)
def test_every_word_is_translated(ts, qgis_app):
    from qgis.PyQt.QtCore import QCoreApplication, QTranslator

    sources, known = translations.literals(), translations.translated(ts)
    assert not sorted(set(sources) - set(known)), "run tools/translations.py and translate these"
    assert not sorted(set(known) - set(sources)), "run tools/translations.py: these are said no more"
    compiled = QTranslator()
    assert compiled.load(str(ts.with_suffix(".qm")))
    QCoreApplication.installTranslator(compiled)
    try:  # not compiled.translate: PyQt5's takes ASCII only
        for source, word in known.items():
            assert fields(source) == fields(word), source
            said = QCoreApplication.translate(translations.CONTEXT, source)
            assert re.findall(r"</?\w+>", source) == re.findall(r"</?\w+>", word), source
            assert said == word, "run tools/translations.py: the .qm is old"
    finally:
        QCoreApplication.removeTranslator(compiled)


def test_metadata():
    from bigearthnet_mapper.ben_core.version import __version__

    parser = configparser.ConfigParser()
    parser.read(ROOT / "metadata.txt", encoding="utf-8")
    general = parser["general"]
    for name in ("name", "description", "about", "version", "author", "email", "repository", "tracker", "homepage"):
        assert general[name].strip(), name
    assert general["version"] == __version__
    assert general["qgisMinimumVersion"] == "3.22" and general["qgisMaximumVersion"] == "4.99"
    assert general.getboolean("supportsQt6") and general.getboolean("hasProcessingProvider")
    assert (ROOT / general["icon"]).is_file()


def test_settings_come_back(qgis_app):
    from bigearthnet_mapper.plugin.settings import Settings
    from qgis.core import QgsSettings

    Settings(engine_root="C:/Öl & Gas", wheels="/räder").save()
    assert Settings.load() == Settings(engine_root="C:/Öl & Gas", wheels="/räder")
    Settings().save()
    assert Settings.load() == Settings()
    assert not [k for k in QgsSettings().allKeys() if k.startswith("bigearthnet_mapper/engine")]


def test_proxies_of_qgis(qgis_app):
    from bigearthnet_mapper.plugin.settings import Settings
    from qgis.core import QgsSettings

    stored = QgsSettings()
    given = {
        "Enabled": True,
        "Type": "HttpProxy",
        "Host": "proxy.firma.de",
        "Port": "3128",
        "User": "ä b",
        "Password": "p@ss:1",
    }
    try:
        assert Settings().proxies() == {}
        for name, value in given.items():
            stored.setValue("proxy/proxy" + name, value)
        assert Settings().proxies()["HTTPS_PROXY"] == "http://%C3%A4%20b:p%40ss%3A1@proxy.firma.de:3128"
        stored.setValue("proxy/proxyType", "Socks5Proxy")
        assert Settings().proxies()["all_proxy"].startswith("socks5://")
    finally:
        for name in given:
            stored.remove("proxy/proxy" + name)
