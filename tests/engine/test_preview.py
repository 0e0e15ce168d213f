"""The live preview: each finished strip as a raster that a viewer lays over the scene while the run goes on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from ben_core import Job, map_scene
from ben_core.errors import Cancelled
from ben_core.products.journal import StripAnswers
from ben_core.products.legend import CATEGORIES, CODES
from ben_core.products.preview import top_codes
from ben_core.products.types import CLOUD, MAPPED, NOT_MAPPED


@pytest.fixture
def scene(write_tif: Any) -> Path:
    """Three strips of noise; the north-western corner holds no data."""
    rng = np.random.default_rng(5)
    for band in ("B02", "B03", "B04", "B08"):
        coarse = rng.integers(200, 3000, (2500 // 20, 700 // 20))
        pixels = np.kron(coarse, np.ones((20, 20), np.int64)).astype(np.uint16)
        pixels[:240, :240] = 0
        path = write_tif(f"scene/{band}.tif", pixels, nodata=0)
    return path.parent


class Previews:
    """Takes each preview when its event comes, as a viewer does: with the products they vanish."""

    def __init__(self) -> None:
        self.found: dict[tuple[int, int], tuple[np.ndarray, Any, Any, dict[int, Any], float | None]] = {}

    def __call__(self, type: str, **fields: Any) -> None:
        if type == "partial":
            with rasterio.open(fields["preview"]) as f:
                rows = fields["first_row"], fields["last_row"]
                self.found[rows] = f.read(1), f.transform, f.crs, f.colormap(1), f.nodata


def test_previews_are_the_rows_of_the_class_map(scene: Path, tmp_path: Path) -> None:
    previews = Previews()
    result = map_scene(Job(scene=(str(scene),), out=str(tmp_path / "out"), name="m"), previews)
    with rasterio.open(result.products["classes"]) as f:
        whole, transform, crs, colours = f.read(1), f.transform, f.crs, f.colormap(1)
    assert len(previews.found) == 3 and (whole == 0).any() and len(np.unique(whole)) > 2
    joined = []
    for (first, last), (codes, place, code_crs, palette, nodata) in sorted(previews.found.items()):
        assert codes.shape == (last - first, whole.shape[1])
        assert (
            place == rasterio.windows.transform(rasterio.windows.Window(0, first, 1, 1), transform) and code_crs == crs
        )
        assert palette == colours and nodata == 0 and palette[0][3] == 0
        assert palette[CATEGORIES[1].code] == (*CATEGORIES[1].rgb, 255)
        joined.append(codes)
    np.testing.assert_array_equal(np.concatenate(joined), whole)
    assert not [p for p in (tmp_path / "out").iterdir() if p.name.startswith(".")], "previews were left behind"


def test_a_resumed_run_shows_what_was_there_before(scene: Path, tmp_path: Path) -> None:
    job = Job(scene=(str(scene),), out=str(tmp_path / "out"), name="m")
    first, again = Previews(), Previews()
    with pytest.raises(Cancelled):
        map_scene(job, first, stop=lambda: bool(first.found))
    assert len(first.found) == 1
    previews = list((tmp_path / "out").glob(".ben-m-*/strip-*.tif"))
    assert len(previews) == 1
    previews[0].unlink()  # the journal of an older version has none
    map_scene(job, again)
    assert len(again.found) == 3
    rows = next(iter(first.found))
    np.testing.assert_array_equal(again.found[rows][0], first.found[rows][0])


def test_the_first_of_equals_is_the_first_by_code() -> None:
    classes = ("Urban fabric", "Arable land")  # the model's order is not that of the codes
    p = np.full((1, 3, 2), 5000, np.uint16)
    p[0, 1] = 4000, 3000
    p[0, 2] = NOT_MAPPED
    status = np.array([[MAPPED, MAPPED, CLOUD]], np.uint8)
    found = top_codes(StripAnswers(p, *[status] * 5, np.zeros((0, 0, 0), np.uint16), status, status), classes)
    assert found.tolist() == [[CODES["Arable land"], CODES["Urban fabric"], 0]]
