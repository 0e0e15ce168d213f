"""What this machine offers a process. Standard library only."""

import ctypes
import os
from contextlib import suppress


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def trim_memory() -> None:
    """Hand memory that is free back to the system, where the C library can (glibc).

    Thousands of small rasters leave some 100 KB each free between things that live on, and glibc keeps that: a
    catalogue of 10,000 scenes would grow by more than 1 GB.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
