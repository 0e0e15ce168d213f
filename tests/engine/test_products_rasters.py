"""The rasters, read by other software than wrote them."""

import json
import shutil
import subprocess
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
from rio_cogeo import cog_validate

from ben_core.nomenclature import CLC_LEVEL_1, ORDER_ALPHABETICAL
from ben_core.products.rasters import NO_LABEL_SET
from ben_core.products.types import MAPPED

RASTERS = ("classes", "labels", "probabilities", "groups")


def gdalinfo(path):
    if not shutil.which("gdalinfo"):
        pytest.skip("gdalinfo is not installed (Debian: gdal-bin)")
    run = subprocess.run(["gdalinfo", "-json", str(path)], capture_output=True, text=True, check=True)
    assert "Warning" not in run.stderr, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("kind", RASTERS)
def test_is_a_valid_cog(written, kind):
    valid, errors, warnings = cog_validate(written[2][kind], strict=True)
    assert valid, (errors, warnings)


def test_a_large_map_is_a_valid_cog_with_overviews(make_run, tmp_path):
    from ben_core.products.rasters import write_classes, write_probabilities
    from ben_core.products.view import view

    seen = view(*make_run(7200, 6000, stride=12))
    for write, *paths in (
        (write_classes, tmp_path / "c.tif", tmp_path / "c.tif.aux.xml", tmp_path / "c.qml"),
        (write_probabilities, tmp_path / "p.tif"),
    ):
        write(seen, *paths)
        assert cog_validate(paths[0], strict=True)[0]
    with rasterio.open(tmp_path / "c.tif") as src:
        assert src.overviews(1)
        np.testing.assert_array_equal(src.read(1), seen.top)


@pytest.mark.parametrize("kind", RASTERS)
def test_gdal_places_cells_where_the_grid_says(written, kind):
    _, record, files = written
    info = gdalinfo(files[kind])
    grid = record.scene.grid
    left, width, skew_x, top, skew_y, height = info["geoTransform"]
    # A hundredth of a 10 m pixel.
    assert (left, top) == pytest.approx((grid.left, grid.top), abs=0.1)
    assert (width, height) == pytest.approx((1200, -1200), abs=0.1 / record.grid.cols)
    assert (skew_x, skew_y) == (0, 0)
    assert info["size"] == [record.grid.cols, record.grid.rows]
    assert 'ID["EPSG",32633]' in info["coordinateSystem"]["wkt"].splitlines()[-1]


def test_gdal_shows_names_scale_and_nodata_of_probabilities(written):
    answers, _, files = written
    bands = gdalinfo(files["probabilities"])["bands"]
    assert [b["description"] for b in bands] == list(ORDER_ALPHABETICAL)
    assert {(b["type"], b["noDataValue"], b["scale"], b["offset"]) for b in bands} == {("UInt16", 65535, 0.0001, 0)}
    with rasterio.open(files["probabilities"]) as src:
        for i, name in enumerate(src.descriptions, 1):
            np.testing.assert_array_equal(src.read(i), answers.p[..., answers.classes.index(name)])


@pytest.mark.parametrize("kind", ["classes", "groups"])
def test_gdal_shows_the_legend_of_class_rasters(written, kind):
    names = ORDER_ALPHABETICAL if kind == "classes" else tuple(CLC_LEVEL_1.groups)
    info = gdalinfo(written[2][kind])
    band = info["bands"][0]
    assert band["noDataValue"] == 0
    assert band["colorInterpretation"] == "Palette"
    if kind == "classes":
        assert band["colorTable"]["entries"][7] == [0x00, 0xA6, 0x00, 255]  # Coniferous forest
    text = subprocess.run(["gdalinfo", str(written[2][kind])], capture_output=True, text=True, check=True).stdout
    for code, name in enumerate(names, 1):
        assert f"{code:>7}: {name}\n" in text
    assert info["rat"]["row"][6 if kind == "classes" else 1]["f"][:2] == [
        7 if kind == "classes" else 2,
        names[6 if kind == "classes" else 1],
    ]


@pytest.mark.parametrize("kind", ["classes", "groups"])
def test_qgis_style_lists_the_legend_and_no_more(written, kind):
    files = written[2]
    assert files[f"{kind}_style"].stem == files[kind].stem, "QGIS looks for the raster's own name"
    entries = ET.fromstring(files[f"{kind}_style"].read_text(encoding="utf-8")).findall(".//paletteEntry")
    want = gdalinfo(files[kind])["rat"]["row"]
    assert [[int(e.get("value")), e.get("label")] for e in entries] == [row["f"][:2] for row in want]
    with rasterio.open(files[kind]) as src:
        for e in entries:
            assert src.colormap(1)[int(e.get("value"))][:3] == tuple(bytes.fromhex(e.get("color")[1:]))


def test_labels_are_the_thresholds_on_the_probabilities(written):
    answers, record, files = written
    limits = dict(zip(answers.classes, record.thresholds, strict=True))
    with rasterio.open(files["labels"]) as labels, rasterio.open(files["probabilities"]) as probabilities:
        mask, p, names, tags = labels.read(1), probabilities.read(), probabilities.descriptions, labels.tags()
    assert mask.dtype == np.uint32
    mapped = answers.status == MAPPED
    assert (mask[~mapped] == NO_LABEL_SET).all()
    assert (mask[mapped] != NO_LABEL_SET).all()
    assert (mask[mapped] == 0).any(), "the run has cells without any label"
    for i, name in enumerate(names):
        assert tags[f"BIT_{i:02d}"] == f"{name} (p >= {limits[name]:g})"
        want = p[i] * 0.0001 >= limits[name] - 1e-9
        np.testing.assert_array_equal(mask[mapped] >> i & 1, want[mapped])


def test_pixels_of_the_class_raster_are_the_largest_probability(written):
    answers, _, files = written
    with rasterio.open(files["classes"]) as classes, rasterio.open(files["probabilities"]) as probabilities:
        code, p = classes.read(1), probabilities.read()
    mapped = answers.status == MAPPED
    np.testing.assert_array_equal(code[~mapped], 0)
    np.testing.assert_array_equal(code[mapped], p.argmax(axis=0)[mapped] + 1)


def test_a_scene_without_an_authority_keeps_its_crs(make_run, tmp_path):
    from dataclasses import replace

    from ben_core.products.rasters import write_labels
    from ben_core.products.view import view
    from ben_core.scene.types import PixelGrid

    wkt = rasterio.crs.CRS.from_proj4("+proj=laea +lat_0=40 +lon_0=9.5 +datum=WGS84 +units=m").to_wkt()
    answers, record = make_run(1200, 1200)
    record = replace(record, scene=replace(record.scene, grid=PixelGrid(wkt, 0.0, 0.0, 1200, 1200)))
    write_labels(view(answers, record), tmp_path / "l.tif")
    with rasterio.open(tmp_path / "l.tif") as src:
        assert src.crs.to_dict()["proj"] == "laea"
