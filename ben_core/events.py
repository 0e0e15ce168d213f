"""The run tells what it does: one event at a time, to a terminal, a log or a machine.

An event is a flat JSON object with a ``type``:

    started    command, scene, cells, model, runtime, device, precision, why
    step       name, text                        (opening the scene, mapping, writing ...)
    coverage   sentinel_1, sentinel_2 (shares of the patches' pixels with data), passes: with both sensors
    progress   done, total, rate (patches/s), eta (seconds), unit,
               spent                            (a map's seconds so far: open, wait for pixels, infer, write)
    partial    first_row, last_row, path,        (a finished strip of cells: rows [first, last), its journal file,
               preview                            and a GeoTIFF of its most probable classes, one pixel a cell in
                                                  CORINE colours; both vanish when the products are there)
    warning    code, message
    output     kind, path
    done       result                            } exactly one
    error      code, message, hint               } of these
    cancelled  message                           } is the last

Readers skip types they do not know. Standard library only, Python 3.9 syntax.
"""

import json
import sys
from typing import IO, Any, Callable, Dict, List, Optional

Event = Dict[str, Any]
Emit = Callable[..., None]  # emit(type, **fields)

FINAL = ("done", "error", "cancelled")


def silent(type: str, **fields: Any) -> None:
    """Drop the event."""


class Recorder:
    """Keep every event in a list (tests, Python users)."""

    def __init__(self) -> None:
        self.events: List[Event] = []

    def __call__(self, type: str, **fields: Any) -> None:
        self.events.append({"type": type, **fields})

    def of(self, type: str) -> List[Event]:
        return [e for e in self.events if e["type"] == type]


class JsonLines:
    """Write each event as one line of JSON and flush it."""

    def __init__(self, stream: Optional[IO[str]] = None) -> None:
        self.stream = stream or sys.stdout

    def __call__(self, type: str, **fields: Any) -> None:
        line = json.dumps({"type": type, **fields}, ensure_ascii=False, allow_nan=False, default=str)
        self.stream.write(line + "\n")
        self.stream.flush()


def read(line: str) -> Optional[Event]:
    """The event on one line, or None where the line is none (a stray print of a C library)."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("type"), str) else None
