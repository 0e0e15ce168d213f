"""One scene of a batch: claimed, mapped, noted as done or as failed. Embedded runner and Dask workers both call this."""

from __future__ import annotations

import errno
import json
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import BenError, Cancelled, DataError, OutputError, StorageError
from ..events import Emit, silent
from ..job import Job
from ..machine import free_disk, free_disk_words
from ..mapping import map_scene
from ..models import find_card
from ..models.registry import choose, choose_fallback
from ..products.journal import TAKEN, write_whole
from ..regions.options import RegionOptions
from ..run.plan import make_plan, scene_of
from ..run.raw_radar import prepared_job
from .claims import Claim, Claims
from .finer import make_regions
from .layout import Layout, Made, intact, kept_patches, note_patches, read_done, write_done
from .log import SceneLog
from .memory import Memory, scene_bytes
from .models import SharedModels
from .types import SceneTask

# Owners that may die of a scene before it is set aside; Dask's own "allowed-failures" is as large.
DEATHS = 3
SET_ASIDE = "deaths"  # code of such a failure
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_FULL_BELOW = 16 << 20  # bytes; sqlite and GDAL do not hand on errno


@dataclass(frozen=True)
class Work:
    """A scene to map and the hash of what decides its products; plain JSON both ways, as it goes to a worker.

    patches   hash of what decides its map of patches alone; "": that is made in any case
    """

    task: SceneTask
    key: str
    patches: str = ""

    def to_dict(self) -> dict[str, Any]:
        task = self.task
        regions = None if task.regions is None else asdict(task.regions)
        return {
            "name": task.name,
            "job": task.job.to_dict(),
            "source": task.source,
            "regions": regions,
            "key": self.key,
            "patches": self.patches,
        }

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> Work:
        regions = d["regions"] and RegionOptions(**{k: _tuple(v) for k, v in d["regions"].items()})
        return cls(SceneTask(d["name"], Job.from_dict(d["job"]), d["source"], regions), d["key"], d["patches"])


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True)
class Outcome:
    """What became of a scene.

    kind      "done"; "already" (somebody else did it); "busy" (somebody else is at it); "stopped"; "failed";
              "full" (the disk: nothing else will fit either)
    passing   of "failed": whether another attempt may help
    """

    name: str
    kind: str
    code: str = ""
    message: str = ""
    hint: str = ""
    passing: bool = False
    cells: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Workshop:
    """What a process needs to map scenes: the output folder, its claims, its models, its share of memory."""

    layout: Layout
    claims: Claims
    models: SharedModels
    memory: Memory


def is_done(layout: Layout, name: str, key: str) -> bool:
    """Whether a scene's products are there, whole, and what this job makes."""
    document = read_done(layout, name)
    return document is not None and document["job"] == key and intact(layout.scene(name), document["products"])


def map_one(
    shop: Workshop, work: Work, attempt: int = 1, emit: Emit = silent, stop: Callable[[], bool] = lambda: False
) -> Outcome:
    """Map one scene, unless it is done or somebody else is at it. Failures are told, not raised.

    attempt   how often it was tried in this run, this time included
    emit      called with the events of the scene's run, ``scene`` added
    """
    name = work.task.name
    try:
        claim = shop.claims.take(name)
    except (StorageError, OutputError) as e:
        return _storage(shop.layout, name, e)
    if claim is None:
        return Outcome(name, "busy")
    try:
        if claim.deaths:
            shop.layout.drop_drafts(name)
        if is_done(shop.layout, name, work.key):
            return Outcome(name, "already")
        outcome = _attempt(shop, work, claim, emit, stop)
        if outcome.kind == "failed":
            note_failure(shop.layout, work, outcome, attempt)
        return outcome
    except (StorageError, OutputError) as e:  # of noting the failure
        return _storage(shop.layout, name, e)
    finally:
        shop.claims.release(claim)


