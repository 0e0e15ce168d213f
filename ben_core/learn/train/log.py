"""What a run leaves for people: history.json, history.csv, and TensorBoard where it is installed."""

from __future__ import annotations

import csv
import io
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ...events import Emit
from ...storage import write_text, writing
from ...version import __version__
from .config import Config


class Log:
    """Written by the leading process alone. ``facts`` on the data stand in history.json."""

    def __init__(self, folder: Path, config: Config, facts: Mapping[str, Any], step: int, emit: Emit) -> None:
        self.folder = folder
        self.head = {
            "config": json.loads(config.to_json()),
            "data": dict(facts),
            "environment": {
                "bigearthnet-mapper": __version__,
                "torch": torch.__version__,
                "python": platform.python_version(),
                "machine": platform.machine(),
            },
        }
        write_text(folder / "config.json", config.to_json())
        self.board: Any = None
        try:
            from torch.utils.tensorboard import SummaryWriter

            # What a killed run wrote behind its checkpoint is written again.
            self.board = SummaryWriter(str(folder / "tensorboard"), purge_step=step)
        except ImportError:
            emit("warning", code="tensorboard", message="TensorBoard is not installed: no log for it is written.")

    def step(self, step: int, **values: float) -> None:
        if self.board is not None:
            for name, value in values.items():
                self.board.add_scalar(f"step/{name}", value, step)

    def epoch(self, history: Sequence[Mapping[str, Any]]) -> None:
        """Write the history anew, its last entry to TensorBoard too."""
        last = history[-1]
        numbers = {k: v for k, v in last.items() if isinstance(v, (int, float)) and k not in ("epoch", "step")}
        with writing(self.folder):
            write_text(
                self.folder / "history.json", json.dumps({**self.head, "epochs": list(history)}, indent=1) + "\n"
            )
            table = io.StringIO()
            columns = ["epoch", "step", *numbers]
            rows = csv.DictWriter(table, columns, extrasaction="ignore", lineterminator="\n")
            rows.writeheader()
            rows.writerows(history)
            write_text(self.folder / "history.csv", table.getvalue())
            if self.board is not None:
                for name, value in numbers.items():
                    self.board.add_scalar(f"epoch/{name}", value, last["epoch"])
                for name, value in last.get("AP", {}).items():
                    if value is not None:
                        self.board.add_scalar(f"AP/{name}", value, last["epoch"])
                self.board.flush()

    def close(self) -> None:
        if self.board is not None:
            self.board.close()
