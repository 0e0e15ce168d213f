"""`ben search` against a STAC API on this machine: paging, what servers know and do not, errors. No other server is asked."""

import json
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from rasterio.transform import from_origin

from ben_core.cli import run
from ben_core.errors import BenError, JobError
from ben_core.scene import BandReader, open_scene, search
from ben_core.scene.aoi import area_in_degrees

from .made_items import make_item
from .web_server import Web, serving

pytest.importorskip("pystac_client")
CORE, SEARCH = "https://api.stacspec.org/v1.0.0/core", "https://api.stacspec.org/v1.0.0/item-search"
QUERY, FILTER = (f"https://api.stacspec.org/v1.0.0/item-search#{kind}" for kind in ("query", "filter"))
BOX = "14.2,45.2,14.8,45.8"


class Api:
    """A STAC API over ``items``; ``asked``: the bodies of its searches."""

    def __init__(self, web: Web, items: list[dict], *conforms: str, page: int = 2) -> None:
        self.web, self.items, self.page = web, items, page
        self.asked: list[dict] = []
        links = [{"rel": "self", "href": f"{web.address}/api"}, {"rel": "root", "href": f"{web.address}/api"}]
        links += [{"rel": "search", "href": f"{web.address}/api/search", "type": "application/geo+json", "method": m}
                  for m in ("GET", "POST")]  # fmt: skip
        self.root = {"type": "Catalog", "id": "here", "stac_version": "1.0.0", "description": "made", "links": links,
                     "conformsTo": [CORE, SEARCH, *conforms]}  # fmt: skip
        web.pages["api"] = lambda query, body: (200, json.dumps(self.root).encode(), "application/json")
        web.pages["api/search"] = self.search

    def search(self, _: str, body: bytes) -> tuple[int, bytes, str]:
        asked = json.loads(body)
        self.asked.append(asked)
        if asked.get("collections") != ["sentinel-2-c1-l2a"]:
            return 404, b'{"code": "NotFound", "description": "no such collection"}', "application/json"
        matching = [i for i in self.items if shapely.from_geojson(json.dumps(i["geometry"])).intersects(
            shapely.from_geojson(json.dumps(asked["intersects"])))]  # fmt: skip
        if "query" in asked:
            matching = [
                i for i in matching if i["properties"]["eo:cloud_cover"] <= asked["query"]["eo:cloud_cover"]["lte"]
            ]
        start = int(asked.get("token") or 0)
        page = {"type": "FeatureCollection", "features": matching[start : start + self.page], "links": []}
        if start + self.page < len(matching):
            page["links"] = [{"rel": "next", "href": f"{self.web.address}/api/search", "method": "POST", "merge": True,
                              "body": {"token": str(start + self.page)}}]  # fmt: skip
        return 200, json.dumps(page).encode(), "application/geo+json"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(search, "BACKOFF", 0.01)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as server:
        yield server


@pytest.fixture
def items() -> list[dict]:
    """Seven scenes, newest first, cloud 0, 10, … 60; the last lies elsewhere."""
    made = [make_item({"B02": "B02.tif"}, id=f"S2_{n}", **{"eo:cloud_cover": 10 * n, "proj:epsg": 32633,
                      "datetime": f"2023-06-{20 - n:02d}T10:00:00Z"}) for n in range(7)]  # fmt: skip
    made[-1]["geometry"]["coordinates"] = [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]
    return made


def ids(found: search.Found) -> list[str]:
    return [item["id"] for item in found.items]


def test_pages_are_followed_and_the_oldest_comes_first(web: Web, items: list[dict]) -> None:
    api = Api(web, items)
    found = search.search(area_in_degrees(BOX), catalog=f"{web.address}/api", time="2023-06")
    assert ids(found) == ["S2_5", "S2_4", "S2_3", "S2_2", "S2_1", "S2_0"] and not found.more
    assert len(api.asked) == 3 and api.asked[0]["datetime"] == "2023-06-01T00:00:00Z/2023-06-30T23:59:59Z"
    few = search.search(area_in_degrees(BOX), catalog=f"{web.address}/api", limit=3)
    assert len(few.items) == 3 and few.more


