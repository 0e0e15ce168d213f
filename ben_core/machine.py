"""What this machine offers a process: cores, memory, disk. Standard library only."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .errors import StorageError


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_disk(path: Path) -> int:
    """Bytes that are free where ``path`` is, or would be made. Raises OSError."""
    return shutil.disk_usage(_existing(path)).free


def free_disk_words(path: Path) -> str:
    """The same as a sentence and a space, to stand before a remedy; empty where the system does not tell."""
    try:
        return f"{free_disk(path) / 1e6:,.0f} MB are free at {_existing(path)}. "
    except OSError:
        return ""


def require_disk(need: float, path: Path, what: str, remedy: str = "Free some space.") -> None:
    """StorageError where fewer than ``need`` bytes are free at ``path``: before the work begins, not after an hour.

    what   begins the sentence: "The products need"
    """
    free = free_disk(path)
    if need > free:
        raise StorageError(
            f"{what} {round(need) >> 20:,} MiB, and {free >> 20:,} MiB are free at {_existing(path)}.", remedy
        )


def _existing(path: Path) -> Path:
    """``path`` if it is a folder, else the nearest one above it; ``path`` again where there is none (a missing drive)."""
    path = path.absolute()
    return next((p for p in (path, *path.parents) if p.is_dir()), path)


def free_memory() -> int:
    """Bytes that this process may still take: of the machine, or of its control group where that is less; 0: unknown."""
    found = []
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        found.append(next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable")))
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        if limit.isdecimal():
            found.append(int(limit) - int(Path("/sys/fs/cgroup/memory.current").read_text()))
    except (OSError, StopIteration, ValueError):
        pass  # not Linux, or no control group
    return max(min(found), 1) if found else 0


def peak_memory() -> int:
    """Peak resident bytes of this process; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def peak_of(work: Callable[[], object]) -> int:
    """Bytes that this process grew by at most while ``work`` ran; 0 where the system does not tell (not Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        before = _resident("VmRSS")
    except (OSError, StopIteration):
        work()
        return 0
    work()
    return max(_resident("VmHWM") - before, 0)


def _resident(what: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(what))) << 10


def trim_memory() -> None:
    """Hand memory that is free back to the system, where the C library can (glibc).

    Thousands of small rasters leave some 100 KB each free between things that live on, and glibc keeps that: a
    catalogue of 10,000 scenes would grow by more than 1 GB.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
