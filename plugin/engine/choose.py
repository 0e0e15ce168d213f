"""What this computer offers to build the engine with: uv, a Python >= 3.11, a GPU. Looks only, changes nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Optional, Set, Tuple

from ..i18n import tr
from .environment import clean_environment

# requires-python of pyproject.toml, and the newest for which every pinned package has a wheel.
OLDEST, NEWEST = (3, 11), (3, 14)
# The CUDA of the wheels in requirements-cuda.txt (nvidia-cudnn-cu13); an older driver cannot load them.
CUDA = 13


@dataclass(frozen=True)
class Builder:
    """How to make the environment. ``kind``: "uv"; "venv"; or "bootstrap", where ``program`` is a Python whose pip can
    fetch uv, which then brings a Python along."""

    kind: str
    program: str

    def describe(self) -> str:
        if self.kind == "uv":
            return tr("with uv ({path})").format(path=self.program)
        if self.kind == "venv":
            return tr("with the Python found in {path}").format(path=self.program)
        return tr("with uv and a Python of its own, both fetched first")


@dataclass(frozen=True)
class Gpu:
    """``usable``: a CUDA build would run. ``text`` says what was found, and why it cannot be used."""

    usable: bool
    text: str


def find_builder(uv: str = "", wheels: str = "") -> Optional[Builder]:
    """The best way to make an environment here, or None. ``uv`` is the user's own choice of a uv.

    With a folder of ``wheels`` nothing may be fetched: a Python >= 3.11 must be there already, best one that the wheels
    are for.
    """
    found = _find_uv(uv)
    if found and not wheels:
        return Builder("uv", found)
    ready = with_pip = ""
    for python, version, can in _pythons():
        if OLDEST <= version <= NEWEST and "venv" in can:
            if not wheels or any(Path(wheels).glob("numpy-*-cp{}{}-*.whl".format(*version))):
                return Builder("venv", python)
            ready = ready or python
        elif "pip" in can:
            with_pip = with_pip or python
    if ready:
        return Builder("venv", ready)
    if found:
        return Builder("uv", found)
    return Builder("bootstrap", with_pip) if with_pip and not wheels else None


def find_gpu() -> Gpu:
    """The NVIDIA GPU by the word of its driver."""
    if sys.platform == "darwin" or not shutil.which("nvidia-smi"):
        return Gpu(False, tr("No NVIDIA GPU was found."))
    said = ask(["nvidia-smi"]) or ""
    name = (ask(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]) or "").splitlines()
    version = re.search(r"CUDA (?:\w+ )?Version:\s*(\d+)\.(\d+)", said)
    if not version or not name:
        return Gpu(False, tr("An NVIDIA driver is installed, but it does not answer (nvidia-smi)."))
    words = {"name": name[0].strip(), "version": f"{version[1]}.{version[2]}", "needed": CUDA}
    if int(version[1]) < CUDA:
        text = tr("{name}: its driver knows CUDA {version}, CUDA {needed} is needed. Update the driver to use the GPU.")
        return Gpu(False, text.format(**words))
    return Gpu(True, tr("{name} (driver for CUDA {version})").format(**words))


def _find_uv(named: str) -> Optional[str]:
    # A desktop starts QGIS with a short PATH: uv's own places are looked at, too.
    home = Path.home()
    places = [named, shutil.which("uv"), *(home / p / "uv" for p in (".local/bin", ".cargo/bin"))]
    places += [Path("/opt/homebrew/bin/uv"), Path("/usr/local/bin/uv"), home / ".local/bin/uv.exe"]
    return next((str(p) for p in places if p and os.path.isfile(p) and ask([str(p), "--version"])), None)


def _pythons() -> Iterator[Tuple[str, Tuple[int, int], List[str]]]:
    """(path, version, what it can: "venv", "pip") of every Python on this computer that answers, best first.

    Never ``sys.executable``: inside the QGIS desktop that is QGIS.
    """
    asked = "import sys, importlib.util as u; print(sys.executable); print(*sys.version_info[:2]); "
    asked += "print(*(n for n, m in (('venv', 'ensurepip'), ('pip', 'pip')) if u.find_spec(m) and u.find_spec('venv')))"
    seen: Set[str] = set()
    for command in _python_commands():
        lines = (ask([*command, "-I", "-c", asked]) or "").splitlines()
        if len(lines) >= 2 and lines[0] not in seen:
            seen.add(lines[0])
            major, minor = (int(n) for n in lines[1].split())
            yield lines[0], (major, minor), lines[2].split() if len(lines) > 2 else []


def _python_commands() -> Iterator[List[str]]:
    names = [f"python{OLDEST[0]}.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    for name in [*names, "python3", "python"]:
        path = shutil.which(name)
        if path and "WindowsApps" not in path:  # the shop's stand-in answers with an advertisement
            yield [path]
    if sys.platform == "win32" and shutil.which("py"):
        yield from (["py", f"-{OLDEST[0]}.{minor}"] for minor in range(OLDEST[1], NEWEST[1] + 1))
    if sys.platform == "darwin":
        yield from ([f"{place}/{name}"] for place in ("/opt/homebrew/bin", "/usr/local/bin") for name in names)
    base = Path(sys.base_prefix)
    for path in (base / "python.exe", base / "python3.exe", base / "bin" / "python3", Path("/usr/bin/python3")):
        yield [str(path)]


def ask(command: List[str]) -> Optional[str]:
    """What ``command`` prints, None where it cannot be run, fails or takes longer than 10 s."""
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        done = subprocess.run(
            command, env=clean_environment(os.environ), capture_output=True, timeout=10, check=True,
            creationflags=flags, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()
