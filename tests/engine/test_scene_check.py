"""Pixels that contradict what is said about them are noticed before a run."""

from pathlib import Path

import numpy as np
import pytest

from ben_core.errors import DataError
from ben_core.scene import Scene, check_radiometry, open_scene, require_bands

SIDE = 600


def land(darkest: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(darkest, darkest + 3000, (SIDE, SIDE), np.uint16)


@pytest.fixture
def scene_of(write_tif):
    def make(*bands: np.ndarray, offset: float | None = None) -> Scene:
        names = ["B02", "B04"][: len(bands)]
        return open_scene([str(write_tif("a.tif", np.stack(bands), descriptions=names))], offset=offset)

    return make


def codes(scene: Scene) -> list[str]:
    return [code for code, _ in check_radiometry(scene)]


@pytest.mark.parametrize(
    ("darkest", "offset", "expected"),
    [
        (80, None, []),  # as before baseline 04.00
        (1080, -1000, []),  # as after it
        (80, -1000, ["offset-doubtful"]),  # harmonised already, although an offset is said
        (1200, None, ["offset-missing"]),  # the offset is still in
    ],
)
def test_offsets(scene_of, darkest: int, offset: float | None, expected: list[str]) -> None:
    scene = scene_of(land(darkest), land(darkest, 1), offset=offset)
    notes = check_radiometry(scene)
    assert [code for code, _ in notes] == expected
    assert all("--offset" in message for _, message in notes)


def test_a_little_dark_water_raises_no_doubt(scene_of) -> None:
    pixels = land(1080)
    pixels[: SIDE // 3] = 1020  # deep water: reflectance 0.002
    assert codes(scene_of(pixels, pixels, offset=-1000)) == []


def test_old_baselines_have_no_offset_however_bright(write_tif) -> None:
    bright = write_tif("S2A_MSIL2A_20180101T100321_N0208_R122_T33UUP.tif", land(1200), descriptions=["B02"])
    assert codes(open_scene([str(bright)])) == []


def test_one_bright_band_alone_is_no_evidence(scene_of) -> None:
    assert codes(scene_of(land(1200), land(80))) == []


def test_saturated_pixels_are_said(scene_of) -> None:
    pixels = land(80)
    pixels[::5] = 65535
    assert codes(scene_of(pixels, land(80))) == ["saturated"]


def test_all_no_data_is_refused(scene_of) -> None:
    empty = np.zeros((SIDE, SIDE), np.uint16)
    with pytest.raises(DataError, match="holds no data") as caught:
        check_radiometry(scene_of(empty, empty))
    assert caught.value.exit_code == 3


def test_a_few_pixels_between_the_samples_are_found(scene_of) -> None:
    pixels = np.zeros((SIDE, SIDE), np.uint16)
    pixels[-1, 3] = 500
    assert codes(scene_of(pixels, pixels)) == []


def test_all_nan_is_refused(write_tif) -> None:
    path = write_tif("a.tif", np.full((SIDE, SIDE), np.nan, np.float32), descriptions=["B02"])
    with pytest.raises(DataError, match="no valid value"):
        open_scene([str(path)])


def test_missing_bands_are_named_with_what_there_is(scene_of) -> None:
    scene = scene_of(land(80), land(80))
    require_bands(scene, ["B04", "B02"])
    with pytest.raises(DataError, match=r"lacks the bands B03, B08 .found: B02, B04; searched: .*a.tif") as caught:
        require_bands(scene, ["B02", "B03", "B08"])
    assert caught.value.code == "missing-band"


def test_real_scenes_agree_with_what_is_said(ben_data: Path) -> None:
    folder = ben_data / "scenes" / "ssl4eo_s12_0000200"
    for path in (folder / "s2a" / "0000200").iterdir():
        assert codes(open_scene([str(path)])) == []
    for path in (folder / "s2c" / "0000200").iterdir():  # haze lifts top-of-atmosphere blue above 1000
        assert codes(open_scene([str(path)], allow_l1c=True)) == []
