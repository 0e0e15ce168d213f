"""Raw Sentinel-1 becomes a product that can be mapped: for ``ben s1 prepare``, and for jobs that name GRD products."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..clock import Progress
from ..errors import DataError, JobError
from ..events import Emit, silent
from ..job import Job
from ..models.cache import prepared_folder
from ..scene import open_scene
from ..scene.grd import Geocoding, Tile, footprint_grid, geometry_of, ground, is_raw, open_grd
from ..scene.grd.chain import BLOCK
from ..scene.grd.frame import framed
from ..scene.radar import PROCESSING_TAG
from ..scene.remote import is_remote
from ..scene.types import PixelGrid
from ..storage import check_free
from .plan import scene_of

if TYPE_CHECKING:
    from ..products.backscatter import Contents

CHAIN = 1  # raise it where the same input gives other numbers: what was cached before is then not taken for it
SUFFIX = "_sigma0_dB"

Stop = Callable[[], bool]


@dataclass(frozen=True)
class Prepared:
    """A prepared product. ``cached``: it was there already. ``valid``: share of the grid with data, by polarisation."""

    path: Path
    notes: tuple[tuple[str, str], ...]
    cached: bool
    grid: PixelGrid
    words: str
    valid: Mapping[str, float]


@dataclass(frozen=True)
class Recipe:
    """How raw products are prepared; the fields are those of ``Job``."""

    dem: str | None = None
    geoid: str | None = None
    orbit: tuple[str, ...] = ()
    height: float | None = None

    def __post_init__(self) -> None:
        if self.height is not None and (self.dem is not None or self.geoid is not None):
            raise JobError(
                "--height and --dem (or --geoid) are given; one of them says how high the land is.", "Leave out one."
            )
        if self.geoid is not None and self.dem is None:
            raise JobError("--geoid is given without --dem.", "It says what the heights of a terrain model are above.")
        if self.dem is None and self.height is None:
            raise JobError(
                "A raw Sentinel-1 product needs a terrain model to be laid on a map.",
                "Give one with --dem FILE, or say --height METRES for ellipsoid geocoding without terrain.",
                "s1-dem",
            )


def prepare(
    product: str | Path,
    out: Path,
    recipe: Recipe,
    grid: PixelGrid | None = None,
    *,
    overwrite: bool = False,
    emit: Emit = silent,
    stop: Stop = lambda: False,
) -> Prepared:
    """Write sigma0 in dB of a GRD product (SAFE folder or zip) into the folder ``out``, whole or not at all.

    ``grid``: where to; None: the product's UTM zone and footprint.
    Raises JobError, DataError, OutputError, StorageError, Cancelled.
    """
    geocoding = _geocoding(Path(product), recipe, grid)
    path = out / f"{geocoding.product.name}{SUFFIX}.tif"
    check_free(path, overwrite)
    return _write(geocoding, path, emit, stop)


class NotPrepared(JobError):
    """A raw product that would have to be prepared first."""


def raw_of(job: Job) -> tuple[str, ...]:
    """The raw Sentinel-1 products among what a job names, each once."""
    return tuple(dict.fromkeys(p for p in (*job.scene, *job.s1) if not is_remote(p) and is_raw(Path(p))))


def prepared_job(
    job: Job, emit: Emit = silent, stop: Stop = lambda: False, make: bool = True
) -> tuple[Job, tuple[tuple[str, str], ...]]:
    """The job with every raw Sentinel-1 product replaced by its prepared one, which is kept in the cache; and warnings.

    Beside Sentinel-2 they are prepared on its grid, alone on that of their footprint. Without ``make`` only what is
    in the cache is taken; NotPrepared is raised where that is not all.
    """
    found = _raw(job)
    if found is None:
        return job, ()
    recipe, beside, geocodings = found
    ready: dict[str, str] = {}
    notes: list[tuple[str, str]] = []
    for path, geocoding in geocodings:
        if not make and not _place(geocoding, recipe).exists():
            raise NotPrepared(f"{Path(path).name} is raw and not prepared yet.", "ben map prepares it first.", "s1-raw")
        made = _cached(geocoding, recipe, emit, stop)
        ready[path] = str(made.path)
        notes += made.notes
    first = [ready[p] for p in job.scene if p in ready]
    s1 = tuple(dict.fromkeys((*first, *(ready.get(p, p) for p in job.s1))))
    return replace(job, scene=beside, s1=s1, dem=None, geoid=None, orbit=(), height=None), tuple(notes)


def raw_grid(job: Job) -> PixelGrid | None:
    """The grid on which a job's raw Sentinel-1 products will be prepared; None where it names none. Reads metadata only.

    Raises JobError, DataError as ``prepared_job`` does before it begins.
    """
    found = _raw(job)
    return None if found is None else next(geocoding.grid for _, geocoding in found[2])


def _raw(job: Job) -> tuple[Recipe, tuple[str, ...], Iterator[tuple[str, Geocoding]]] | None:
    """(recipe, paths of the scene that are not raw, each raw path and how it is laid on the grid); None: nothing is raw."""
    raw = raw_of(job)
    given = [name for name in ("dem", "geoid", "orbit", "height") if getattr(job, name) not in (None, ())]
    if not raw:
        if given:
            raise JobError(
                f"--{given[0]} is for raw Sentinel-1 products (GRD), and none is given.",
                "Leave it out, or give the product's SAFE folder or zip.",
            )
        return None
    for path in raw:
        if not Path(path).exists():
            raise DataError(f"There is no file or folder {path}.", "Check the path.", "missing")
    if job.s1_unit not in (None, "db"):
        raise JobError(
            f"--s1-unit {job.s1_unit} is for all of Sentinel-1, and {Path(raw[0]).name} is prepared in dB.",
            "Leave it out; of several products prepare the raw ones first: ben s1 prepare PRODUCT --dem DEM.",
        )
    if not given:
        open_grd(Path(raw[0]))  # what can never serve is refused for that
    recipe = Recipe(job.dem, job.geoid, job.orbit, job.height)
    beside = tuple(p for p in job.scene if p not in raw)
    grid = scene_of(replace(job, scene=beside, s1=())).grid if beside else None
    return recipe, beside, ((path, _geocoding(Path(path), recipe, grid)) for path in raw)


def grid_of(crs: str | None, bounds: tuple[float, float, float, float] | None, like: str | None) -> PixelGrid | None:
    """The grid that --crs and --bounds or --like describe; None where nothing is said. JobError where it is none."""
    if like is not None:
        if crs is not None or bounds is not None:
            raise JobError("--like says the whole grid.", "Leave out --crs and --bounds.")
        return open_scene([like], allow_l1c=True).grid
    if crs is None and bounds is None:
        return None
    if crs is None or bounds is None:
        raise JobError(
            "--crs and --bounds go together.", "For instance: --crs EPSG:32633 --bounds 290000,4649000,296000,4657000"
        )
    return framed(crs, bounds)


def _geocoding(path: Path, recipe: Recipe, grid: PixelGrid | None) -> Geocoding:
    product = open_grd(path)
    return Geocoding(
        product=product,
        geometry=geometry_of(product, recipe.orbit),
        ground=ground(recipe.dem, recipe.geoid, recipe.height),
        grid=grid or footprint_grid(product),
    )


def _place(geocoding: Geocoding, recipe: Recipe) -> Path:
    """Where in the cache a prepared product lies."""
    name = geocoding.product.name
    return prepared_folder() / f"{name}-{_key(geocoding, recipe)}" / f"{name}{SUFFIX}.tif"


def _cached(geocoding: Geocoding, recipe: Recipe, emit: Emit, stop: Stop) -> Prepared:
    from ..products.backscatter import contents_of  # late: it brings pyogrio and pandas, 0.5 s of every start

    name, path = geocoding.product.name, _place(geocoding, recipe)
    if path.exists():
        emit("step", name="prepare", text=f"{name} was prepared before: {path}")
        return _prepared(geocoding, path, contents_of(path), cached=True)
    return _write(geocoding, path, emit, stop)


def _write(geocoding: Geocoding, path: Path, emit: Emit, stop: Stop) -> Prepared:
    from ..products.backscatter import workshop, write_backscatter

    product, grid = geocoding.product, geocoding.grid
    emit("step", name="prepare", text=f"Preparing {product.name}: {geocoding.words}")
    progress = Progress(emit, -(-grid.width // BLOCK) * -(-grid.height // BLOCK), 0, unit="blocks")

    def counted(tiles: Iterator[Tile]) -> Iterator[Tile]:
        for tile in tiles:
            yield tile
            progress.add(1)

    tags = {
        "ACQUISITIONDATETIME": product.annotation.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "PLATFORM": product.platform,
        "PRODUCT": product.name,
        "QUANTITY": "sigma0",
        "SCALE": "dB",
        PROCESSING_TAG: geocoding.words,
        **({"ORBIT_PASS": product.flight.upper()} if product.flight else {}),
    }
    with workshop(path) as work:
        contents = write_backscatter(path, work, grid, counted(geocoding.tiles(work, BLOCK, stop)), tags)
    return _prepared(geocoding, path, contents, cached=False)


def _prepared(geocoding: Geocoding, path: Path, contents: Contents, cached: bool) -> Prepared:
    pixels = geocoding.grid.width * geocoding.grid.height
    notes = list(geocoding.notes)
    if contents.voids:
        notes.append(
            (
                "s1-dem-voids",
                f"The terrain model says no height for {contents.voids / pixels:.1%} of the grid (often: the sea); there "
                "Sentinel-1 has no data. Fill its gaps first if they are wanted.",
            )
        )
    valid = {band: n / pixels for band, n in contents.seen.items()}
    return Prepared(path, tuple(notes), cached, geocoding.grid, geocoding.words, valid)


def _key(geocoding: Geocoding, recipe: Recipe) -> str:
    """A hash of everything that decides the result: metadata by content, large files by name, size and time."""
    product = geocoding.product
    large = {product.tree.disk_path(c.measurement) for c in product.channels.values()} | set(geocoding.ground.files)
    facts = {
        "chain": CHAIN,
        "metadata": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(product.metadata.items())},
        "files": sorted((Path(p).name, Path(p).stat().st_size, Path(p).stat().st_mtime_ns) for p in large),
        "orbit": [geocoding.geometry.orbit.source, geocoding.geometry.orbit.coefficients.tobytes().hex()],
        "ground": geocoding.ground.words,
        "recipe": [recipe.geoid and Path(recipe.geoid).name, recipe.height],
        "grid": repr(geocoding.grid),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