@pytest.mark.parametrize(("knows", "sends"), [((QUERY,), "query"), ((FILTER,), "filter"), ((), None)])
def test_cloud_is_asked_in_the_servers_language_and_held_here(
    web: Web, items: list[dict], knows: tuple[str, ...], sends: str | None
) -> None:
    api = Api(web, items, *knows)
    found = search.search(area_in_degrees(BOX), catalog=f"{web.address}/api", max_cloud=20)
    assert ids(found) == ["S2_2", "S2_1", "S2_0"]
    assert [k for k in ("query", "filter") if k in api.asked[0]] == ([sends] if sends else [])


def test_the_command_writes_what_ben_map_takes(
    web: Web, items: list[dict], write_tif: Any, tmp_path: Path, capsys: Any
) -> None:
    band = write_tif("B02.tif", np.full((120, 120), 500, np.uint16))
    for item in items:
        item["assets"]["B02"]["href"] = str(band)
    Api(web, items, QUERY)
    gpd.GeoSeries([shapely.box(14.2, 45.2, 14.8, 45.8)], crs=4326).to_crs(32633).to_file(tmp_path / "area.gpkg")
    out = tmp_path / "found.json"
    told = ["--catalog", f"{web.address}/api", "--max-cloud", "20", "-o", str(out)]
    assert run(["search", str(tmp_path / "area.gpkg"), *told]) == 0
    said = capsys.readouterr().out
    assert re.search(r"S2_2 +2023-06-18 10:00 +20 % +100% +EPSG:32633", said) and f"{out}#S2_2" in said
    assert open_scene(f"{out}#S2_1").name == "S2_1"
    assert run(["search", BOX, *told]) == 2 and "exists already" in capsys.readouterr().err
    assert run(["search", "POLYGON((14 45, 15 45, 15 46, 14 45))", *told, "--overwrite", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["features"]) == 3


@pytest.mark.parametrize("fault", ["500", "503"])
def test_passing_errors_are_waited_for(web: Web, items: list[dict], fault: str) -> None:
    Api(web, items)
    web.faults = [fault, fault]
    assert len(search.search(area_in_degrees(BOX), catalog=f"{web.address}/api").items) == 6


def test_a_server_that_asks_for_hours_is_not_waited_for(web: Web, items: list[dict]) -> None:
    Api(web, items)
    web.faults, web.headers = ["503"], {"Retry-After": "86400"}
    assert len(search.search(area_in_degrees(BOX), catalog=f"{web.address}/api").items) == 6


@pytest.mark.parametrize("fault", ["401", "400", "500", "closed"])
def test_keys_in_the_catalogues_address_stay_secret(web: Web, items: list[dict], fault: str, capsys: Any) -> None:
    Api(web, items)
    web.always = fault
    web.pages["api"] = lambda query, body: (400, b'{"description": "no key Tr0ubadour&3"}', "application/json")
    if fault == "closed":
        web.server_close()
    assert run(["search", BOX, "--catalog", f"{web.address}/api?subscription-key=Tr0ubadour%263"]) == 3
    said = capsys.readouterr().err
    assert "Tr0" not in said and f"{web.address}/api" in said and "Pool" not in said
    assert run(["search", BOX, "--catalog", web.address.replace("://", "://me:Tr0ubadour@")]) == 2
    assert "Tr0" not in capsys.readouterr().err


@pytest.mark.parametrize("time", ["yesterday", "2023-13", "2023-06-30/2023-06-01", "2023/2024/2025", "../..", ""])
def test_times_that_are_none(time: str) -> None:
    with pytest.raises(JobError, match="is no time"):
        search.search(area_in_degrees(BOX), catalog="http://127.0.0.1:9/api", time=time)


@pytest.mark.parametrize("time", ["2023-06-14", "2023/2023-06", "2023-06/2023", "../2023", "2023-06-11T10:00:00Z/.."])
def test_times_of_every_form_are_sent(web: Web, items: list[dict], time: str) -> None:
    api = Api(web, items)
    search.search(area_in_degrees(BOX), catalog=f"{web.address}/api", time=time)
    assert "2023" in api.asked[0]["datetime"]


@pytest.mark.parametrize("case", ["500", "404", "html", "collection", "no search", "no items", "closed", "json"])
def test_errors_are_one_sentence_and_write_nothing(
    web: Web, items: list[dict], case: str, tmp_path: Path, capsys: Any
) -> None:
    api = Api(web, items)
    collection = search.COLLECTION
    if case == "collection":
        collection = "landsat"
    elif case == "no search":
        api.root["links"], api.root["conformsTo"] = [], [CORE]
    elif case == "no items":
        web.pages["api/search"] = lambda q, b: (
            200,
            b'{"type": "FeatureCollection", "features": [{}]}',
            "application/json",
        )
    elif case == "json":
        web.pages["api/search"] = lambda q, b: (200, b"[1, ", "application/json")
    elif case == "closed":
        web.server_close()
    else:
        web.always = case
    out = tmp_path / "found.json"
    args = ["search", BOX, "--catalog", f"{web.address}/api", "--collection", collection, "-o", str(out)]
    assert run(args) == 3
    said = capsys.readouterr().err
    assert said.startswith("ben: ") and web.address in said and "bug" not in said and len(said.splitlines()) <= 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "area", ["1,2,3", "5,5,4,6", "a,b,c,d", "0,0,200,10", "POINT (3 4)", "nowhere.gpkg", "nan,0,1,1"]
)
def test_areas_that_are_none(area: str) -> None:
    with pytest.raises(BenError):
        area_in_degrees(area)


