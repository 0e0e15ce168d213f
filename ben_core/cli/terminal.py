"""What a run shows: a progress bar on a terminal, plain lines in a log, JSON lines for machines."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from ..errors import EXIT_CANCELLED, BenError, Cancelled, JobError
from ..events import Emit, JsonLines, silent


class Terminal:
    """Events for a person, on stderr."""

    LOG_EVERY = 10.0  # seconds between progress lines where there is no terminal

    def __init__(self, stream: IO[str] | None = None) -> None:
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.bar: Any = None
        self.last = time.monotonic()

    def __call__(self, type: str, **fields: Any) -> None:
        show = getattr(self, "_" + type, None)
        if show is not None:
            show(**fields)

    def _line(self, text: str) -> None:
        if self.bar is not None:
            self.bar.clear()
        click.echo(text, file=self.stream)
        if self.bar is not None:
            self.bar.refresh()

    def _step(self, text: str, **_: Any) -> None:
        self._close()
        self._line(text)

    def _started(self, cells: int, model: str, runtime: str, device: str, precision: str, why: str, **_: Any) -> None:
        self._line(f"{cells} patches, model {model}, {runtime} on {device} in {precision} ({why})")

    def _warning(self, message: str, **_: Any) -> None:
        self._line(click.style("Note: ", fg="yellow", bold=True) + message if self.live else "Note: " + message)

    def _progress(self, done: int, total: int, rate: float, eta: float, unit: str, **_: Any) -> None:
        if self.live:
            if self.bar is None:
                from tqdm import tqdm

                self.bar = tqdm(
                    total=total, initial=done, unit=" " + unit, file=self.stream, dynamic_ncols=True, leave=False
                )
            self.bar.update(done - self.bar.n)
        elif time.monotonic() - self.last >= self.LOG_EVERY or done == total:
            self.last = time.monotonic()
            speed = f"{rate:.0f}/s" if rate >= 1 or not rate else f"{1 / rate:.0f} s each"
            self._line(f"{done} of {total} {unit}, {speed}, {eta:.0f} s to go")

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    _done = _error = _cancelled = lambda self, **_: self._close()


def claim_stdout() -> IO[str]:
    """A stream of our own on stdout; whatever else prints there (C libraries do) goes to stderr.

    Raises JobError where stdout is closed.
    """
    if sys.stdout is None or sys.stderr is None:
        raise JobError("--json and --events print on stdout, and stdout or stderr is closed.", "Redirect it instead.")
    sys.stdout.flush()
    # File names may hold bytes that are no UTF-8; "\\udcff" is how JSON writes them.
    own = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace", newline="\n")
    os.dup2(2, 1)
    return own


class Answer:
    """How a command with --json and --events answers.

    emit        where its events go
    for_person  whether its result is told in words: neither JSON nor events were asked for
    """

    def __init__(self, as_json: bool, events: str | None, terminal: type[Terminal] = Terminal) -> None:
        """Raises JobError where stdout is wanted twice, or closed."""
        if as_json and events:
            raise JobError("--json and --events both print on stdout.", "Give one of them.")
        self._stream = claim_stdout() if as_json or events else None
        self._as_json = as_json
        self.emit = reporter(events, self._stream, terminal)
        self.for_person = not as_json and not events

    def json(self, result: object, indent: int = 2) -> None:
        """Print the result as JSON where that was asked for."""
        if self._as_json:
            print(json.dumps(result, indent=indent, ensure_ascii=False), file=self._stream, flush=True)


def describe(error: OSError) -> str:
    """What the system refused, in a sentence: a folder that may not be listed, a disk that went away."""
    where = f": {error.filename}" if error.filename else " (the output of this command, or its folder?)"
    return f"The system refused: {error.strerror or error}{where}."


@contextmanager
def stopping(emit: Emit, seconds: float = 1.5) -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets.

    A thread in a decoder cannot be interrupted: where the run has not ended ``seconds`` later, the
    process does. Nothing is lost by that: the journal holds whole strips only.
    """
    stop = threading.Event()

    def leave() -> None:
        try:
            emit("cancelled", message="The run was stopped; run the same command again to go on.")
            click.echo(
                "ben: The run was stopped.\n     Run the same command again to go on where it stopped.", err=True
            )
        finally:  # also where nobody reads any more
            os._exit(EXIT_CANCELLED)

    def on_signal(*_: object) -> None:
        if stop.is_set():
            os._exit(EXIT_CANCELLED)
        stop.set()
        timer = threading.Timer(seconds, leave)
        timer.daemon = True
        timer.start()
        timers.append(timer)

    timers: list[threading.Timer] = []
    before = {s: signal.signal(s, on_signal) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for timer in timers:
            timer.cancel()
        for s, handler in before.items():
            signal.signal(s, handler)


@contextmanager
def finishing(emit: Emit) -> Iterator[Callable[..., None]]:
    """The last event of a command: what the body gives to the callable as "done", else "error" or "cancelled"."""
    result: dict[str, Any] = {}
    try:
        yield lambda **fields: result.update(fields)
    except Cancelled as e:
        emit("cancelled", message=e.message)
        raise
    except KeyboardInterrupt:
        emit("cancelled", message="Stopped.")
        raise
    except BenError as e:
        emit("error", code=e.code, message=e.message, hint=e.hint)
        raise
    except OSError as e:
        emit("error", code="system", message=describe(e), hint="")
        raise
    except Exception as e:
        hint = "Please report this with the output of `ben doctor`."
        emit("error", code="bug", message=f"{type(e).__name__}: {e}", hint=hint)
        raise
    emit("done", result=result)


def reporter(events: str | None, stream: IO[str] | None, terminal: type[Terminal] = Terminal) -> Emit:
    """Where events go: JSON lines on ``stream`` for "jsonl", else a person's terminal, nowhere where that is closed."""
    if events == "jsonl":
        return JsonLines(stream)
    return terminal() if sys.stderr is not None else silent
