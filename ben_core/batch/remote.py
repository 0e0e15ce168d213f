"""What runs in a Dask worker: it is checked when it joins, then maps one scene a task."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker

from ..errors import BenError
from ..job import Job
from ..regions.options import need_segment
from .claims import Claims
from .identity import Identity, identity_here
from .layout import Layout
from .memory import Memory
from .models import SharedModels
from .runner import FLIGHT
from .work import Work, Workshop, map_one

EVERY = 1.0  # seconds between two reports of a scene's progress
_QUIET = ("partial", "output")  # events that stay in the log of the scene


class Bench(WorkerPlugin):
    """Opens a worker for one batch: only one with the same engine and weights gets the resource that its tasks want.

    A worker that differs is refused by that alone: Dask never sends it a scene. ``topic`` names plugin, resource and
    the topic of events.
    """

    def __init__(
        self, topic: str, out: str, identity: Mapping[str, Any], needs: Mapping[str, Any], max_memory: int, local: int
    ) -> None:
        """needs   arguments of ``whoami``; local   threads a worker of our own, 0: a foreign one"""
        self.topic, self.out, self.expected, self.needs = topic, out, identity, needs
        self.max_memory, self.local = max_memory, local

    async def setup(self, worker: Worker) -> None:
        if self.local and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the runner decides
        told = await asyncio.to_thread(whoami, **self.needs)
        words = refusal(told, self.expected)
        if words:
            worker.log_event(self.topic, {"type": "refused", "worker": worker.address, "message": words})
            return
        self.stop = threading.Event()
        layout = Layout(Path(self.out))
        self.claims = Claims(layout)
        self.claims.__enter__()
        memory = Memory(
            self.max_memory, worker.memory_manager.memory_limit or 0
        )  # Dask's own limit, where none was asked
        self.shop = Workshop(layout, self.claims, SharedModels(memory.for_batches), memory)
        self.threads = self.local or worker.state.nthreads
        await worker.set_resources(**{self.topic: min(FLIGHT, worker.state.nthreads)})

    def teardown(self, worker: Worker) -> None:
        if hasattr(self, "claims"):
            self.stop.set()
            self.claims.__exit__()


def whoami(jobs: list[dict[str, Any]], finer: bool) -> dict[str, Any]:
    """The identity of this worker as JSON, or {"error": why it cannot map}.

    jobs    one of each combination of model and place
    finer   whether there are 10 m maps to make
    """
    try:
        if finer:
            need_segment()
        return identity_here(map(Job.from_dict, jobs)).to_dict()
    except BenError as e:
        return {"error": str(e)}


def refusal(told: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """Why a worker may not take part, in words; empty where it may."""
    if "error" in told:
        return str(told["error"])
    return Identity(told["engine"], told["models"]).differs(expected)


def map_remotely(topic: str, work: dict[str, Any], attempt: int) -> tuple[str, dict[str, Any]]:
    """(this worker's address, the outcome) of one scene; the task that Dask runs."""
    worker = get_worker()
    bench = worker.plugins[topic]
    assert isinstance(bench, Bench)
    found = Work.from_dict(work)
    job = found.task.job
    if not job.threads:
        job = replace(job, threads=bench.threads)
    found = replace(found, task=replace(found.task, job=job))
    last = 0.0

    def tell(type: str, **fields: Any) -> None:
        nonlocal last
        now = time.monotonic()
        if type in _QUIET or (type == "progress" and now - last < EVERY):
            return
        last = now if type == "progress" else last
        worker.log_event(topic, {"type": type, **plain(fields)})

    return worker.address, map_one(bench.shop, found, attempt, tell, bench.stop.is_set).to_dict()


def plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that Dask can send: numbers, texts and containers of them."""
    made: dict[str, Any] = json.loads(json.dumps(fields, default=str))
    return made


def stop_now(topic: str) -> None:
    """Stop the scenes that this worker maps; run on every worker, beside its tasks."""
    bench = get_worker().plugins.get(topic)
    if isinstance(bench, Bench) and hasattr(bench, "stop"):
        bench.stop.set()
