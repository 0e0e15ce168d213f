"""Read a Sentinel-1 band on the scene's grid: warped on the fly, passes laid over each other, bounded memory."""

from __future__ import annotations

import math

import numpy as np
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.warp import transform as warp_points
from rasterio.windows import Window

from ..errors import DataError
from .decibels import BORDER_NOISE, decibels, drop_border_noise, power
from .grids import PROJECTION_ERRORS, TOLERANCE, Lattice
from .handles import Handle, first_line
from .remote import is_remote, unreadable
from .types import PIXEL, BandSource, PixelGrid

ROWS = 128  # rows of the grid computed at once
NODES = 64  # px between places that are projected exactly; the rest is interpolated (below 0.001 px off in UTM)
LOOK = 256  # px beside a window that are read at once to see where the low values at its side end
MOST_PIXELS = 1 << 26  # of a file, read at once: 256 MB of float32


class RadarReader:
    """The dB of one band; ``read_rows`` as in ``BandReader``, whose part this is."""

    def __init__(self, source: BandSource) -> None:
        assert source.backscatter is not None
        self._passes = [_Image(s) for s in (source, *source.backscatter.behind)]

    def open(self) -> None:
        for image in self._passes:
            image.open()

    def close(self) -> None:
        for image in self._passes:
            image.close()

    def read_rows(self, row0: int, row1: int, col0: int, col1: int) -> np.ndarray:
        """float32 dB (rows, cols), NaN for "no data": the first pass that has a value gives it."""
        out = np.full((row1 - row0, col1 - col0), np.nan, np.float32)
        # Rows are cut at multiples of ROWS, so that a value does not depend on what is read along with it.
        for start in range(row0 // ROWS * ROWS, row1, ROWS):
            top, bottom = max(start, row0), min(start + ROWS, row1)
            part = out[top - row0 : bottom - row0]
            for image in self._passes:
                missing = np.isnan(part)
                if not missing.any():
                    break
                np.copyto(part, image.read(top, bottom, col0, col1), where=missing)
        return out


class _Image:
    """One band of one pass."""

    def __init__(self, source: BandSource) -> None:
        assert source.backscatter is not None
        self.source = source
        self.grid = source.backscatter.grid
        self._handle: Handle | None = None

    def open(self) -> None:
        if self._handle is None:
            self._handle = Handle.of(self.source)
            self.lattice = self._handle.lattice
            self.shift = whole_shift(self.grid, self.lattice)
            # Finer pixels are averaged to about 10 m first: taking one of many would make the speckle stronger.
            self.finer = max(1, round(PIXEL / metres_a_pixel(self.lattice)))

    def close(self) -> None:
        if self._handle is not None:
            self._handle.release()
            self._handle = None

    def read(self, row0: int, row1: int, col0: int, col1: int) -> np.ndarray:
        """float32 dB of a window of the grid."""
        if self.shift is not None:
            return self._copied(row0 + self.shift[0], row1 + self.shift[0], col0 + self.shift[1], col1 + self.shift[1])
        out = np.full((row1 - row0, col1 - col0), np.nan, np.float32)
        x, y = self._places(row0, row1, col0, col1)
        n = self.finer
        height, width = self.lattice.height, self.lattice.width
        left, right = _span(x, n, width)
        top, bottom = _span(y, n, height)
        if left >= right or top >= bottom:
            return out
        db = self._stored(top, bottom, left, right)
        fine = _averaged(power(db), n)
        return _decibels(_bilinear(fine, (x - left) / n, (y - top) / n, out))

    def _copied(self, row0: int, row1: int, col0: int, col1: int) -> np.ndarray:
        """A window of the file itself, NaN beyond its edges."""
        out = np.full((row1 - row0, col1 - col0), np.nan, np.float32)
        top, bottom = max(row0, 0), min(row1, self.lattice.height)
        left, right = max(col0, 0), min(col1, self.lattice.width)
        if top < bottom and left < right:
            out[top - row0 : bottom - row0, left - col0 : right - col0] = self._stored(top, bottom, left, right)
        return out

    def _stored(self, top: int, bottom: int, left: int, right: int) -> np.ndarray:
        """dB of a window of the file, without border noise, whatever the window cuts it at."""
        db = self._read(top, bottom, left, right)
        ends = [self._ends_empty(db[:, side] < BORDER_NOISE, top, at, side) for side, at in ((0, left), (-1, right))]
        return drop_border_noise(db, *ends)

    def _ends_empty(self, low: np.ndarray, top: int, col: int, side: int) -> np.ndarray:
        """Rows from ``top`` on whose low values go on from ``col`` to "no data" or to the file's edge, to the left
        (``side`` 0) or to the right (-1); ``low``: the rows in question."""
        found, low = np.zeros(len(low), bool), low.copy()
        while low.any():
            left, right = (max(col - LOOK, 0), col) if side == 0 else (col, min(col + LOOK, self.lattice.width))
            if left == right:
                return found | low
            first, last = np.flatnonzero(low)[[0, -1]]
            here = slice(first, last + 1)
            db = self._read(top + first, top + last + 1, left, right)[:, :: -1 if side == 0 else 1]
            other = ~(db < BORDER_NOISE)
            meets = np.take_along_axis(db, other.argmax(axis=1)[:, None], axis=1)[:, 0]
            ended = other.any(axis=1)
            found[here] |= low[here] & ended & np.isnan(meets)
            low[here] &= ~ended
            col = left if side == 0 else right
        return found

    def _read(self, top: int, bottom: int, left: int, right: int) -> np.ndarray:
        """dB of a window of the file, border noise and all."""
        assert self._handle is not None, f"the reader of {self.source.path} is closed"
        if (bottom - top) * (right - left) > MOST_PIXELS:
            raise DataError(
                f"{self.source.path} has pixels of {metres_a_pixel(self.lattice):.2g} m: too many at once.",
                "Bring it to 10 m first: gdalwarp -tr 10 10 -r average IN.tif OUT.tif (of power, not of dB).",
                "blocks",
            )
        try:
            values = self._handle.read(self.source.index, Window(left, top, right - left, bottom - top))
        except RasterioError as e:
            if is_remote(self.source.path):
                raise unreadable(self.source.path, f"{first_line(e)} (rows {top} to {bottom - 1})") from e
            raise DataError(
                f"{self.source.path} is corrupt or cut off at rows {top} to {bottom - 1}: {first_line(e)}.",
                "Download the file again.",
                "corrupt",
            ) from e
        return decibels(values, self.source)

    def _places(self, row0: int, row1: int, col0: int, col1: int) -> tuple[np.ndarray, np.ndarray]:
        """float64 (rows, cols) each: x and y in the file's pixels (its outer corner is 0, 0) of pixel centres."""
        rows = np.arange(row0 // NODES, -(-row1 // NODES) + 1) * NODES
        cols = np.arange(col0 // NODES, -(-col1 // NODES) + 1) * NODES
        x, y = file_places(self.grid, self.lattice, cols + 0.5, rows + 0.5)
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise DataError(
                f"The coordinates of {self.source.path} cannot be brought to those of the scene.",
                "Is its georeference right?",
            )
        return tuple(_refined(v, row0, row1, col0, col1) for v in (x, y))  # type: ignore[return-value]


def whole_shift(grid: PixelGrid, lattice: Lattice) -> tuple[int, int] | None:
    """(rows, columns) to add to a place in the grid to find it in the file, where that is a matter of whole pixels."""
    if lattice.resolution != PIXEL or CRS.from_user_input(grid.crs) != lattice.crs:
        return None
    cols, rows = (grid.left - lattice.transform.c) / PIXEL, (lattice.transform.f - grid.top) / PIXEL
    if abs(cols - round(cols)) > TOLERANCE or abs(rows - round(rows)) > TOLERANCE:
        return None
    return round(rows), round(cols)


def metres_a_pixel(lattice: Lattice) -> float:
    """Size of a pixel at the raster's centre in metres (the root of its area; 0.1 % off is no matter here)."""
    t = lattice.transform
    area = abs(t.a * t.e - t.b * t.d)
    if not lattice.crs.is_geographic:
        return math.sqrt(area) * float(lattice.crs.linear_units_factor[1])
    degree = 111_320.0  # metres on the equator; WGS 84
    return math.sqrt(area * math.cos(math.radians(lattice.centre[1]))) * degree


def file_places(grid: PixelGrid, lattice: Lattice, cols: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the places (cols, rows) of the grid lie in the file: x, y in its pixels, (len(rows), len(cols)) each.

    Not finite where there is no way from one coordinate system to the other.
    """
    east, north = np.meshgrid(grid.left + PIXEL * cols, grid.top - PIXEL * rows)
    try:
        e, n = warp_points(grid.crs, lattice.crs, east.ravel(), north.ravel())
    except PROJECTION_ERRORS:
        return np.full(east.shape, np.inf), np.full(east.shape, np.inf)
    inverse: Affine = ~lattice.transform
    e, n = np.asarray(e).reshape(east.shape), np.asarray(n).reshape(east.shape)
    return inverse.a * e + inverse.b * n + inverse.c, inverse.d * e + inverse.e * n + inverse.f


def _refined(nodes: np.ndarray, row0: int, row1: int, col0: int, col1: int) -> np.ndarray:
    """Values at every pixel of a window between nodes that stand every NODES pixels."""
    r, c = np.arange(row0, row1) - row0 // NODES * NODES, np.arange(col0, col1) - col0 // NODES * NODES
    i, j = r // NODES, c // NODES
    v, u = ((r % NODES) / NODES)[:, None], (c % NODES) / NODES
    along = nodes[:, j] * (1 - u) + nodes[:, j + 1] * u
    return along[i] * (1 - v) + along[i + 1] * v


def _span(places: np.ndarray, n: int, size: int) -> tuple[int, int]:
    """First and last + 1 pixel of the file that these places need, at multiples of ``n``."""
    first = math.floor(places.min()) - n
    last = math.ceil(places.max()) + n
    return max(first // n * n, 0), min(-(-last // n) * n, size)


def _averaged(fine: np.ndarray, n: int) -> np.ndarray:
    """Means of n x n pixels, NaN left out; a rest at the edge is averaged by itself."""
    if n == 1:
        return fine
    rows, cols = -(-fine.shape[0] // n) * n, -(-fine.shape[1] // n) * n
    padded = np.full((rows, cols), np.nan, np.float32)
    padded[: fine.shape[0], : fine.shape[1]] = fine
    parts = padded.reshape(rows // n, n, cols // n, n)
    there = np.isfinite(parts)
    count = there.sum(axis=(1, 3))
    with np.errstate(invalid="ignore"):
        return (np.where(there, parts, 0).sum(axis=(1, 3)) / count).astype(np.float32)


def _bilinear(image: np.ndarray, x: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Values at (x, y), pixel centres at .5; NaN where the nearest pixel is NaN or outside, else NaN is left out."""
    padded = np.pad(image, 1, constant_values=np.nan)  # a ring of "no data"
    height, width = padded.shape
    x, y = x + 0.5, y + 0.5  # in padded pixels, centres at whole numbers
    near_x, near_y = np.floor(x + 0.5), np.floor(y + 0.5)
    inside = (near_x >= 0) & (near_x < width) & (near_y >= 0) & (near_y < height)
    x, y = np.clip(x, 0, width - 1.001), np.clip(y, 0, height - 1.001)
    j, i = x.astype(np.intp), y.astype(np.intp)
    u, v = (x - j).astype(np.float32), (y - i).astype(np.float32)
    flat, corner = padded.ravel(), i * width + j
    total, weights = np.zeros(out.shape, np.float32), np.zeros(out.shape, np.float32)
    for step, weight in ((0, (1 - u) * (1 - v)), (1, u * (1 - v)), (width, (1 - u) * v), (width + 1, u * v)):
        value = flat[corner + step]
        there = np.isfinite(value)
        weights += np.where(there, weight, 0)
        total += np.where(there, weight * value, 0)
    nearest = flat[(corner + (u >= 0.5) + (v >= 0.5) * width)]
    good = inside & np.isfinite(nearest)
    out[good] = total[good] / weights[good]
    return out


def _decibels(values: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return (10 * np.log10(values)).astype(np.float32)
