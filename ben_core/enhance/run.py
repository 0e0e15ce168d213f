"""A scene's true colour, eight times as fine. Read this first.

area -> tiles -> generator -> COG
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..clock import Progress
from ..errors import Cancelled, DataError, JobError
from ..events import Emit, silent
from ..machine import cores
from ..models import find_card
from ..patches.cells import pixels_within
from ..patches.grid import Window
from ..products.cog import ColourCog
from ..scene import BandReader, Scene, check_radiometry, open_scene, require_bands
from ..scene.aoi import read_area
from ..scene.types import PIXEL
from ..storage import check_free
from ..version import __version__
from .margin import measured_margin, probes_of
from .tiles import Tile, tiles_of

if TYPE_CHECKING:
    from ..models.enhancer import Enhancer

LARGE = 100.0  # km²: 64 million pixels out, half an hour on two CPU cores (measured: 600 pixels of 10 m a second)
INVENTED = (
    "The finer image is invented by a network: its detail is plausible, not measured. Look at it; measure, count and map "
    "in the original."
)


@dataclass(frozen=True)
class Enhanced:
    """What a run made: the file, its size in pixels, the context a tile had (10 m pixels), (code, message) pairs."""

    path: Path
    width: int
    height: int
    margin: int
    warnings: tuple[tuple[str, str], ...]


def super_resolve(
    scene: Sequence[str],
    out: str,
    model: str,
    *,
    aoi: str | None = None,
    aoi_crs: str | None = None,
    device: str = "auto",
    threads: int = 0,
    large: bool = False,
    overwrite: bool = False,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
    **opening: Any,
) -> Enhanced:
    """Draw the true colour of a scene at 1.25 m into the COG ``out``, which appears whole or not at all.

    model    a card of the family rfb_esrgan or sr_resnet50
    aoi      area as for ``map_scene``; pixels outside it are "no data". None: the whole scene
    large    go on where the area is larger than 100 km²
    opening  what else ``open_scene`` takes: bands, scale, offset, acquired, allow_l1c
    The COG: uint16 red, green, blue; reflectance x 10000 as in Sentinel-2 products before baseline 04.00, at least
    1; 0 is "no data". Raises JobError, DataError, StorageError, Cancelled.
    """
    path = _output(out, overwrite)
    emit("step", name="open", text="Opening the scene")
    found = open_scene(scene, **opening)
    card = find_card(model)
    require_bands(found, card.bands)
    _require_fine(found, card.bands)
    shape = None if aoi is None else read_area(aoi, aoi_crs, found.grid)
    area = Window(0, 0, found.grid.width, found.grid.height) if shape is None else _window(shape.bounds, found)

    emit("step", name="load", text="Loading the model")
    from ..models.enhancer import load_enhancer  # brings PyTorch

    enhancer = load_enhancer(model, device=device, threads=threads or cores())
    _check_size(area, enhancer.scale, large)
    warnings = (("invented", INVENTED), *found.notes, *check_radiometry(found), *(("model", w) for w in card.warnings))
    for code, message in warnings:
        emit("warning", code=code, message=message)

    width, height = found.grid.width, found.grid.height
    with _readers(found, card.bands) as read, _cog(path, found, area, enhancer) as cog:
        emit("step", name="measure", text="Measuring how much context a tile needs")

        def draw(tile: Tile) -> np.ndarray:
            return enhancer.draw(read(tile.seen), tile.context)

        margin = measured_margin(draw, probes_of(area), width, height, enhancer.reach)
        emit("step", name="draw", text=f"Drawing with {margin} pixels of context around each tile")
        tiles = list(tiles_of(area, width, height, margin))
        progress = Progress(emit, len(tiles), 0, unit="tiles")
        for tile in tiles:
            if stop():
                raise Cancelled("The run was stopped.", "Nothing was written; run the same command to begin again.")
            wanted = np.ones((tile.core.height, tile.core.width), bool)
            if shape is not None:
                wanted = pixels_within(shape, found.grid, tile.core, touching=True)
            if wanted.any():
                valid = wanted & read(tile.core).all(axis=0)
                cog.write(_stored(draw(tile), valid), _finer(tile.core, area, enhancer.scale))
            progress.add(1)
        emit("step", name="write", text="Writing the COG")
    emit("output", kind="enhanced", path=str(path))
    return Enhanced(path, area.width * enhancer.scale, area.height * enhancer.scale, margin, warnings)


def _output(out: str, overwrite: bool) -> Path:
    path = Path(out)
    if path.suffix.lower() not in (".tif", ".tiff"):
        raise JobError(f"--out {out!r} names no GeoTIFF.", "Give the path of a file that ends in .tif.")
    check_free(path, overwrite)
    return path


def _require_fine(scene: Scene, bands: Sequence[str]) -> None:
    coarse = [b for b in bands if scene.bands[b].resolution != PIXEL]
    if coarse:
        raise DataError(
            f"{scene.name} has {', '.join(coarse)} at {scene.bands[coarse[0]].resolution} m only.",
            "Give a product with its 10 m bands.",
        )


def _window(bounds: tuple[float, float, float, float], scene: Scene) -> Window:
    """The pixels of the scene that a box in its CRS touches."""
    left, bottom, right, top = bounds
    grid = scene.grid
    first_col = int(np.clip(np.floor((left - grid.left) / PIXEL), 0, grid.width - 1))
    first_row = int(np.clip(np.floor((grid.top - top) / PIXEL), 0, grid.height - 1))
    last_col = int(np.clip(np.ceil((right - grid.left) / PIXEL), first_col + 1, grid.width))
    last_row = int(np.clip(np.ceil((grid.top - bottom) / PIXEL), first_row + 1, grid.height))
    return Window(first_col, first_row, last_col - first_col, last_row - first_row)


def _check_size(area: Window, scale: int, large: bool) -> None:
    size = area.width * area.height * (PIXEL / 1000) ** 2
    if size <= LARGE or large:
        return
    width, height = area.width * scale, area.height * scale
    raise JobError(
        f"The area's box of {size:,.0f} km² would become {width:,} x {height:,} pixels, "
        f"{width * height * 6 / 1e9:,.1f} GB before compression.",
        f"Give a smaller --aoi (up to {LARGE:g} km²), or say --large if you mean it.",
        "large",
    )


@contextmanager
def _readers(scene: Scene, bands: Sequence[str]) -> Iterator[Callable[[Window], np.ndarray]]:
    """A function that reads a window of the bands: uint16 DN (bands, rows, columns), 0 where there is no data."""
    with ExitStack() as stack:
        readers = [stack.enter_context(BandReader(scene.bands[b])) for b in bands]

        def read(w: Window) -> np.ndarray:
            return np.stack([r.read_rows(w.row, w.row + w.height, w.col, w.col + w.width) for r in readers])

        yield read


def _stored(reflectance: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """uint16 DN; 0 where the 10 m pixel is not ``valid``."""
    scale = reflectance.shape[1] // valid.shape[0]
    dn = np.rint(reflectance * 10000).clip(1, 10000).astype(np.uint16)
    dn[:, ~valid.repeat(scale, axis=0).repeat(scale, axis=1)] = 0
    return dn


def _finer(core: Window, area: Window, scale: int) -> Window:
    """The output's pixels of a core."""
    return Window((core.col - area.col) * scale, (core.row - area.row) * scale, core.width * scale, core.height * scale)


def _cog(path: Path, scene: Scene, area: Window, enhancer: Enhancer) -> ColourCog:
    return ColourCog(
        path,
        width=area.width * enhancer.scale,
        height=area.height * enhancer.scale,
        left=scene.grid.left + PIXEL * area.col,
        top=scene.grid.top - PIXEL * area.row,
        pixel=PIXEL / enhancer.scale,
        crs=scene.grid.crs,
        names=tuple(f"{band}, reflectance x 10000, invented detail" for band in enhancer.card.bands),
        tags=_tags(scene, enhancer),
    )


def _tags(scene: Scene, enhancer: Enhancer) -> Mapping[str, str]:
    tags = {
        "TIFFTAG_SOFTWARE": f"BigEarthNet Mapper {__version__}",
        "TIFFTAG_IMAGEDESCRIPTION": INVENTED,
        "SCENE": scene.name,
        "MODEL": enhancer.card.name,
        "WEIGHTS": enhancer.model.weights.sha256,
        "CONTENT": "reflectance x 10000 (uint16), 0 is no data; 1.25 m drawn from 10 m",
    }
    return tags | ({"ACQUIRED": scene.acquired} if scene.acquired else {})
