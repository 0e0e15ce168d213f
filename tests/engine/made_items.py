"""STAC items made for tests: in the style of each well-known catalogue, over band files on disk or on a server."""

from pathlib import Path
from typing import Any

import rasterio

# What an asset is called, and what it says of its band: (key, fields of eo:bands or bands).
COMMON_NAMES = {
    "B01": "coastal", "B02": "blue", "B03": "green", "B04": "red", "B05": "rededge1", "B06": "rededge2",
    "B07": "rededge3", "B08": "nir", "B8A": "nir08", "B09": "nir09", "B11": "swir16", "B12": "swir22",
}  # fmt: skip


def make_item(files: dict[str, str | Path], style: str = "plain", id: str = "scene-1", **properties: Any) -> dict:
    """An item over ``files`` (band or "SCL" -> href), its assets named as in "plain" (B02), "earth-search" (blue, with
    raster:bands as they have it, offset -0.1 whatever the pixels) or "cdse" (B02_10m, STAC 1.1)."""
    assets: dict[str, Any] = {}
    for band, href in files.items():
        size = {"SCL": 20, "B01": 60, "B09": 60, "B05": 20, "B06": 20, "B07": 20, "B8A": 20, "B11": 20, "B12": 20}.get(
            band, 10
        )
        asset: dict[str, Any] = {"href": str(href), "type": "image/tiff; application=geotiff; profile=cloud-optimized"}
        key = band
        if style == "earth-search":
            key = COMMON_NAMES.get(band, band.lower())
            asset["eo:bands"] = [{"name": key, "common_name": key.rstrip("123") if "edge" in key else key}]
            asset["raster:bands"] = [{"nodata": 0, "scale": 0.0001, "offset": -0.1, "spatial_resolution": size}]
        elif style == "cdse":
            key = f"{band}_{size}m"
            asset["bands"] = [{"name": band}]
            asset.update({"raster:scale": 0.0001, "raster:offset": -0.1, "gsd": size})
        assets[key] = asset
    return {
        "type": "Feature",
        "stac_version": "1.1.0" if style == "cdse" else "1.0.0",
        "stac_extensions": [],
        "id": id,
        "geometry": {"type": "Polygon", "coordinates": [[[14, 45], [15, 45], [15, 46], [14, 46], [14, 45]]]},
        "bbox": [14, 45, 15, 46],
        "properties": {"datetime": "2023-06-13T10:10:31Z", "platform": "sentinel-2a", **properties},
        "links": [],
        "assets": assets,
    }


def projected(item: dict, paths: dict[str, Path]) -> dict:
    """The item with the ``proj:`` fields of its files."""
    for key, asset in item["assets"].items():
        with rasterio.open(paths[key]) as d:
            asset["proj:shape"] = [d.height, d.width]
            asset["proj:transform"] = list(d.transform)[:6]
            item["properties"]["proj:code"] = f"EPSG:{d.crs.to_epsg()}"
    return item


def collection(*items: dict) -> dict:
    return {"type": "FeatureCollection", "features": list(items)}


def make_radar_item(
    files: dict[str, str | Path], id: str, collection: str | None = "sentinel-1-rtc", **properties: Any
) -> dict:
    """An item of Sentinel-1 over ``files`` (polarisation -> href) as the Planetary Computer writes its RTC items."""
    cog = "image/tiff; application=geotiff; profile=cloud-optimized"
    assets: dict[str, Any] = {
        p.lower(): {"href": str(href), "type": cog, "roles": ["data"], "title": f"{p}: backscatter"}
        for p, href in files.items()
    }
    assets["rendered_preview"] = {"href": "https://catalogue.example/preview.png", "type": "image/png"}
    assets["tilejson"] = {"href": "https://catalogue.example/tiles", "type": "application/json"}
    told = {
        "datetime": "2023-06-12T16:50:55Z",
        "platform": "SENTINEL-1A",
        "constellation": "Sentinel-1",
        "sar:product_type": "GRD",
        "sar:instrument_mode": "IW",
        "sar:polarizations": list(files),
        "sat:orbit_state": "ascending",
        "sat:relative_orbit": 44,
        **properties,
    }
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": id,
        "collection": collection,
        "geometry": {"type": "Polygon", "coordinates": [[[14, 45], [15, 45], [15, 46], [14, 46], [14, 45]]]},
        "bbox": [14, 45, 15, 46],
        "properties": {k: v for k, v in told.items() if v is not None},
        "links": [],
        "assets": assets,
    }
