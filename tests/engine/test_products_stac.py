"""The STAC item, as pystac and the published core schemas see it."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio

from ben_core.nomenclature import ORDER_ALPHABETICAL
from ben_core.products import product_names
from ben_core.products.stac import footprint, item
from ben_core.products.view import view
from ben_core.scene.types import PixelGrid


@pytest.fixture(scope="module")
def document(written):
    return json.loads(written[2]["item"].read_text(encoding="utf-8"))


def check_core(document):
    """Raises where the core schema of STAC 1.1, which pystac brings along, objects."""
    schemas = pystac.Item.from_dict({**document, "stac_extensions": []}).validate()
    assert any("v1.1.0/item-spec" in s for s in schemas)


def test_core_schema_and_pystac_accept_it(document):
    check_core(document)
    with pytest.raises(pystac.STACValidationError):
        check_core({**document, "properties": {**document["properties"], "gsd": "coarse"}})
    found = pystac.Item.from_dict(document)
    assert found.datetime.isoformat() == "2017-06-13T10:10:31+00:00"
    assert found.to_dict()["assets"].keys() == document["assets"].keys()


def test_assets_are_the_files_beside_it(written, document):
    files = written[2]
    hrefs = {kind: asset["href"] for kind, asset in document["assets"].items()}
    assert set(hrefs) == {k for k in files if k != "item" and not k.endswith(("_legend", "_style"))}
    for kind, href in hrefs.items():
        assert (files["item"].parent / href).samefile(files[kind])
    links = {link["rel"]: link["href"] for link in document["links"]}
    assert links["derived_from"] == "S2A_MSIL2A_20170613T101031_N0500_R022_T33UUP_20170613T101031"
    assert (files["item"].parent / links["mlm:model"]).is_file()


@pytest.mark.parametrize("kind", ["classes", "labels", "probabilities", "groups"])
def test_raster_fields_are_those_of_the_files(written, document, kind):
    asset = document["assets"][kind]
    with rasterio.open(written[2][kind]) as src:
        assert asset["proj:shape"] == list(src.shape)
        assert asset["proj:transform"] == list(src.transform)[:6]
        assert asset["proj:bbox"] == list(src.bounds)
        assert document["properties"]["proj:code"] == src.crs.to_string()
        for i, band in enumerate(asset.get("bands", [asset])):
            assert band["data_type"] == src.dtypes[i]
            assert band["nodata"] == src.nodata
        if kind == "probabilities":
            assert [b["description"] for b in asset["bands"]] == list(src.descriptions)
            assert [b["raster:scale"] for b in asset["bands"]] == list(src.scales)
        if kind in ("classes", "groups"):
            colours = src.colormap(1)
            for c in asset["classification:classes"][1:]:
                assert tuple(bytes.fromhex(c["color_hint"])) == colours[c["value"]][:3]


def test_bits_are_named(document):
    bits = document["assets"]["labels"]["classification:bitfields"]
    assert [b["description"] for b in bits] == list(ORDER_ALPHABETICAL)
    assert [b["offset"] for b in bits] == list(range(19))


def test_says_whose_data_they_are(make_run, document):
    assert document["properties"]["attribution"] == "Contains modified Copernicus Sentinel data [2017]"
    other = describe(*make_run(1200, 1200, sensor="unknown"))
    assert "attribution" not in other["properties"]


def test_an_unknown_time_is_an_interval_and_said(make_run):
    document = describe(*make_run(1200, 1200, acquired=None))
    check_core(document)
    assert pystac.Item.from_dict(document).datetime is None
    assert "unknown" in document["properties"]["ben:acquisition"]
    assert document["properties"]["attribution"] == "Contains modified Copernicus Sentinel data"


def test_a_hostile_name_stays_a_name(make_run):
    document = describe(*make_run(1200, 1200, name="../a b?c#d%2e"))
    assert document["links"][0]["href"] == "..%2Fa%20b%3Fc%23d%252e"
    check_core(document)


def test_footprint_follows_the_grid(written, document):
    ring = np.array(document["geometry"]["coordinates"][0])
    assert (ring[0] == ring[-1]).all()
    x, y = rasterio.warp.transform("EPSG:4326", "EPSG:32633", *ring.T)
    left, bottom, right, top = written[1].scene.grid.bounds
    on_edge = np.minimum.reduce(
        [np.abs(np.subtract(x, v)) for v in (left, right)] + [np.abs(np.subtract(y, v)) for v in (bottom, top)]
    )
    assert on_edge.max() < 0.05, "every point of the ring lies on the border of the grid"
    area = np.sum(ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1])
    assert area > 0, "counter-clockwise, as GeoJSON asks"
    west, south, east, north = document["bbox"]
    assert (ring.min(axis=0) == (west, south)).all() and (ring.max(axis=0) == (east, north)).all()


def test_footprint_across_the_180th_meridian(make_run):
    answers, record = make_run(3660, 3600)
    grid = PixelGrid("EPSG:32660", 620_000.0, 7_300_020.0, 3660, 3600)
    record = dataclasses.replace(record, scene=dataclasses.replace(record.scene, grid=grid))
    geometry, (west, south, east, north) = footprint(view(answers, record))
    assert geometry["type"] == "MultiPolygon"
    assert west > 179 and east < -179 and south < north
    for part in geometry["coordinates"]:
        lon = [x for x, _ in part[0]]
        assert max(lon) - min(lon) < 1


def describe(answers, record):
    files = {kind: Path(name) for kind, name in product_names("m", record.legend).items()}
    return item(view(answers, record), files, "m")
