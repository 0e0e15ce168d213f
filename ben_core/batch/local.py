"""Workers of this machine: a Dask cluster of their own; those that are lost are replaced."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any, Self

import dask
from distributed import Client, Nanny, Scheduler, SpecCluster, Status

from ..errors import DataError
from ..machine import free_memory
from .machines import gpus
from .memory import SHARE
from .runner import FLIGHT
from .types import BatchOptions

START = 60.0  # seconds for workers that have started to be known
PATIENCE = 60.0  # seconds for a nanny to bring a killed worker back
ENDED = (Status.closed, Status.failed)  # of a nanny
PAUSE = 2.0  # seconds before the second replacement of a worker, doubled for the next
TRIES = 5  # workers in a row that never reach the scheduler


class LocalWorkers:
    """As many workers as ``options`` ask for, as long as this object lives, and a ``client`` of theirs."""

    def __init__(self, options: BatchOptions) -> None:
        self.options = options
        self._stack = ExitStack()
        self._seen: dict[int, float] = {}  # when the scheduler last had a worker, by its name: a number
        self._newest = -1  # of the workers that it had
        self._next = options.workers  # the name of the next one
        self._failing = 0  # replacements since the newest came
        self._rest = 0.0  # when the next one may be started

    def __enter__(self) -> Self:
        """Raises DataError where they do not start."""
        with ExitStack() as stack:
            # Who is lost is for ``restore`` to say: Dask would end a slow nanny and start nobody in its place.
            stack.enter_context(dask.config.set({"distributed.deploy.lost-worker-timeout": "1000 days"}))
            try:
                self._cluster = stack.enter_context(_cluster_of(self.options))
                self.client = stack.enter_context(Client(self._cluster, set_as_default=False))
                self.client.wait_for_workers(self.options.workers, timeout=START)
            except (RuntimeError, OSError) as e:  # OSError: TimeoutError too
                raise _no_start(f"({e})") from e
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def restore(self) -> list[str]:
        """Start workers of this machine in place of those that are gone for good; what happened, in words.

        A killed worker is started anew by its nanny, which may fail (a busy machine, no memory) and does not try again.
        After ``TRIES`` replacements that never reached the scheduler the others go on alone; DataError without others.
        """
        return list(self._cluster.sync(self._replace_the_gone))

    async def _replace_the_gone(self) -> list[str]:
        local, now = self._cluster, time.monotonic()
        there = {told["name"] for told in local.scheduler_info["workers"].values()}
        self._seen.update(dict.fromkeys(there, now))
        if there and max(there) > self._newest:
            self._newest, self._failing = max(there), 0
        known = [(name, nanny) for name, nanny in local.workers.items() if name in local.worker_spec]
        gone = [
            (name, nanny)
            for name, nanny in known
            if name not in there
            and now >= self._rest
            and (nanny.status in ENDED or now - self._seen.setdefault(name, now) > PATIENCE)
        ]
        told = []
        for name, nanny in gone:
            spec = local.worker_spec.pop(name)
            if nanny.status in ENDED:
                del local.workers[name]
            if self._failing < TRIES:
                self._rest = now + PAUSE * 2**self._failing  # whatever it is may pass
                # Under a new name: the old one may still be held by a process that is about to end.
                local.worker_spec[self._next] = spec
                self._next += 1
                self._failing += 1
                told.append("A worker of this machine was lost: another starts.")
            else:
                told.append(f"A worker of this machine was lost, and {TRIES} in a row did not start: the others go on.")
        if not local.worker_spec:
            raise _no_start(f"({TRIES} in a row)")
        if gone or len(local.workers) < len(local.worker_spec):
            local.scale(len(local.worker_spec))
        return told


def _no_start(words: str) -> DataError:
    return DataError(
        f"Workers on this machine do not start, or end at once {words}.",
        "Is memory or disk short? --workers 0 maps in this process; what is finished is kept.",
        "worker",
    )


def _cluster_of(options: BatchOptions) -> SpecCluster:
    """Workers on this machine: each with its share of cores and memory, one GPU each where there are several."""
    number, devices = options.workers, gpus()
    memory = (options.max_memory or int(SHARE * free_memory())) // number
    workers = {}
    for i in range(number):
        told: dict[str, Any] = {"nthreads": FLIGHT, "memory_limit": memory or None, "silence_logs": 50}
        if len(devices) > 1:
            told["env"] = {"CUDA_VISIBLE_DEVICES": devices[i % len(devices)]}
        workers[i] = {"cls": Nanny, "options": {**told, "dashboard": False}}
    scheduler = {"cls": Scheduler, "options": {"dashboard_address": ":0", "dashboard": False, "host": "127.0.0.1"}}
    return SpecCluster(workers=workers, scheduler=scheduler, silence_logs=50)
