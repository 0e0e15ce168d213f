"""The products of a 10 m map: class raster, probability raster, GeoPackage of segments, page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import shapely

from ..scene.types import PixelGrid
from ..storage import write_bytes, writing
from ..version import __version__
from .legend import CATEGORIES, UNMAPPED
from .rasters import category_sidecar
from .region_page import cover, write_page
from .region_rasters import Rows, outlines, write_cog
from .styles import raster_style, regions_style
from .vectors import Column, Package, layer_styles, names_of, texts, time_of

BATCH = 20_000  # polygons written at a time
NO_ANSWER = 255  # of the raster of percent
CONTENT = "class of the segment that a pixel is in"
_MEANINGS = {
    "segment": "number of the segment",
    "class": "class of the segment; NULL where no window could be answered",
    "code": "code of that class, as in the table classes",
    "p": "mean probability, over the segment and the objects it is part of, that a window there holds the class",
    "share": "the class's part in the scores of all classes: 1 has no rival",
    "second": "the class with the next best score",
    "second_p": "its probability",
    "sure": "whether p reaches the threshold of the class",
    "area_ha": "area of the segment: cover, not presence",
    "object": "number of the object that the segment is part of",
    "landscape": "number of the larger object that the object is part of",
}


@dataclass(frozen=True)
class RegionMap:
    """What the products show. Segment i has the label i + 1; codes are those of class rasters, 0 without an answer.

    labels      (top, bottom) -> uint32 rows of labels, 0 where nothing was segmented
    size        int64 (n,) pixels; codes, second: uint8 (n,); p, second_p, share: float64 (n,), NaN without an answer
    levels      int64 (n,) each: number of the object and of the landscape
    classes     names of the classes that the model answers; thresholds in their order
    picture     uint8 (3, h, w): the scene every ``step`` pixels; None where bands are missing
    provenance  name -> value, without times, hosts and paths
    """

    name: str
    title: str
    attribution: str
    acquired: datetime | None
    grid: PixelGrid
    labels: Rows
    size: np.ndarray
    codes: np.ndarray
    second: np.ndarray
    p: np.ndarray
    second_p: np.ndarray
    share: np.ndarray
    sure: np.ndarray
    levels: tuple[np.ndarray, ...]
    classes: tuple[str, ...]
    thresholds: tuple[float, ...]
    picture: np.ndarray | None
    step: int
    provenance: Mapping[str, str]

    @property
    def hectares(self) -> np.ndarray:
        """float64 (n,)."""
        return self.size / 100

    def coded(self, top: int, bottom: int) -> np.ndarray:
        """uint8 (bottom - top, width): class codes."""
        found: np.ndarray = np.append(np.uint8(UNMAPPED), self.codes)[self.labels(top, bottom)]
        return found

    def percent(self, top: int, bottom: int) -> np.ndarray:
        """uint8: probability of the class in percent, 255 without an answer."""
        values = np.where(np.isnan(self.p), NO_ANSWER, np.rint(np.nan_to_num(self.p) * 100)).astype(np.uint8)
        found: np.ndarray = np.append(np.uint8(NO_ANSWER), values)[self.labels(top, bottom)]
        return found


def region_names(stem: str) -> dict[str, str]:
    """kind -> file name of every product."""
    return {
        "regions": f"{stem}_regions.tif",
        "regions_legend": f"{stem}_regions.tif.aux.xml",
        "regions_style": f"{stem}_regions.qml",
        "regions_probability": f"{stem}_regions_probability.tif",
        "regions_gpkg": f"{stem}_regions.gpkg",
        "regions_page": f"{stem}_regions.html",
    }


def write_regions(found: RegionMap, folder: Path, stem: str) -> None:
    """Write every product into ``folder``. Raises StorageError, OutputError."""
    files = {kind: folder / name for kind, name in region_names(stem).items()}
    tags = _tags(found)
    write_cog(
        files["regions"],
        found.grid,
        found.coded,
        dtype="uint8",
        nodata=UNMAPPED,
        name=CONTENT,
        overviews="MODE",
        tags={
            **tags,
            "CONTENT": CONTENT,
            f"VALUE_{UNMAPPED:02d}": "not mapped",
            **{f"VALUE_{c.code:02d}": c.name for c in CATEGORIES},
        },
        palette={UNMAPPED: (0, 0, 0, 0), **{c.code: (*c.rgb, 255) for c in CATEGORIES}},
    )
    counts = np.bincount(found.codes, found.size, 256).astype(np.int64)
    counts[UNMAPPED] = found.grid.width * found.grid.height - int(counts[1:].sum())
    write_bytes(files["regions_style"], raster_style(CATEGORIES).encode())
    write_bytes(files["regions_legend"], category_sidecar(CATEGORIES, counts, "Not mapped", "Pixels"))
    write_cog(
        files["regions_probability"],
        found.grid,
        found.percent,
        dtype="uint8",
        nodata=NO_ANSWER,
        name="probability (%)",
        overviews="AVERAGE",
        tags={
            **tags,
            "CONTENT": "probability (%) that a window around the pixel's segment holds the class of the segment",
        },
        scale=0.01,
    )
    _write_package(found, files["regions_gpkg"])
    write_page(found, files["regions_page"])


def _tags(found: RegionMap) -> dict[str, str]:
    tags = {"TIFFTAG_SOFTWARE": f"BigEarthNet Mapper {__version__}", "SCENE": found.name}
    tags["MODEL"] = found.provenance.get("model", "").partition(":")[0]
    if found.acquired:
        tags["ACQUIRED"] = found.acquired.isoformat()
    if found.attribution:
        tags["TIFFTAG_COPYRIGHT"] = found.attribution
    return tags


def _write_package(found: RegionMap, path: Path) -> None:
    time = time_of(found.acquired)
    with writing(path), Package(path, found.grid.crs, time).open() as package:
        begun = False
        for rows, wkb in _polygons(found, path.with_suffix(".draft.tif")):
            package.write(
                "segments", _columns(found, rows), wkb, "Segments of the 10 m map with their class", append=begun
            )
            begun = True
        package.write("cover", _cover(found))
        package.write("classes", _classes(found))
        package.write("fields", texts(field=_MEANINGS, meaning=_MEANINGS.values()))
        package.write("run", texts(key=found.provenance.keys(), value=found.provenance.values()))
        categories = [c for c in CATEGORIES if c.code in found.codes]  # a legend of what there is
        package.write("layer_styles", layer_styles([("segments", "class", regions_style(categories))], time), fid="id")


def _polygons(found: RegionMap, draft: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(segments, WKB polygons), some thousands at a time."""
    labels: list[int] = []
    rings: list[Sequence[tuple[float, float]]] = []
    owners: list[int] = []

    def batch() -> tuple[np.ndarray, np.ndarray]:
        points = np.concatenate([np.asarray(r) for r in rings])
        of_ring = np.repeat(np.arange(len(rings)), [len(r) for r in rings])
        made = shapely.polygons(shapely.linearrings(points, indices=of_ring), indices=np.array(owners))
        return np.array(labels) - 1, shapely.to_wkb(made)

    for label, outline in outlines(draft, found.grid, found.labels):
        owners += [len(labels)] * len(outline)
        rings += outline
        labels.append(label)
        if len(labels) == BATCH:
            yield batch()
            labels, rings, owners = [], [], []
    if labels:
        yield batch()


