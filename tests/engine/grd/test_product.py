"""Which raw products can serve, and what is said of those that cannot."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio

from ben_core.errors import BenError, DataError
from ben_core.run.raw_radar import Recipe, prepare
from ben_core.scene import open_scene
from ben_core.scene.grd import geometry_of, is_raw, open_grd
from ben_core.scene.grd.numbers import moment
from ben_core.scene.types import PixelGrid

from .. import made_grd as made
from ..made_grd import GRID

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

# Times


def test_times_are_utc_and_of_sentinel_1() -> None:
    assert moment("2021-12-23T05:11:22.594441", "t", "f") == moment("2021-12-23T07:11:22.594441+02:00", "t", "f")
    for text in ("0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00", "9999-12-31T23:59:59-05:00", "yesterday", None):
        with pytest.raises(DataError, match="is no time"):
            moment(text, "t", "f")


# What cannot serve


def test_the_real_product_as_it_stands(data: Path) -> None:
    with pytest.raises(DataError, match=r"lacks files of VH \(measurement, annotation, calibration, noise\).*VV alone"):
        open_grd(made.real_safe(data))


def test_all_zero_measurements(copy: Path, recipe: Recipe, tmp_path: Path) -> None:
    made.write_pixels(copy, "vh", np.zeros((512, 512), np.uint16))
    with pytest.raises(DataError, match=r"measurement of VH.*holds no signal"):
        prepare(copy, tmp_path / "out", recipe, GRID)
    made.measurement(copy, "vv").unlink()
    shutil.copy(made.measurement(copy, "vh"), made.measurement(copy, "vv"))
    with pytest.raises(DataError, match=r"measurement of VV.*holds no signal"):
        prepare(copy, tmp_path / "out", recipe, GRID)


@pytest.mark.parametrize("part", ["measurement", "annotation", "calibration", "noise"])
@pytest.mark.parametrize("pol", ["vv", "vh"])
def test_missing_parts_are_named(copy: Path, part: str, pol: str) -> None:
    pattern = {
        "measurement": "measurement/*-{}-*",
        "annotation": "annotation/s1b-*-{}-*",
        "calibration": "annotation/calibration/calibration-*-{}-*",
        "noise": "annotation/calibration/noise-*-{}-*",
    }[part]
    next(copy.glob(pattern.format(pol))).unlink()
    with pytest.raises(DataError, match=rf"lacks files of {pol.upper()} \({part}\)"):
        open_grd(copy)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("S1B_IW_SLC__1SDV_20211223T051121_20211223T051148_030148_039993_0001.SAFE", "SLC product"),
        ("S1B_IW_OCN__2SDV_20211223T051121_20211223T051148_030148_039993_0001.SAFE", "OCN product"),
        ("S1B_EW_GRDM_1SDV_20211223T051121_20211223T051148_030148_039993_0001.SAFE", "mode EW"),
        ("S1B_S3_GRDH_1SDV_20211223T051121_20211223T051148_030148_039993_0001.SAFE", "mode S3"),
        ("S1B_IW_GRDH_1SSV_20211223T051121_20211223T051148_030148_039993_0001.SAFE", "VV alone"),
        ("S1B_IW_GRDH_1SDH_20211223T051121_20211223T051148_030148_039993_0001.SAFE", "HH and HV"),
    ],
)
def test_kinds_that_cannot_serve(copy: Path, name: str, said: str) -> None:
    other = copy.rename(copy.with_name(name))
    assert is_raw(other)
    with pytest.raises(DataError, match=said):
        open_grd(other)
    with pytest.raises(DataError, match="raw Sentinel-1 product"):
        open_scene([str(other)])


def test_names_do_not_decide_what_a_product_is(copy: Path) -> None:
    renamed = copy.rename(copy.with_name("rome"))
    assert is_raw(renamed) and open_grd(renamed).name == "rome"
    for path in renamed.glob("annotation/*.xml"):
        path.write_text(path.read_text().replace("<mode>IW</mode>", "<mode>EW</mode>"))
    with pytest.raises(DataError, match="mode EW"):
        open_grd(renamed)


def edit(pattern: str, old: str, new: str) -> Callable[[Path], None]:
    def change(safe: Path) -> None:
        for path in safe.glob(pattern):
            text = path.read_text()
            changed = re.sub(old, new, text, flags=re.DOTALL)
            assert changed != text
            path.write_text(changed)

    return change


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (edit("annotation/*-vh-*.xml", "<polarisation>VH", "<polarisation>VV"), "not of VH"),
        (edit("annotation/calibration/noise-*-vv-*", "<startTime>2021", "<startTime>2020"), "of another image"),
        (edit("annotation/*-vv-*.xml", "<numberOfLines>16705", "<numberOfLines>900000000"), "no image of Sentinel-1"),
        (edit("annotation/*-vv-*.xml", "<numberOfLines>16705", "<numberOfLines>16700"), "differ in time or size"),
        (edit("annotation/*-vv-*.xml", "<sr0>7.99", "<sr0>x"), "sr0 holds no numbers"),
        (edit("annotation/*-v?-*.xml", "<sr0>7.99", "<sr0>7.89"), "geolocation grid lie"),
        (edit("annotation/*-v?-*.xml", "<slantRangeTime>[^<]*", "<slantRangeTime>1e300"), "leaves the image"),
        (edit("annotation/*-v?-*.xml", "(<productFirstLineUtcTime>)2021", r"\g<1>0001"), "is no time"),
        (edit("annotation/*-v?-*.xml", "<orbitList.*</orbitList>", ""), "no orbit"),
        (edit("annotation/*-v?-*.xml", r"<x>4.712297916925000e\+06", "<x>4.812e+06"), "no orbit of Sentinel-1"),
        (edit("annotation/*-v?-*.xml", "<geolocationGridPointList.*</geolocationGridPointList>", ""), "no geolocation"),
        (edit("annotation/*-v?-*.xml", "<coordinateConversionList.*</coordinateConversionList>", ""), "coordinateConv"),
        (edit("annotation/calibration/cal*-vv-*", r"(<sigmaNought[^>]*>)\d", r"\g<1>-"), "not above zero|no numbers"),
        (edit("annotation/calibration/noise-*-vv-*", r'(<noiseRangeLut count="\d+">)[^ ]+ ', r"\1"), "pixels and"),
        (
            edit("annotation/calibration/noise-*-vv-*", r"<noiseRangeVectorList.*</noiseRangeVectorList>", ""),
            "noiseVector",
        ),
        (edit("manifest.safe", r'version="003.40"', 'version="002.36"'), "IPF 002.36"),
        (edit("manifest.safe", r'version="003.40"', 'version=""'), "which processor"),
        (edit("manifest.safe", r"^", "<!DOCTYPE x [<!ENTITY a 'b'>]>"), "document type|well-formed"),
    ],
)
def test_hostile_metadata(copy: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(copy)
    with pytest.raises(BenError, match=said):
        geometry_of(open_grd(copy))


def test_measurement_of_another_size(copy: Path, recipe: Recipe, tmp_path: Path) -> None:
    path = made.measurement(copy, "vv")
    path.unlink()
    with rasterio.open(path, "w", driver="GTiff", dtype="uint16", count=1, width=100, height=100) as d:
        d.write(np.ones((1, 100, 100), np.uint16))
    with pytest.raises(DataError, match="its annotation says one of uint16"):
        prepare(copy, tmp_path / "out", recipe, GRID)


def test_what_is_no_product_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no file or folder"):
        open_grd(tmp_path / f"{made.NAME}.zip")
    (tmp_path / f"{made.NAME}.tif").write_bytes(b"II")
    with pytest.raises(DataError, match="is no Sentinel-1 product"):
        open_grd(tmp_path / f"{made.NAME}.tif")
    (tmp_path / f"{made.NAME}.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match="no readable zip"):
        open_grd(tmp_path / f"{made.NAME}.zip")
    with pytest.raises(DataError, match="no Sentinel-1 product"):
        open_grd(tmp_path)


def test_a_grid_elsewhere(safe: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="shows nothing of the grid"):
        prepare(safe, tmp_path, Recipe(height=0.0), PixelGrid("EPSG:32620", 500000.0, 100000.0, 100, 100))
