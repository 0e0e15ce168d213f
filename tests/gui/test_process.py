"""The process seam, on the real engine: events, one end, cancel, a killed worker, no pollution by QGIS's environment."""

import os
import signal
import sys
import time

import fair
import pytest
from bigearthnet_mapper.ben_core.job import Job
from bigearthnet_mapper.plugin.engine import commands
from bigearthnet_mapper.plugin.engine.environment import Engine, clean_environment
from bigearthnet_mapper.plugin.engine.process import CANCEL_KILL, EngineProcess, run_blocking
from person import until


@pytest.fixture
def job_file(thailand, tmp_path):
    """A job that takes some seconds on any machine: the scene at a small stride, with one thread."""
    path = tmp_path / "Auftrag ä ß.json"
    job = Job(scene=(str(thailand),), out=str(tmp_path / "Karten 1"), stride=30, threads=1)
    path.write_text(job.to_json(), "utf-8")
    return str(path)


@pytest.fixture
def process(engine, job_file, qgis_app):
    process = EngineProcess(engine, commands.map_job(job_file))
    process.events, process.ends = [], []
    process.happened.connect(process.events.append)
    process.finished.connect(process.ends.append)
    yield process
    process.stop()
    process.forget_log()


def test_a_run_tells_events_and_ends_once(qtbot, process, tmp_path):
    process.start()
    until(qtbot, lambda: process.ends)
    qtbot.wait(300)
    assert [e["type"] for e in process.ends] == ["done"], process.ends
    kinds = {e["type"] for e in process.events}
    assert {"started", "step", "progress", "output"} <= kinds
    assert any((tmp_path / "Karten 1").glob("*.gpkg"))


def test_cancel_ends_the_worker_in_two_seconds_and_the_run_resumes(qtbot, process, engine, job_file):
    process.start()
    until(qtbot, lambda: any(e["type"] == "progress" for e in process.events))
    begun = fair.now()
    process.cancel()
    killer = process._killer
    assert killer.isActive() and killer.isSingleShot() and killer.interval() == CANCEL_KILL < 1800
    process.cancel()  # a second press changes nothing
    until(qtbot, lambda: process.ends)
    assert fair.now() - begun < 2 and not killer.isActive()
    assert [e["type"] for e in process.ends] == ["cancelled"]
    assert not process.running
    assert run_blocking(engine, commands.map_job(job_file))["type"] == "done"


def test_cancel_before_the_engine_is_up(qtbot, process):
    process.start()
    qtbot.wait(30)
    process.cancel()
    until(qtbot, lambda: process.ends)
    assert [e["type"] for e in process.ends] == ["cancelled"]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP there")
def test_a_worker_that_hears_no_signal_is_killed_in_two_seconds(qtbot, process):
    process.start()
    until(qtbot, lambda: any(e["type"] == "progress" for e in process.events))
    os.kill(process.pid, signal.SIGSTOP)  # as deaf as one whose library never comes back
    begun, fairly = time.monotonic(), fair.now()
    process.cancel()
    until(qtbot, lambda: process.ends)
    assert time.monotonic() - begun > 0.9 * CANCEL_KILL / 1000, "it was not the killer"
    assert fair.now() - fairly < 2 and [e["type"] for e in process.ends] == ["cancelled"]


def test_a_killed_worker_is_an_error_with_a_remedy(qtbot, process):
    process.start()
    until(qtbot, lambda: any(e["type"] == "progress" for e in process.events))
    os.kill(process.pid, signal.SIGKILL)
    until(qtbot, lambda: process.ends)
    (end,) = process.ends
    assert end["type"] == "error" and end["code"] == "crashed"
    assert "died" in end["message"] and "memory" in end["hint"]


def test_a_wrong_job_comes_back_in_the_engines_words(engine, tmp_path, qgis_app):
    path = tmp_path / "job.json"
    path.write_text(Job(scene=(str(tmp_path / "none.tif"),), out=str(tmp_path)).to_json())
    end = run_blocking(engine, commands.map_job(str(path)))
    assert end["type"] == "error" and "none.tif" in end["message"]


def test_a_command_without_events_answers_json(engine, thailand, tmp_path, qgis_app):
    end = run_blocking(engine, commands.info(Job(scene=(str(thailand),), out=str(tmp_path))))
    assert end["type"] == "done" and end["result"]["CRS"] == "EPSG:32648"


def test_a_command_that_fails_without_events_says_why(engine, tmp_path, qgis_app):
    end = run_blocking(engine, ["info", "--json", str(tmp_path / "no such scene.SAFE")])
    assert end["type"] == "error" and "no such scene.SAFE" in end["message"], end
    assert not end["message"].startswith("ben:")


def test_a_python_that_is_not_there(tmp_path, qgis_app):
    end = run_blocking(Engine(str(tmp_path / "python")), ["doctor", "--json"])
    assert end["type"] == "error" and end["code"] == "start" and "Set up" in end["hint"]


def test_a_python_without_the_packages_says_what_is_missing(qgis_app):
    end = run_blocking(Engine(sys.executable), ["info", "--json", "embedded"])
    assert end["type"] == "error" and end["hint"] + end["message"]


def test_an_engine_that_says_nothing_is_an_error_with_a_remedy(engine, qgis_app):
    end = run_blocking(Program(engine.python), ["raise SystemExit(3)"])
    assert end["type"] == "error" and "without an answer" in end["message"] and "Set up" in end["hint"]


class Program(Engine):
    """Its worker is a program that is given in place of a command."""

    def command(self, arguments):
        return [self.python, "-c", *arguments]


def test_a_flood_on_stderr_does_not_stop_the_worker(engine, qgis_app):
    noisy = "import sys, json\nsys.stderr.write('x' * 5_000_000)\nprint(json.dumps({'ok': True}))\n"
    assert run_blocking(Program(engine.python), [noisy])["result"] == {"ok": True}


def test_a_cancel_is_soon_heard_where_a_thread_waits(engine, qgis_app):
    """Asked for ten times a second; here for ten times in twenty, however busy the machine is."""
    asked = []
    end = run_blocking(
        Program(engine.python),
        ["import time; time.sleep(20)"],
        is_cancelled=lambda: bool(asked.append(1) or len(asked) > 10),
    )
    assert end["type"] == "cancelled"


def test_the_hosts_gdal_and_python_stay_outside(engine, monkeypatch, qgis_app):
    for name in ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "PYTHONHOME", "PYTHONPATH", "LD_PRELOAD", "QT_PLUGIN_PATH"):
        monkeypatch.setenv(name, "/nowhere")
    end = run_blocking(engine, commands.doctor())
    assert end["type"] == "done" and end["result"]["ok"] is True


def test_clean_environment_keeps_the_rest():
    assert clean_environment({"PATH": "p", "HOME": "h", "QGIS_PREFIX_PATH": "q", "proj_lib": "x"}) == {
        "PATH": "p",
        "HOME": "h",
        "PYTHONUTF8": "1",
        "PYTHONNOUSERSITE": "1",
    }
