"""The grid of cells and patches: integers only.

A *cell* is ``stride`` x ``stride`` pixels; cells tile the scene from its upper-left corner,
``ceil(width / stride)`` columns by ``ceil(height / stride)`` rows, the last ones clipped to the scene.
A *patch* is what the model sees: ``size`` x ``size`` pixels, centred on its cell. At the scene's
edges the patch is moved inward to stay whole; the cell keeps its place.

Patch origins are multiples of ``unit``, the coarsest native pixel in use (in 10 m pixels: 1, 2
or 6), so that 20 m and 60 m bands are cut at whole pixels. Where (stride - size) / 2 is not such a
multiple the patch lies up to unit - 1 pixels up and left of the centre.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import DataError, JobError
from ..job import PATCH


@dataclass(frozen=True)
class Window:
    """Pixels [col, col + width) x [row, row + height) of the 10 m grid."""

    col: int
    row: int
    width: int
    height: int


@dataclass(frozen=True)
class Grid:
    """Cells and patches of a scene of ``width`` x ``height`` pixels of 10 m.

    Raises JobError where the stride is no multiple of ``unit``, DataError where the scene is smaller
    than one patch.
    """

    width: int
    height: int
    stride: int = PATCH
    size: int = PATCH
    unit: int = 1

    def __post_init__(self) -> None:
        if self.unit < 1 or self.size % self.unit:
            raise JobError(f"A patch of {self.size} px holds no whole number of {self.unit * 10} m pixels.")
        if not 1 <= self.stride <= self.size:
            raise JobError(
                f"Stride {self.stride} px is not between 1 and the patch size {self.size} px.",
                f"Use --stride {self.size}." if self.size > 0 else "",
            )
        if self.stride % self.unit:
            below = self.stride // self.unit * self.unit or self.unit
            raise JobError(
                f"Stride {self.stride} px is no multiple of {self.unit} px, the coarsest pixel of the bands in use.",
                f"Use --stride {below}.",
            )
        if self.usable_width < self.size or self.usable_height < self.size:
            raise DataError(
                f"The scene has {self.width} x {self.height} pixels of 10 m, fewer than one patch of "
                f"{self.size} x {self.size}.",
                "Give a larger cut-out.",
            )

    @property
    def usable_width(self) -> int:
        """Columns that whole coarse pixels cover."""
        return self.width // self.unit * self.unit

    @property
    def usable_height(self) -> int:
        return self.height // self.unit * self.unit

    @property
    def cols(self) -> int:
        return -(-self.width // self.stride)

    @property
    def rows(self) -> int:
        return -(-self.height // self.stride)

    @property
    def count(self) -> int:
        return self.rows * self.cols

    def cell(self, row: int, col: int) -> Window:
        """The cell's pixels, clipped to the scene. IndexError outside the grid."""
        self._check(row, col)
        x, y = col * self.stride, row * self.stride
        return Window(x, y, min(self.stride, self.width - x), min(self.stride, self.height - y))

    def patch(self, row: int, col: int) -> Window:
        """The patch of a cell: whole, inside the scene. IndexError outside the grid."""
        self._check(row, col)
        return Window(self.patch_left(col), self.patch_top(row), self.size, self.size)

    def patch_left(self, col: int) -> int:
        return self._start(col, self.usable_width)

    def patch_top(self, row: int) -> int:
        return self._start(row, self.usable_height)

    def _start(self, i: int, usable: int) -> int:
        wanted = i * self.stride - (self.size - self.stride) // 2
        wanted -= wanted % self.unit
        return min(max(wanted, 0), usable - self.size)

    def at(self, x: int, y: int) -> tuple[int, int]:
        """(row, col) of the cell that holds pixel column x, row y. IndexError outside the scene."""
        if not (0 <= x < self.width and 0 <= y < self.height):
            raise IndexError(f"pixel ({x}, {y}) lies outside {self.width} x {self.height}")
        return y // self.stride, x // self.stride

    def _check(self, row: int, col: int) -> None:
        if not (0 <= row < self.rows and 0 <= col < self.cols):
            raise IndexError(f"cell ({row}, {col}) lies outside {self.rows} rows x {self.cols} columns")
