"""The reader: numbers become harmonised DN, damage becomes an error, never zeros."""

import math
import struct
import threading
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from ben_core.errors import DataError
from ben_core.sample.safe import encode_jp2
from ben_core.scene import BandReader, BandSource, open_scene
from ben_core.scene.files import inspect, strip_rows
from ben_core.scene.harmonise import Harmoniser, harmonise


def source_of(path: Path, **changes: object) -> BandSource:
    file = inspect(str(path))
    given = {
        "path": str(path),
        "index": 1,
        "resolution": file.lattice.resolution,
        "width": file.lattice.width,
        "height": file.lattice.height,
        "block_rows": file.block_rows[0],
        "dtype": file.dtypes[0],
        "driver": file.driver,
        **changes,
    }
    return BandSource(**given)


def made_source(dtype: str, **changes: object) -> BandSource:
    return BandSource("made", 1, 10, 1, 1, 1, dtype, "GTiff", **changes)


def read(path: Path, **changes: object) -> np.ndarray:
    source = source_of(path, **changes)
    with BandReader(source) as reader:
        return reader.read_rows(0, source.height)


# -- what numbers become -----------------------------------------------------------------------------------------


@given(
    stored=st.integers(0, 65535),
    offset=st.sampled_from([-1000, 0, 37, 1000]),
    scale=st.sampled_from([1.0, 0.5, 10.0, 0.99]),
)
def test_dn_rule_by_hand(stored: int, offset: int, scale: float) -> None:
    found = int(harmonise(np.array([stored], np.uint16), made_source("uint16", scale=scale, offset=offset))[0])
    if stored == 0:
        assert found == 0
    elif stored == 65535:
        assert found == 65535
    else:
        exact = stored * scale + offset
        assert found == min(max(round(exact), 1), 65535) or abs(exact % 1 - 0.5) < 1e-9


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
@pytest.mark.parametrize(("scale", "offset", "nodata"), [(1, 0, 0), (1, -1000, 0), (0.5, 3, None), (2, 0, 200)])
def test_table_agrees_with_the_rule_on_every_value(dtype: str, scale: float, offset: float, nodata: float) -> None:
    info = np.iinfo(dtype)
    every = np.arange(info.min, info.max + 1, dtype=np.int64).astype(dtype).reshape(-1, 256)
    source = made_source(dtype, scale=scale, offset=offset, nodata=nodata)
    assert np.array_equal(Harmoniser(source)(every), harmonise(every, source))


def test_integers_that_are_dn_already_are_not_copied() -> None:
    values = np.arange(12, dtype=np.uint16).reshape(3, 4)
    assert Harmoniser(made_source("uint16"))(values) is values


def test_negative_int16_becomes_one_and_zero_stays_no_data() -> None:
    values = np.array([[-5, 0, 1, 2500]], np.int16)
    assert Harmoniser(made_source("int16"))(values).tolist() == [[1, 0, 1, 2500]]


def test_float_reflectance_with_nan_and_infinity() -> None:
    values = np.array([[0.1234, np.nan, np.inf, -np.inf, -9999, 0.0, 9.0]], np.float32)
    harmoniser = Harmoniser(made_source("float32", scale=10_000, nodata=-9999.0))
    # 0.0 is a value here, since the file declares another "no data"; 9.0 is above the scale.
    assert harmoniser(values).tolist() == [[1234, 0, 0, 0, 0, 1, 65535]]
    assert harmoniser.bad_values == 3
    declared = Harmoniser(made_source("float32", scale=10_000, nodata=math.nan))
    assert declared(values[:, :4]).tolist() == [[1234, 0, 0, 0]]
    assert declared.bad_values == 2  # NaN is declared, the infinities are not


# -- windows -----------------------------------------------------------------------------------------------------


