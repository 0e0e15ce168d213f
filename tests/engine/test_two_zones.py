"""One acquisition that a catalogue delivers in two UTM zones: two items, two maps, one mosaic."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.warp import transform

from ben_core.cli import run

from .made_items import collection, make_item, projected


@pytest.fixture
def both(tmp_path: Path) -> str:
    """Items of the same place in EPSG:32632 and EPSG:32633."""
    rng = np.random.default_rng(0)
    (x,), (y,) = transform("EPSG:32632", "EPSG:32633", [761_000.0], [5_000_000.0])
    items = []
    for zone, left, top in ((32632, 760_000.0, 5_000_400.0), (32633, round(x, -1), round(y, -1))):
        files = {}
        for band in ("B02", "B03", "B04", "B08"):
            files[band] = tmp_path / str(zone) / f"{band}.tif"
            files[band].parent.mkdir(exist_ok=True)
            with rasterio.open(
                files[band], "w", driver="GTiff", width=240, height=240, count=1, dtype="uint16", nodata=0,
                crs=f"EPSG:{zone}", transform=rasterio.Affine(10, 0, left, 0, -10, top),
            ) as f:  # fmt: skip
                f.write(rng.integers(300, 3000, (1, 240, 240)).astype(np.uint16))
        told = {"s2:processing_baseline": "03.00"}
        items.append(projected(make_item(files, id=f"S2A_{zone}_20230613", **told), files))
    path = tmp_path / "both.json"
    path.write_text(json.dumps(collection(*items)))
    return str(path)


def test_a_collection_in_two_zones_is_for_ben_batch(
    both: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["map", both, "--out", str(tmp_path / "map")]) == 2
    said = capsys.readouterr().err
    assert "2 items in 2 UTM zones (EPSG:32632, EPSG:32633)" in said and "ben batch FILE --out DIR" in said
    out = tmp_path / "out"
    assert run(["batch", both, "--out", str(out)]) == 0
    for zone in (32632, 32633):
        (made,) = (out / "scenes" / f"S2A_{zone}_20230613").glob("*_classes.tif")
        with rasterio.open(made) as d:
            assert d.crs.to_epsg() == zone and d.shape == (2, 2)
        with rasterio.open(out / "catalogue" / "mosaic" / f"EPSG{zone}_classes.tif") as d:
            assert (d.read(1) > 0).any()
    with rasterio.open(out / "catalogue" / "mosaic" / "EPSG3035_classes.tif") as d:
        together = d.read(1) > 0
    assert together.sum() > 6  # two maps of 2 x 2 cells, most of them over one another