def _columns(found: RegionMap, rows: np.ndarray) -> dict[str, Column]:
    silent = found.codes[rows] == UNMAPPED
    columns = {
        "segment": Column((rows + 1).astype(np.int32)),
        "class": Column(names_of(CATEGORIES, found.codes[rows])),
        "code": Column(found.codes[rows].astype(np.int32), silent),
        "p": Column(found.p[rows]),
        "share": Column(found.share[rows]),
        "second": Column(names_of(CATEGORIES, found.second[rows])),
        "second_p": Column(found.second_p[rows]),
        "sure": Column(found.sure[rows], silent),
        "area_ha": Column(found.hectares[rows]),
    }
    for name, level in zip(("object", "landscape"), found.levels, strict=True):
        columns[name] = Column(level[rows].astype(np.int32))
    return columns


def _cover(found: RegionMap) -> dict[str, Column]:
    rows = cover(found)
    total = sum(ha for _, ha, _ in rows) or 1.0
    codes = np.array([c.code for c, _, _ in rows], np.int32)
    return {
        "class": Column(names_of(CATEGORIES, codes.astype(np.uint8))),
        "code": Column(codes, codes == UNMAPPED),
        "area_ha": Column(np.array([ha for _, ha, _ in rows])),
        "unsure_ha": Column(np.array([u for _, _, u in rows])),
        "share": Column(np.array([ha / total for _, ha, _ in rows])),
    }


def _classes(found: RegionMap) -> dict[str, Column]:
    thresholds = dict(zip(found.classes, found.thresholds, strict=True))
    return {
        "code": Column(np.array([c.code for c in CATEGORIES], np.int32)),
        **texts(name=[c.name for c in CATEGORIES], colour=[c.colour for c in CATEGORIES]),
        "threshold": Column(np.array([thresholds.get(c.name, np.nan) for c in CATEGORIES])),
    }