def test_windows_are_parts_of_the_whole(write_tif) -> None:
    pixels = np.random.default_rng(1).integers(1, 9000, (300, 200), np.uint16)
    source = source_of(write_tif("a.tif", pixels, tiled=True, blockxsize=64, blockysize=64))
    with BandReader(source) as reader:
        assert np.array_equal(reader.read_rows(0, 300), pixels)
        assert np.array_equal(reader.read_rows(70, 191, 13, 150), pixels[70:191, 13:150])
        for window in [(0, 301), (-1, 5), (5, 5), (0, 10, 5, 201)]:
            with pytest.raises(IndexError):
                reader.read_rows(*window)


def test_a_closed_reader_says_so(write_tif) -> None:
    reader = BandReader(source_of(write_tif("a.tif", np.ones((8, 8), np.uint16))))
    with pytest.raises(ValueError, match="closed"):
        reader.read_rows(0, 8)


def test_bands_of_one_file_share_its_handle_and_close_it_together(write_tif) -> None:
    stack = np.stack([np.full((64, 64), v, np.uint16) for v in (100, 200)])
    path = write_tif("two.tif", stack, interleave="pixel")
    first, second = BandReader(source_of(path)), BandReader(source_of(path, index=2))
    first.open()
    second.open()
    first.close()
    assert (second.read_rows(0, 64) == 200).all()
    second.close()
    with BandReader(source_of(path)) as again:
        assert (again.read_rows(0, 64) == 100).all()


