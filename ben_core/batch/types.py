"""The values of a batch: a scene to map, a scene that is mapped, how the runner works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import JobError
from ..job import Job
from ..regions.options import RegionOptions


@dataclass(frozen=True)
class SceneTask:
    """One scene of a batch.

    name     unique in the batch: its folder under ``scenes/``, and what its products' names begin with
    job      what map_scene gets; ``job.out`` is the scene's own folder, ``job.name`` is ``name``
    source   what the user gave: a path, FILE#ID or an address, with the list and line where it came from
    regions  how its 10 m map is made; None: there is none
    """

    name: str
    job: Job
    source: str
    regions: RegionOptions | None = None


@dataclass(frozen=True)
class Finished:
    """One mapped scene of an output folder, as its state file tells; no product is opened for it.

    folder     OUT/scenes/NAME
    item       the STAC item of its products
    gpkg       the GeoPackage of its cells
    rasters    kind -> GeoTIFF: "classes", "labels", "probabilities", and "unusual", "groups", "regions" where they were made
    files      kind -> path of every product, the above among them ("model": the model card, "quicklook", ...)
    acquired   ISO 8601 in UTC, None where nothing told
    crs        of its rasters: "EPSG:32633", or WKT where there is no code
    bbox       west, south, east, north in degrees (west > east across the 180th meridian, RFC 7946)
    bounds     left, bottom, right, top in ``crs``
    cells      number of cells by status ("mapped", "no data", "cloud", "snow", "outside area", ...)
    sums       a hash that changes with any of its products: sha256 over their names and contents
    """

    name: str
    folder: Path
    item: Path
    gpkg: Path
    rasters: Mapping[str, Path]
    files: Mapping[str, Path]
    acquired: str | None
    crs: str
    bbox: tuple[float, float, float, float]
    bounds: tuple[float, float, float, float]
    cells: Mapping[str, int]
    sums: str


@dataclass(frozen=True)
class BatchOptions:
    """How a batch runs; nothing here changes a byte of the products.

    workers        processes of a local Dask cluster; 0: this process alone
    dask           address of a Dask scheduler ("tcp://…"); excludes ``workers``
    max_memory     bytes that all of this machine's work may take; 0: what the machine has free
    max_failures   stop when so many scenes have failed; 0: never
    retries        further attempts at a scene that failed for a reason that may pass (network, storage, a worker's death)
    watch          seconds between two looks at the folders; 0: no watching
    catalogue      build OUT/catalogue at the end
    overwrite      map again what another engine, other weights or other options made
    """

    workers: int = 0
    dask: str | None = None
    max_memory: int = 0
    max_failures: int = 0
    retries: int = 2
    watch: float = 0.0
    catalogue: bool = True
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.dask is not None and not self.dask.strip():
            raise JobError("--dask is empty.", "Give the address of a Dask scheduler: tcp://HOST:8786.")
        if self.workers and self.dask:
            raise JobError(
                "--workers and --dask are given together.",
                "--workers starts a cluster on this machine; --dask uses one that runs.",
            )
        for option in ("workers", "max_memory", "max_failures", "retries", "watch"):
            if getattr(self, option) < 0:
                raise JobError(f"--{option.replace('_', '-')} {getattr(self, option)} is below zero.")
