"""Set up engine: made offline from a folder of wheels with venv and with uv, in a folder with blanks and umlauts; stopped,
resumed, outdated, removed; and what goes wrong, in words."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import fair
import pytest
from bigearthnet_mapper.plugin.engine import choose, environment, failures
from bigearthnet_mapper.plugin.engine.choose import Builder, find_builder
from bigearthnet_mapper.plugin.engine.environment import HALF_MADE, MISSING, OUTDATED, READY, own_state, python_in
from bigearthnet_mapper.plugin.engine.install import Installer, remove_engine
from bigearthnet_mapper.plugin.engine.process import run_blocking
from person import LONG


@pytest.fixture
def home(tmp_path):
    return tmp_path / "Müller & Søn" / "QGIS profil ü"


@pytest.fixture
def install(qtbot, qgis_app, home):
    """Run an installer to its end; its ``ends``, ``steps`` and ``lines``."""
    made = []

    def run(variant="cpu", builder=None, wheels="", until=None, **more):
        installer = Installer(str(home / "bigearthnet_mapper_engine"), variant, builder, str(wheels), **more)
        installer.ends, installer.steps, installer.lines = [], [], []
        installer.finished.connect(installer.ends.append)
        installer.progress.connect(lambda text, percent: installer.steps.append((text, percent)))
        installer.line.connect(installer.lines.append)
        made.append(installer)
        installer.start()
        qtbot.waitUntil(lambda: bool(installer.ends) or bool(until and until(installer)), timeout=LONG)
        return installer

    yield run
    for installer in made:
        installer.stop()


@pytest.fixture
def builder(request):
    if request.param == "uv":
        uv = Path(sys.executable).with_name("uv")
        if not uv.exists():
            pytest.skip("uv is not installed beside this Python")
        return Builder("uv", str(uv))
    found = find_builder(wheels="offline")
    assert found and found.kind == "venv", "a Python >= 3.11 with venv is needed"
    return found


@pytest.mark.parametrize("builder", ["venv", "uv"], indirect=True)
def test_made_offline_with_blanks_and_umlauts(install, builder, wheels, home, tmp_path, settings, monkeypatch):
    """Stopped while it installs, resumed, used, outdated by an upgrade, removed."""
    monkeypatch.delenv("BEN_ENGINE_PYTHON", raising=False)
    settings.engine_root = str(home)
    folder = home / "bigearthnet_mapper_engine"
    there = tmp_path / "Räder vom Kollegen"
    there.symlink_to(wheels)
    assert own_state(folder) == MISSING

    first = install(builder=builder, wheels=there, until=lambda i: any("Installing" in text for text, _ in i.steps))
    begun = fair.now()
    first.cancel()
    first._process.waitForFinished(60_000)
    assert [e["type"] for e in first.ends] == ["cancelled"] and fair.now() - begun < 2
    assert own_state(folder) == HALF_MADE
    with monkeypatch.context() as here:
        here.setattr(environment, "ROOT", tmp_path)  # a checkout's .venv must not answer
        assert environment.find_engine(settings) is None

    second = install(builder=builder, wheels=there)
    assert [e["type"] for e in second.ends] == ["done"], second.ends
    assert own_state(folder) == READY
    assert {p.name for p in folder.iterdir()} == {"venv", "engine.json"}
    percents = [percent for _, percent in second.steps if percent >= 0]
    assert builder.kind == "uv" or (percents == sorted(percents) and len(percents) > 15 and percents[-1] > 80)

    engine = environment.find_engine(settings)
    assert engine.python == str(python_in(folder / "venv")) and engine.kind == environment.OWN
    answer = run_blocking(engine, ["doctor", "--json"])
    assert answer["result"]["ok"] is True
    assert answer["result"]["system"]["Python"].endswith(f"({folder / 'venv' / 'bin' / 'python'})")

    marker = json.loads((folder / "engine.json").read_text())
    (folder / "engine.json").write_text(json.dumps({**marker, "lock": "of another version"}))
    assert own_state(folder) == OUTDATED

    remove_engine(str(folder))
    assert list(home.iterdir()) == [] and own_state(folder) == MISSING


def test_two_windows_do_not_build_in_one_folder(install, wheels):
    first = install(builder=find_builder(wheels="offline"), wheels=wheels, until=lambda i: i.steps)
    second = install(builder=find_builder(wheels="offline"), wheels=wheels)
    assert second.ends[0]["code"] == "busy" and not first.ends
    first.stop()


def test_a_changed_wheel_is_refused(install, wheels, tmp_path):
    spoilt = tmp_path / "spoilt"
    shutil.copytree(wheels, spoilt)
    with next(spoilt.glob("affine*.whl")).open("ab") as file:
        file.write(b"one byte more")
    end = install(builder=find_builder(wheels="offline"), wheels=spoilt).ends[0]
    assert end["code"] == "hash" and "hash" in end["message"] and "affine" in end["log"]


def test_a_missing_wheel_is_named(install, wheels, tmp_path):
    poor = tmp_path / "poor"
    shutil.copytree(wheels, poor)
    next(poor.glob("tqdm*.whl")).unlink()
    end = install(builder=find_builder(wheels="offline"), wheels=poor).ends[0]
    assert end["code"] == "wheel" and "tqdm" in end["log"] and "folder of wheels" in end["hint"]


def test_no_python_is_said_with_the_remedy(install):
    end = install(builder=None).ends[0]
    assert end["code"] == "no-python" and "uv" in end["hint"]


def test_no_network(install):
    dead = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    dead.update(
        PIP_INDEX_URL="https://example.org/simple", PIP_CONFIG_FILE=os.devnull, PIP_RETRIES="1", PIP_FIND_LINKS=""
    )
    dead.update(PIP_EXTRA_INDEX_URL="")
    end = install(builder=find_builder(wheels="offline"), variables=dead).ends[0]
    assert end["code"] in ("network", "proxy"), end


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk")
def test_a_full_disk(install, home, wheels):
    home.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(home)], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        end = install(builder=find_builder(wheels="offline"), wheels=wheels).ends[0]
        assert end["code"] == "disk" and "full" in end["message"]
    finally:
        subprocess.run(["umount", "-l", str(home)], check=True)


# Lines as the tools print them, from their own runs.
@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("error: Failed to write\n  Caused by: No space left on device (os error 28)", "disk"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "hash"),
        ("error: Hash mismatch for `affine==3.0.1`", "hash"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "certificate"),
        ("Caused by: invalid peer certificate: UnknownIssuer", "certificate"),
        ("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy", "proxy"),
        ("Caused by: dns error: failed to lookup address information", "network"),
        ("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied", "permission"),
        ("error: No interpreter found for Python 3.11 in managed installations or search path", "no-python"),
        ("  embedded model    FAILED: the model is broken", "self-test"),
        ("a thing nobody has seen", "failed"),
    ],
)
def test_failures_in_words(qgis_app, said, code):
    event = failures.explain("Collecting affine\n" + said)
    assert event["code"] == code and event["message"] and event["hint"] and said in event["log"]


def test_the_gpu_by_its_drivers_word(qgis_app, monkeypatch, tmp_path):
    """A driver that answers as nvidia-smi does: new enough, too old, silent."""
    driver = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def says(version):
        driver.write_text(
            f'#!/bin/sh\ncase "$1" in --query*) echo "NVIDIA H200";; *) echo "| CUDA Version: {version} |";; esac\n'
        )
        driver.chmod(0o755)
        return choose.find_gpu()

    assert says("13.0").usable and "H200" in says("13.0").text
    assert not says("12.4").usable and "12.4" in says("12.4").text and "Update the driver" in says("12.4").text
    driver.write_text("#!/bin/sh\nexit 9\n")
    assert not choose.find_gpu().usable
    cudnn = environment.lock_file("cuda").read_text()
    assert f"nvidia-cudnn-cu{choose.CUDA}==" in cudnn


def test_locks_hold_hashes_and_no_host():
    for lock in environment.LOCKS.glob("requirements-*.txt"):
        text = lock.read_text()
        pins = [line for line in text.splitlines() if "==" in line]
        assert pins and "://" not in text and "--index" not in text and "--find-links" not in text
        assert all(line.endswith("\\") for line in pins), lock.name