@given(
    rows=st.integers(1, 30),
    cols=st.integers(1, 30),
    seed=st.integers(0, 1000),
    window=st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
def test_finer_files_are_averaged_without_no_data(
    tmp_path_factory, rows: int, cols: int, seed: int, window: tuple[int, int]
) -> None:
    rng = np.random.default_rng(seed)
    fine = rng.integers(1, 9000, (rows, cols), np.uint16) * (rng.random((rows, cols)) > 0.3).astype(np.uint16)
    path = tmp_path_factory.mktemp("fine") / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", width=cols, height=rows, count=1, dtype="uint16") as file:
        file.write(fine, 1)
    height, width = -(-rows // 6), -(-cols // 6)
    source = BandSource(str(path), 1, 60, width, height, height, "uint16", "GTiff", stored=10)
    expected = np.zeros((height, width), np.uint16)
    for r in range(height):
        for c in range(width):
            block = fine[6 * r : 6 * r + 6, 6 * c : 6 * c + 6]
            if block.any():
                expected[r, c] = math.floor(block[block > 0].mean() + 0.5)
    row, col = min(window[0], height - 1), min(window[1], width - 1)
    with BandReader(source) as reader:
        assert np.array_equal(reader.read_rows(0, height), expected)
        assert np.array_equal(reader.read_rows(row, height, col), expected[row:, col:])


def test_coarser_files_are_repeated(write_tif) -> None:
    coarse = np.arange(1, 13, dtype=np.uint16).reshape(3, 4)
    path = write_tif("a.tif", coarse, resolution=20)
    source = source_of(path, resolution=10, stored=20, width=7, height=6)
    whole = np.kron(coarse, np.ones((2, 2), np.uint16))[:, :7]
    with BandReader(source) as reader:
        assert np.array_equal(reader.read_rows(0, 6), whole)
        assert np.array_equal(reader.read_rows(1, 4, 3, 6), whole[1:4, 3:6])


def test_strips_are_whole_blocks() -> None:
    assert strip_rows(1024, 10980) == 1024
    assert strip_rows(8, 377) == 256
    assert strip_rows(15, 264) == 264
    assert strip_rows(192, 1830) == 384


# -- damage ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def jp2_bytes() -> bytes:
    """2 x 2 tiles of 1024 x 1024 pixels, noise, no zero among them."""
    pixels = np.random.default_rng(0).integers(200, 6000, (2048, 1100), np.uint16)
    return encode_jp2(pixels, 500_000, 5_000_040, 10, 32633)


def cut_inside(jp2: bytes) -> bytes:
    """Two thirds of the file, its boxes mended so that only the decoder can notice."""
    at = jp2.find(b"jp2c")
    part = jp2[: len(jp2) * 2 // 3]
    return part[: at - 4] + struct.pack(">I", 0) + part[at:-2] + b"\xff\xd9"


@pytest.mark.parametrize("threads", ["1", "4", "ALL_CPUS"])
def test_a_truncated_jp2_is_an_error_and_never_zeros(
    tmp_path: Path, jp2_bytes: bytes, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GDAL_NUM_THREADS", threads)
    path = tmp_path / "cut.jp2"
    path.write_bytes(cut_inside(jp2_bytes))
    caught = []

    def go() -> None:
        with BandReader(source_of(path)) as reader:
            assert reader.read_rows(0, 1024).all()
            try:
                reader.read_rows(1024, 2048)
            except DataError as e:
                caught.append(e)

    go()
    other = threading.Thread(target=go)  # GDAL's settings belong to a thread
    other.start()
    other.join()
    assert len(caught) == 2
    for error in caught:
        assert error.exit_code == 3
        assert str(path) in error.message and "rows 1024 to 2047" in error.message
        assert "again" in error.hint


def test_flipped_bytes_in_a_jp2_are_an_error_or_stay_local(tmp_path: Path, jp2_bytes: bytes) -> None:
    """JPEG 2000 has no checksum: a flip may decode to other values, but must not crash or empty the band."""
    start = jp2_bytes.find(b"jp2c") + 200
    for seed in range(4):
        rng = np.random.default_rng(seed)
        flipped = bytearray(jp2_bytes)
        for at in rng.integers(start, len(jp2_bytes), 3):
            flipped[at] ^= 1 << int(rng.integers(8))
        path = tmp_path / f"{seed}.jp2"
        path.write_bytes(bytes(flipped))
        try:
            assert np.count_nonzero(read(path) == 0) < 10_000
        except DataError as e:
            assert str(path) in e.message


@pytest.mark.parametrize("damage", ["cut off", "overwritten"])
def test_a_corrupt_tiff_names_file_and_rows(write_tif, damage: str) -> None:
    pixels = np.random.default_rng(0).integers(1, 40, (512, 512), np.uint16)
    path = write_tif("a.tif", pixels, compress="deflate", tiled=True, blockxsize=256, blockysize=256)
    source = source_of(path)
    content = path.read_bytes()
    middle = len(content) * 3 // 4  # in the last row of blocks
    rest = b"" if damage == "cut off" else b"\xff" * 5000 + content[middle + 5000 :]
    path.write_bytes(content[:middle] + rest)
    with BandReader(source) as reader:
        assert np.array_equal(reader.read_rows(0, 256), pixels[:256])
        with pytest.raises(DataError, match="rows 256 to 511") as caught:
            reader.read_rows(256, 512)
    assert str(path) in caught.value.message


def test_a_file_that_vanished_is_an_error(tmp_path: Path, write_tif) -> None:
    path = write_tif("a.tif", np.ones((8, 8), np.uint16))
    source = source_of(path)
    path.unlink()
    with pytest.raises(DataError, match="cannot be opened"):
        BandReader(source).open()


def test_another_format_behind_a_known_ending_is_not_opened(tmp_path: Path, write_tif) -> None:
    disguised = tmp_path / "x.jp2"
    disguised.write_bytes(write_tif("a.tif", np.ones((8, 8), np.uint16)).read_bytes())
    with pytest.raises(DataError, match="cannot be opened"):
        inspect(str(disguised))


# -- real pixels -------------------------------------------------------------------------------------------------


def test_real_bands_read_as_an_independent_reader_does(ben_data: Path) -> None:
    folder = ben_data / "scenes" / "major_tom_T48QUE_thailand_2020-02-23"
    scene = open_scene([str(folder)])
    for name, source in scene.bands.items():
        with BandReader(source) as reader, rasterio.open(folder / f"{name}.tif") as file:
            parts = [
                reader.read_rows(row, min(row + source.block_rows, source.height))
                for row in range(0, source.height, source.block_rows)
            ]
            assert np.array_equal(np.concatenate(parts), file.read(1))