@pytest.mark.parametrize("corners", [100, 600, 4000])
def test_areas_of_many_corners_are_sent_enclosed(corners: int) -> None:
    turns = [(i % 2 + 1, 2 * math.pi * i / corners) for i in range(corners)]
    star = shapely.Polygon([(r * math.cos(a), r * math.sin(a)) for r, a in turns])
    sent = search.sent(star)
    assert sent.covers(star) and shapely.get_num_coordinates(sent) <= search.MAX_CORNERS
    assert (sent is star) == (corners < search.MAX_CORNERS)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "pystac_client", None)
    with pytest.raises(JobError, match="pystac-client") as e:
        search.search(area_in_degrees(BOX))
    assert "[stac]" in e.value.hint


def test_a_catalogue_is_an_address() -> None:
    with pytest.raises(JobError, match="no address of a STAC API"):
        search.search(area_in_degrees(BOX), catalog="file:///etc")


def test_a_real_window_is_fetched_whole_or_not_at_all(
    web: Web, items: list[dict], write_tif: Any, tmp_path: Path, capsys: Any
) -> None:
    """Against the server here: the public catalogue is out of reach of these tests."""
    values = np.random.default_rng(1).integers(1200, 4000, (600, 600), dtype=np.uint16)  # with the offset of 05.00
    place = {"transform": from_origin(500_000, 5_040_000, 10, 10), "driver": "COG", "nodata": 0}
    bands = ("B02", "B03", "B04", "B08")
    for band in bands:
        web.files[f"{band}.tif"] = write_tif(f"{band}.tif", values, **place).read_bytes()
    files = {band: f"{web.address}/{band}.tif" for band in bands}
    for item in items:
        item["assets"] = make_item(files, "earth-search")["assets"]
        item["properties"]["s2:processing_baseline"] = "05.00"
    Api(web, items, QUERY)
    args = ["sample", str(tmp_path / "real"), "--real", "--catalog", f"{web.address}/api", "--size", "240",
            "--area", "15.01,45.49,15.02,45.495"]  # fmt: skip
    for item in items:
        item["geometry"]["coordinates"] = [[[15, 45.4], [15.1, 45.4], [15.1, 45.6], [15, 45.6], [15, 45.4]]]
    web.broken, web.always = re.compile("B08"), "404"
    assert run(args) == 3 and not (tmp_path / "real").exists()
    web.always = None
    assert run(args) == 0
    scene = open_scene(str(tmp_path / "real" / "item.json"))
    assert scene.name == "S2_0_window" and (scene.grid.width, scene.grid.height) == (240, 240)
    row, col = round((5_040_000 - scene.grid.top) / 10), round((scene.grid.left - 500_000) / 10)
    with BandReader(scene.bands["B08"]) as reader:
        assert (reader.read_rows(0, 240) == values[row : row + 240, col : col + 240] - 1000).all()
    assert run([*args[:2], "--area", "1,2,3,4"]) == 2
    assert run([*args[:-1], "150.0,45,150.1,45.1"]) == 3 and "no scene" in capsys.readouterr().err
