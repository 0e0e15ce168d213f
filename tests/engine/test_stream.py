"""Strips read ahead give the same pixels as the whole array would, and decode each block once."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ben_core.errors import DataError
from ben_core.patches import stream
from ben_core.patches.grid import Grid
from ben_core.patches.stream import Columns, read_strips
from ben_core.patches.strips import strips_of
from ben_core.scene.types import BandSource, Mask, PixelGrid, Scene


class FakeReader:
    """Serves slices of an array made beforehand; counts every row that it decodes."""

    arrays: ClassVar[dict[str, np.ndarray]] = {}
    decoded: ClassVar[Counter[tuple[str, int]]] = Counter()

    def __init__(self, source: BandSource) -> None:
        self.source = source

    def open(self) -> None: ...

    def close(self) -> None: ...

    def read_rows(self, row0: int, row1: int, col0: int = 0, col1: Any = None, harmonise: bool = True) -> np.ndarray:
        assert row0 % self.source.block_rows == 0 and 0 <= row0 < row1 <= self.source.height
        assert row1 % self.source.block_rows == 0 or row1 == self.source.height
        self.decoded.update((self.source.path, r) for r in range(row0, row1))
        return self.arrays[self.source.path][row0:row1, col0:col1]


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakeReader]]:
    monkeypatch.setattr(stream, "BandReader", FakeReader)
    yield FakeReader


def a_scene(width: int, height: int, blocks: tuple[int, int, int], seed: int) -> Scene:
    rng = np.random.default_rng(seed)
    bands, mask = {}, None
    for name, step, block in (("B02", 1, blocks[0]), ("B05", 2, blocks[1]), ("SCL", 2, blocks[2])):
        h, w = -(-height // step), -(-width // step)
        FakeReader.arrays[name] = rng.integers(
            0, 12 if name == "SCL" else 30, (h, w), np.uint8 if name == "SCL" else np.uint16
        )
        source = BandSource(name, 1, step * 10, w, h, block, "uint16", "GTiff")
        if name == "SCL":
            mask = Mask(source, "SCL", (0,), (3, 8, 9, 10), (11,))
        else:
            bands[name] = source
    FakeReader.decoded.clear()
    return Scene("s", "sentinel-2", "L2A", PixelGrid("EPSG:32633", 0, 0, width, height), bands, mask=mask)


@given(
    width=st.integers(26, 90),
    height=st.integers(26, 200),
    stride=st.integers(1, 12),
    blocks=st.tuples(st.integers(1, 70), st.integers(1, 40), st.integers(1, 40)),
    size=st.integers(1, 40),
    seed=st.integers(0, 9),
    keep=st.data(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_batches_are_the_windows_of_the_whole_arrays(
    width: int, height: int, stride: int, blocks: tuple[int, int, int], size: int, seed: int, keep: st.DataObject
) -> None:
    scene = a_scene(width, height, blocks, seed)
    grid = Grid(width, height, stride * 2, 24, 2)
    strips = strips_of(grid)
    chosen = [s for s in strips if keep.draw(st.booleans())] or [strips[-1]]
    whole = FakeReader.arrays
    for pixels in read_strips(scene, grid, ["B02", "B05"], chosen, Columns(0, width), threads=2):
        s = pixels.strip
        rows, cols = (a.ravel() for a in np.mgrid[s.first : s.last, : grid.cols])
        seen = 0
        for batch in pixels.batches(rows, cols, size):
            assert len(batch) <= size
            for i in range(len(batch)):
                p = grid.patch(int(batch.rows[i]), int(batch.cols[i]))
                for name, step in (("B02", 1), ("B05", 2)):
                    y, x = p.row // step, p.col // step
                    expected = whole[name][y : y + 24 // step, x : x + 24 // step]
                    np.testing.assert_array_equal(batch.bands[name][i], expected)
                scl = whole["SCL"][p.row // 2 : p.row // 2 + 12, p.col // 2 : p.col // 2 + 12]
                b02 = whole["B02"][p.row : p.row + 24, p.col : p.col + 24]
                b05 = whole["B05"][p.row // 2 : p.row // 2 + 12, p.col // 2 : p.col // 2 + 12]
                r, c = batch.rows[i] - s.first, batch.cols[i]
                valid = min((b02 > 0).mean(), (b05 > 0).mean(), (scl > 0).mean())
                assert pixels.valid[r, c] == pytest.approx(valid, abs=1e-6)
                assert pixels.cloud[r, c] == pytest.approx(np.isin(scl, (3, 8, 9, 10)).mean(), abs=1e-6)
                assert pixels.snow[r, c] == pytest.approx((scl == 11).mean(), abs=1e-6)
            seen += len(batch)
        assert seen == len(rows)
    assert max(FakeReader.decoded.values()) == 1, "a block was decoded twice"


@given(step=st.integers(1, 30), stride=st.integers(1, 12), height=st.integers(26, 150), seed=st.integers(0, 3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_overviews_of_strips_join_to_one_picture(step: int, stride: int, height: int, seed: int) -> None:
    scene = a_scene(61, height, (17, 9, 9), seed)
    grid = Grid(61, height, stride * 2, 24, 2)
    parts = [
        (-(-p.strip.first * grid.stride // step), p.overview(["B02"], step))
        for p in read_strips(scene, grid, ["B02", "B05"], strips_of(grid), Columns(0, 61), threads=1)
    ]
    rows = 0
    for top, part in parts:
        assert top == rows, "the parts leave a gap or overlap"
        assert part.shape[0] == 1 and part.shape[2] == -(-61 // step)
        rows += part.shape[1]
    assert -(-grid.usable_height // step) <= rows <= -(-height // step)


def test_only_the_columns_asked_for_are_read() -> None:
    scene = a_scene(90, 60, (16, 8, 8), 0)
    grid = Grid(90, 60, 24, 24, 2)
    for pixels in read_strips(scene, grid, ["B02", "B05"], strips_of(grid), Columns(48, 72), threads=1):
        assert pixels.bands["B02"].shape[1] == 24 and pixels.bands["B05"].shape[1] == 12
        (batch,) = pixels.batches(np.array([pixels.strip.first]), np.array([2]), 8)
        top = grid.patch(pixels.strip.first, 2).row
        np.testing.assert_array_equal(batch.bands["B05"][0], FakeReader.arrays["B05"][top // 2 : top // 2 + 12, 24:36])


def test_a_reader_that_fails_ends_the_stream_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = a_scene(90, 200, (16, 8, 8), 0)
    grid = Grid(90, 200, 24, 24, 2)

    def broken(self: FakeReader, row0: int, *_: Any, **__: Any) -> np.ndarray:
        raise DataError("B05 is cut off")

    monkeypatch.setattr(FakeReader, "read_rows", broken)
    with pytest.raises(DataError, match="cut off"):
        list(read_strips(scene, grid, ["B02", "B05"], strips_of(grid), Columns(0, 90), threads=2))
