"""What the panel is doing, in one place: who may follow whom, and who is told."""

from __future__ import annotations

from enum import Enum
from typing import Dict, FrozenSet

from qgis.PyQt.QtCore import QObject, pyqtSignal


class State(Enum):
    """empty: nothing that could run · ready · running · done: a result is shown · error: a run failed."""

    EMPTY = "empty"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    ERROR = "error"


_NEXT: Dict[State, FrozenSet[State]] = {
    State.EMPTY: frozenset((State.READY, State.DONE)),
    State.READY: frozenset((State.EMPTY, State.RUNNING, State.DONE)),
    State.RUNNING: frozenset((State.READY, State.DONE, State.ERROR)),
    State.DONE: frozenset((State.EMPTY, State.READY, State.RUNNING)),
    State.ERROR: frozenset((State.EMPTY, State.READY, State.RUNNING, State.DONE)),
}


class Machine(QObject):
    """Holds the state; ``changed`` carries each new one."""

    changed = pyqtSignal(object)

    def __init__(self, parent: "QObject | None" = None) -> None:
        super().__init__(parent)
        self._state = State.EMPTY

    @property
    def state(self) -> State:
        return self._state

    def to(self, state: State) -> None:
        """Go to ``state``; to where we are already is nothing. ValueError for a step that makes no sense."""
        if state is self._state:
            return
        if state not in _NEXT[self._state]:
            raise ValueError(f"the panel cannot go from {self._state.value} to {state.value}")
        self._state = state
        self.changed.emit(state)

    def form_changed(self, runnable: bool) -> None:
        """The form describes another job: what was shown of the last run is over. A run that goes on stays."""
        if self._state is not State.RUNNING:
            self.to(State.READY if runnable else State.EMPTY)