def _attempt(shop: Workshop, work: Work, claim: Claim, emit: Emit, stop: Callable[[], bool]) -> Outcome:
    name, start = work.task.name, time.monotonic()
    if claim.deaths >= DEATHS:
        return dead(name, claim.deaths)
    try:
        with SceneLog(shop.layout.log(name)) as log:

            def tell(type: str, **fields: Any) -> None:
                log(type, **fields)
                emit(type, scene=name, **{k: v for k, v in fields.items() if k != "scene"})

            try:
                made = _map(shop, work, tell, lambda: stop() or shop.claims.lost(claim))
                _note_done(shop.layout, work, made)
            except Exception as e:
                log("failed", message=str(e) or type(e).__name__)
                raise
    except Cancelled as e:
        return Outcome(name, "busy" if shop.claims.lost(claim) else "stopped", message=e.message)
    except StorageError as e:
        return _storage(shop.layout, name, e)
    except BenError as e:
        if e.code == TAKEN:  # its claim had expired and it lives, or somebody runs ben map there
            return Outcome(name, "busy")
        return Outcome(name, "failed", e.code, e.message, e.hint, passing=_may_pass(e))
    except OSError as e:
        if e.errno in _FULL:
            return Outcome(name, "full", "storage", f"Writing to {shop.layout.out} failed: {e.strerror}.", _ROOM)
        what = f"The system refused: {e.strerror or e}" + (f": {e.filename}." if e.filename else ".")
        return Outcome(name, "failed", "system", what, "", passing=True)
    except Exception as e:
        hint = "Please report this with the output of `ben doctor`."
        return Outcome(name, "failed", "bug", f"{type(e).__name__}: {e}", hint, passing=isinstance(e, MemoryError))
    return Outcome(name, "done", cells=made.cells, seconds=round(time.monotonic() - start, 3))


def _map(shop: Workshop, work: Work, tell: Emit, stop: Callable[[], bool]) -> Made:
    name, regions = work.task.name, work.task.regions
    # What lies there without a done.json was half published, or made by other options.
    job, notes = prepared_job(replace(work.task.job, overwrite=True), tell, stop)
    with shop.memory.room(_need(job, regions)):
        made = kept_patches(shop.layout, name, work.patches)
        if made is None:
            result = map_scene(job, tell, stop, notes, shop.models)
            made = Made(result.products, result.cells)
        else:
            tell("step", name="patches", text="The map of patches is there and stays")
        if regions is None:
            return made
        note_patches(shop.layout, name, work.patches, made)  # who dies in the 10 m map need not map these again
        finer = make_regions(job, regions, tell, stop, shop.models)
        return replace(made, products={**made.products, **finer})


def _need(job: Job, regions: RegionOptions | None) -> int:
    """Bytes of memory: from the metadata of the scene, in milliseconds."""
    scene = scene_of(job)
    model, spare = choose(job.model, scene.bands).name, choose_fallback(job.fallback_model)
    fallback = find_card(spare.name) if spare else None
    plan = make_plan(replace(job, model=model), scene, find_card(model), fallback_card=fallback)
    return scene_bytes(plan, regions)


def _note_done(layout: Layout, work: Work, made: Made) -> None:
    """Remove what earlier options made and these do not, then say that the scene is done.

    In this order: who dies in between leaves the old ``done.json``, and the next run ends what was begun.
    """
    name = work.task.name
    before = read_done(layout, name) or {"products": {}}
    kept = {path.name for path in made.products.values()}
    for told in before["products"].values():
        if told["file"] not in kept:
            (layout.scene(name) / told["file"]).unlink(missing_ok=True)
    write_done(layout, name, work.key, made.products, made.cells)
    if work.task.regions is None:  # done.json says it all
        layout.patches(name).unlink(missing_ok=True)


def note_failure(layout: Layout, work: Work, outcome: Outcome, attempt: int) -> None:
    """Leave the reason of a failure in words. Raises StorageError."""
    document = {
        "name": work.task.name,
        "source": work.task.source,
        "job": work.key,
        "code": outcome.code,
        "message": outcome.message,
        "hint": outcome.hint,
        "attempts": attempt,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_whole(layout.failed(work.task.name), json.dumps(document, indent=1, ensure_ascii=False).encode())


def dead(name: str, deaths: int) -> Outcome:
    """The outcome of a scene that takes its workers down."""
    return Outcome(
        name,
        "failed",
        SET_ASIDE,
        f"{deaths} runs were killed while they mapped this scene; it is set aside.",
        "Does it exhaust the memory? Look at its log; --retry-set-aside tries it once more.",
    )


_ROOM = "Free some space and run the same command again: what is finished is kept."


def _storage(layout: Layout, name: str, error: StorageError | OutputError) -> Outcome:
    """A full disk ends the batch; another failure of the storage may pass."""
    cause: BaseException | None = error
    while cause is not None and not (isinstance(cause, OSError) and cause.errno in _FULL):
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        return Outcome(name, "full", error.code, error.message, _ROOM)
    if _nearly_full(layout.out):  # what sqlite or GDAL say then may be about anything
        words = textwrap.shorten(error.message, 200, placeholder=" …")
        return Outcome(name, "full", error.code, free_disk_words(layout.out) + words, _ROOM)
    return Outcome(name, "failed", error.code, error.message, error.hint, passing=True)


def _nearly_full(folder: Path) -> bool:
    try:
        return free_disk(folder) < _FULL_BELOW
    except OSError:
        return False


def _may_pass(error: BenError) -> bool:
    """Whether the same may work later: what came over a network."""
    return isinstance(error, DataError) and error.code == "remote"
