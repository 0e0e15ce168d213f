"""The laws of the grid: cells cover once, patches stay inside, indices invert, strips cover all rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ben_core.errors import DataError, JobError
from ben_core.patches.grid import Grid
from ben_core.patches.strips import strips_of


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    unit = draw(st.sampled_from([1, 2, 6]))
    size = draw(st.sampled_from([12, 24, 120]))
    stride = draw(st.integers(1, size // unit)) * unit
    side = st.integers(size + unit, 6 * size)
    return Grid(draw(side), draw(side), stride, size, unit)


@given(grids())
@settings(max_examples=200, deadline=None)
def test_cells_cover_the_scene_exactly_once(grid: Grid) -> None:
    covered = np.zeros((grid.height, grid.width), np.uint8)
    for row in range(grid.rows):
        for col in {0, grid.cols // 2, grid.cols - 1}:
            w = grid.cell(row, col)
            assert w.width > 0 and w.height > 0
            covered[w.row : w.row + w.height, w.col : w.col + w.width] += 1
    columns = {c for col in {0, grid.cols // 2, grid.cols - 1} for c in _columns(grid, col)}
    assert (covered[:, sorted(columns)] == 1).all()
    assert sum(grid.cell(0, c).width for c in range(grid.cols)) == grid.width
    assert sum(grid.cell(r, 0).height for r in range(grid.rows)) == grid.height


def _columns(grid: Grid, col: int) -> range:
    w = grid.cell(0, col)
    return range(w.col, w.col + w.width)


@given(grids(), st.data())
@settings(max_examples=300, deadline=None)
def test_patches_stay_whole_inside_and_aligned(grid: Grid, data: st.DataObject) -> None:
    row, col = data.draw(st.integers(0, grid.rows - 1)), data.draw(st.integers(0, grid.cols - 1))
    patch, cell = grid.patch(row, col), grid.cell(row, col)
    assert patch.width == patch.height == grid.size
    assert patch.col >= 0 and patch.col + grid.size <= grid.width
    assert patch.row >= 0 and patch.row + grid.size <= grid.height
    assert patch.col % grid.unit == 0 and patch.row % grid.unit == 0
    # The patch covers its cell, but for what a scene of no whole coarse pixels leaves at its far edges.
    assert patch.col <= cell.col and min(cell.col + cell.width, grid.usable_width) <= patch.col + grid.size
    assert patch.row <= cell.row and min(cell.row + cell.height, grid.usable_height) <= patch.row + grid.size
    # Away from the edges the patch is centred on its cell, to within one coarse pixel.
    wanted = col * grid.stride - (grid.size - grid.stride) / 2
    if wanted - grid.unit >= 0 and wanted + grid.size <= grid.usable_width:
        assert -grid.unit < patch.col - wanted < 1


@given(grids(), st.data())
@settings(max_examples=200, deadline=None)
def test_a_pixel_finds_its_cell(grid: Grid, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(0, grid.width - 1)), data.draw(st.integers(0, grid.height - 1))
    cell = grid.cell(*grid.at(x, y))
    assert cell.col <= x < cell.col + cell.width and cell.row <= y < cell.row + cell.height


@given(grids())
@settings(max_examples=200, deadline=None)
def test_strips_partition_the_rows_and_hold_their_patches(grid: Grid) -> None:
    strips = strips_of(grid)
    assert [s.number for s in strips] == list(range(len(strips)))
    assert [r for s in strips for r in range(s.first, s.last)] == list(range(grid.rows))
    for s in strips:
        for r in range(s.first, s.last):
            assert s.top <= grid.patch_top(r) and grid.patch_top(r) + grid.size <= s.bottom
        assert s.bottom - s.top <= max(1024, grid.stride) + grid.size
    assert [s.top for s in strips] == sorted(s.top for s in strips)


def test_a_sentinel_2_tile() -> None:
    grid = Grid(10980, 10980)
    assert (grid.rows, grid.cols, grid.count) == (92, 92, 8464)
    assert (grid.patch(0, 0).col, grid.patch(90, 90).col) == (0, 10800)
    # 10980 = 91.5 x 120: the last patch moves inward by half its side, its cell does not.
    assert (grid.patch(91, 91).col, grid.cell(91, 91).col, grid.cell(91, 91).width) == (10860, 10920, 60)


def test_a_stride_below_the_patch_is_centred() -> None:
    grid = Grid(10980, 10980, stride=60, unit=6)
    assert grid.patch(5, 5).col == 5 * 60 - 30
    assert grid.patch(0, 0).col == 0


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((119, 500), DataError, "fewer than one patch"),
        ((500, 500, 121), JobError, "between 1 and the patch size"),
        ((500, 500, 15, 120, 2), JobError, "Use --stride 14"),
        ((500, 500, 1, 120, 6), JobError, "Use --stride 6"),
    ],
)
def test_what_makes_no_grid_is_refused(arguments: tuple[int, ...], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        Grid(*arguments)
    assert words in str(caught.value)


def test_outside_the_grid_is_an_index_error() -> None:
    grid = Grid(500, 400)
    for row, col in ((-1, 0), (0, -1), (grid.rows, 0), (0, grid.cols)):
        with pytest.raises(IndexError):
            grid.cell(row, col)
    with pytest.raises(IndexError):
        grid.at(500, 0)
