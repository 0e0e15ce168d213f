"""A clock for limits such as "within two seconds", which a machine that has no time for us must not break."""

import time
from pathlib import Path

_PRESSURE = Path("/proc/pressure/cpu")


def now() -> float:
    """Seconds, less those in which some task of this machine waited for a processor (Linux tells; elsewhere all count).

    An idle machine is held to the limit as it stands. On a busy one little time passes by this clock: there a limit
    rests on what is asserted beside it, such as a timer that kills, and on an end that comes at all.
    """
    try:
        some = _PRESSURE.read_text(encoding="ascii").splitlines()[0]  # some avg10=… avg60=… avg300=… total=microseconds
        return time.monotonic() - int(some.rpartition("total=")[2]) / 1e6
    except (OSError, ValueError, IndexError):
        return time.monotonic()
