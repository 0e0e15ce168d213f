"""Scenes on a Dask cluster: a scene is a task. Dask places, retries after a worker's death and tells; claims are the truth."""

from __future__ import annotations

import asyncio
import logging
import queue
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Any, Self

from ..errors import DataError, JobError
from ..events import Emit
from ..machine import cores
from .course import Course, Stops, Turn
from .identity import Identity, combination, engine_facts, hash_of, identity_here
from .layout import Layout
from .runner import FLIGHT
from .types import BatchOptions, SceneTask
from .work import Outcome, dead, note_failure

try:
    from distributed import Client, Future, KilledWorker, Security, rpc

    from . import remote
    from .local import LocalWorkers
except ImportError as e:
    raise JobError(
        f"--dask and --workers, or several GPUs at once, need Dask, which is not installed ({e}).",
        "Install it: pip install 'bigearthnet-mapper[dask]'; or --workers 0 for this process alone.",
    ) from e

START = 15.0  # seconds for a scheduler to answer
POLL = 0.2  # seconds between two looks at the user's wishes
GPU = "GPU"  # the resource that workers with one declare, by Dask's custom


class Cluster:
    """The workers of a scheduler that runs already, or of a cluster on this machine that lives as long as this object."""

    def __init__(self, options: BatchOptions) -> None:
        self.options = options
        self._stack = ExitStack()
        self._local: LocalWorkers | None = None
        self.jobs: dict[str, dict[str, Any]] = {}  # one of each combination of model and place
        self.finer = False  # whether there are 10 m maps to make

    def __enter__(self) -> Self:
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters of it comes as events
        with ExitStack() as stack:
            if self.options.dask:
                self.client = _connected(stack, self.options.dask)
            else:
                self._local = stack.enter_context(LocalWorkers(self.options))
                self.client = self._local.client
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def identity(self, tasks: Sequence[SceneTask]) -> Identity:
        """That of most workers with this command's engine, those with a GPU before others."""
        self.jobs.update({combination(task.job): task.job.to_dict() for task in tasks})
        self.finer = self.finer or any(task.regions for task in tasks)
        told = self._everywhere(remote.whoami, **self.needs)
        good = {worker: t for worker, t in told.items() if "error" not in t}
        if told and not good:
            worker, first = next(iter(told.items()))
            raise JobError(f"No worker can map: {worker} says: {first['error']}")
        if not good:  # workers come later: they are measured by what is here
            return identity_here(task.job for task in tasks)
        ours = Identity(engine_facts(), {})
        same = [t for t in good.values() if not ours.differs(t)]
        if not same:
            words = ours.differs(next(iter(good.values())))
            raise JobError(f"The workers have another engine than this command: {words}.", "Install the same on both.")
        votes = Counter(map(hash_of, same))
        best = max(same, key=lambda t: (" on cuda in " in str(t["models"]), votes[hash_of(t)], hash_of(t)))
        return Identity(best["engine"], best["models"])

    def map_all(self, layout: Layout, course: Course, identity: Identity, emit: Emit, stops: Stops) -> None:
        Round(self, layout, course, identity, emit, stops).run()

    def restore(self) -> list[str]:
        """See ``LocalWorkers.restore``."""
        return self._local.restore() if self._local is not None else []

    @property
    def needs(self) -> dict[str, Any]:
        """What a worker must be able to do: arguments of ``remote.whoami``."""
        return {"jobs": list(self.jobs.values()), "finer": self.finer}

    def _everywhere(self, function: Any, **given: Any) -> dict[str, Any]:
        """What ``function`` returns on every worker that is able to say so."""
        told = self.client.run(function, **given, on_error="return")
        return {
            worker: t if isinstance(t, dict) else {"error": f"it lacks this engine ({t})"} for worker, t in told.items()
        }


def _connected(stack: ExitStack, address: str) -> Client:
    try:
        # A client that finds nobody cannot be closed; so who is there is asked before there is one.
        asyncio.run(_knock(address))
        return stack.enter_context(Client(address, timeout=START, set_as_default=False))
    except (OSError, ValueError, TypeError, RuntimeError) as e:  # TypeError: tls:// without certificates
        raise JobError(
            f"No Dask scheduler answers at {address}: {str(e).rstrip('.') or type(e).__name__}.",
            "Is the address right (tcp://HOST:8786), and does it run? For tls:// set up Dask's certificates.",
        ) from e


async def _knock(address: str) -> None:
    """Raises OSError, ValueError, TypeError where no scheduler is there."""
    scheduler = rpc(address, timeout=START, connection_args=Security().get_connection_args("client"))
    try:
        await asyncio.wait_for(scheduler.identity(), START)
    finally:
        await scheduler.close_rpc()


