"""A data set that a child tells apart: dark water on bright fields, with reference maps. Also run as a script by
tests that need processes of their own: python made_patches.py OUT CONFIG.json [key=value …]."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ben_core.learn.types import DataSet, Record
from ben_core.nomenclature import BANDS, S1_BANDS

WATER, ARABLE, FOREST = "Inland waters", "Arable land", "Coniferous forest"
CODES = {WATER: 512, ARABLE: 211, FOREST: 312}
LEVEL = {512: 200.0, 211: 1500.0, 312: 800.0}


class MadePatches:
    """Patch i is a field; odd ones hold water at their left, every third forest at their foot."""

    def __init__(self, train: int = 16, validation: int = 8, bands: Sequence[str] = ("B02", "B08", "B11")) -> None:
        self.title = "made patches"
        self.bands = tuple(bands)
        self.cache: dict[tuple[str, ...], Mapping[str, np.ndarray]] = {}
        self.records: tuple[Record, ...] = tuple(
            Record(
                id=f"p{i:03}",
                labels=self._labels(i),
                split="train" if i < train else "validation",
                s1_id=f"s{i:03}",
                tile=f"33U{'TUVW'[i % 4]}P",
                acquired=f"2017-0{i % 9 + 1}-01T10:00:00Z",
                mapped=True,
            )
            for i in range(train + validation)
        )  # fmt: skip

    def _labels(self, i: int) -> tuple[str, ...]:
        return (ARABLE, *([WATER] if i % 2 else []), *([FOREST] if i % 3 == 0 else []))

    def reference(self, record: Record) -> np.ndarray:
        i = int(record.id[1:])
        codes = np.full((120, 120), CODES[ARABLE], np.uint16)
        if i % 3 == 0:
            codes[60 + i :] = CODES[FOREST]
        if i % 2:
            codes[:, : 30 + i] = CODES[WATER]
        return codes

    def read(self, record: Record, bands: Sequence[str]) -> Mapping[str, np.ndarray]:
        key = (record.id, *bands)
        if key not in self.cache:
            self.cache[key] = self._made(record, bands)
        return self.cache[key]

    def _made(self, record: Record, bands: Sequence[str]) -> Mapping[str, np.ndarray]:
        codes, out = self.reference(record), {}
        table = np.zeros(1000)
        table[list(LEVEL)] = list(LEVEL.values())
        for k, name in enumerate(BANDS):
            if name not in bands:
                continue
            random = np.random.default_rng([int(record.id[1:]), k])
            step = BANDS[name].resolution // 10
            level = table[codes[::step, ::step]]
            x = random.normal(level, 60.0)
            out[name] = (x / -100).astype(np.float32) if name in S1_BANDS else x.clip(1).astype(np.uint16)
        return out


def with_records(data: MadePatches, **changes: Any) -> MadePatches:
    """The data set with fields of its records replaced: a value, or a function of the record."""
    data.records = tuple(
        replace(r, **{k: v(r) if callable(v) else v for k, v in changes.items()}) for r in data.records
    )
    return data


_fits: DataSet = MadePatches()


def main(out: str, config: str, *options: str) -> None:
    """Train; "die=N": be killed behind step N; "stop=N": ask to stop there."""
    from ben_core.learn.train.config import Config
    from ben_core.learn.train.loop import train

    told = dict(o.split("=") for o in options)
    done = 0

    def emit(type: str, **fields: Any) -> None:
        nonlocal done
        done += type == "progress"
        if done == int(told.get("die", 0)) and type == "progress":
            os.kill(os.getpid(), signal.SIGKILL)

    result = train(
        MadePatches(),
        Config.from_mapping(json.loads(config)),
        Path(out),
        emit,
        lambda: done == int(told.get("stop", -1)),
    )
    print(json.dumps({"score": result.score, "losses": [e["loss"] for e in result.history]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