class Round:
    """One batch on a cluster."""

    def __init__(
        self, cluster: Cluster, layout: Layout, course: Course, identity: Identity, emit: Emit, stops: Stops
    ) -> None:
        self.cluster, self.client, self.options = cluster, cluster.client, cluster.options
        self.layout, self.course, self.identity, self.emit, self.stops = layout, course, identity, emit, stops
        self.topic = f"ben-{uuid.uuid4().hex[:12]}"
        self.flying: dict[Future, Turn] = {}
        self.workers: dict[str, dict[str, float]] = {}  # address -> resources of those that were accepted
        self.ended: queue.Queue[Future] = queue.Queue()

    def run(self) -> None:
        own = self.options.workers
        bench = remote.Bench(
            self.topic,
            str(self.layout.out),
            self.identity.to_dict(),
            self.cluster.needs,
            max_memory=self.options.max_memory // own if own else 0,
            local=max(1, cores() // own) if own else 0,
        )
        self.client.subscribe_topic(self.topic, self._hear)
        try:
            try:
                self.client.register_plugin(bench, name=self.topic)
            except Exception as e:  # of a worker that cannot even load it; the others have it
                self.emit(
                    "warning", code="worker-refused", message=f"A worker cannot take part: {type(e).__name__}: {e}."
                )
            self._require_a_worker()
            self._loop()
        finally:
            with suppress(Exception):  # the scheduler may be gone
                self.client.unsubscribe_topic(self.topic)
                self.client.unregister_worker_plugin(self.topic)

    def _loop(self) -> None:
        drained = stopped = False
        while not self.course.over:
            if self.client.status != "running":
                raise DataError(
                    f"The Dask scheduler at {self.options.dask or 'this machine'} went away.",
                    "Run the same command again when there is one: what is finished is kept.",
                    "scheduler",
                )
            for words in self.cluster.restore():
                self.emit("warning", code="worker-replaced", message=words)
            slots = self._look_at_workers()
            # Two rounds of work a slot: a worker finds its next scene without asking. No worker yet: a few scenes
            # wait, so that a cluster that grows by demand sees some.
            while len(self.flying) < max(2 * slots, FLIGHT) and (turn := self.course.next(wait=False)) is not None:
                self._submit(turn)
            with suppress(queue.Empty):
                self._end(self.ended.get(timeout=POLL))
            if self.course.ending and not drained:
                drained = True
                self.client.cancel([*self._unplaced(), *self._unclaimed()])
            if self.stops.now.is_set() and not stopped:
                stopped = True
                self.client.run(remote.stop_now, self.topic, on_error="ignore")

    def _submit(self, turn: Turn) -> None:
        others = [w for w in self.workers if w != turn.avoid] if turn.avoid else []
        resources: dict[str, float] = {self.topic: 1}
        if self.workers and all(r.get(GPU, 0) >= 1 for r in self.workers.values()):
            resources[GPU] = 1 / FLIGHT
        future = self.client.submit(
            remote.map_remotely,
            self.topic,
            turn.work.to_dict(),
            turn.attempt,
            key=f"{turn.work.task.name}-{uuid.uuid4().hex[:8]}",
            resources=resources,
            workers=others or None,
            allow_other_workers=bool(others),
            pure=False,
        )
        self.flying[future] = turn
        future.add_done_callback(self.ended.put)

    def _end(self, future: Future) -> None:
        turn = self.flying.pop(future)
        name = turn.work.task.name
        if future.status in ("cancelled", "lost"):
            self.course.requeue(turn)
            return
        error = future.exception()
        if error is None:
            worker, told = future.result()
            self.course.report(turn, Outcome(**told), worker)
            return
        if isinstance(error, KilledWorker):
            outcome = dead(name, error.allowed_failures + 1)
        else:
            outcome = Outcome(
                name, "failed", "worker", f"A worker failed: {type(error).__name__}: {error}", passing=True
            )
        note_failure(self.layout, turn.work, outcome, turn.attempt)
        self.course.report(turn, outcome)

    def _look_at_workers(self) -> int:
        """How many scenes the accepted workers take at a time."""
        before, self.workers = self.workers, {}
        with suppress(OSError, TimeoutError):
            told = self.client.scheduler_info(n_workers=-1)["workers"]
            self.workers = {w: d["resources"] for w, d in told.items() if d["resources"].get(self.topic)}
        if set(self.workers) - set(before):
            # Dask looks for a place for a task when it comes and when a worker joins, but not when a worker is given a
            # resource, as ours are once they are checked: what waits is handed in again.
            self.client.cancel(self._unplaced())
        return int(sum(r[self.topic] for r in self.workers.values()))

    def _unplaced(self) -> list[Future]:
        """Tasks that no worker has; they come back through ``_end`` when they are cancelled."""
        placed = {key for keys in self.client.processing().values() for key in keys}
        return [f for f in self.flying if f.key not in placed]

    def _unclaimed(self) -> list[Future]:
        """Tasks that no worker has begun."""
        return [f for f, turn in self.flying.items() if not self.layout.claim(turn.work.task.name, 1).exists()]

    def _require_a_worker(self) -> None:
        """JobError where there are workers and each was refused; where there are none yet, they are waited for."""
        told = self.client.run(remote.whoami, jobs=[], finer=False, on_error="return")
        if told and not self._look_at_workers():
            raise JobError("No worker of the cluster may map: each differs from the others or from this command.")
        if not told:
            self.emit("step", name="workers", text="Waiting for workers")

    def _hear(self, event: Any) -> None:
        _, message = event
        fields = dict(message)
        kind = fields.pop("type")
        if kind == "refused":
            text = f"Worker {fields['worker']} is refused: {fields['message'].rstrip('.')}."
            self.emit("warning", code="worker-refused", message=text)
        else:
            self.emit(kind, **fields)
