"""Cover in the catalogue: hectares of the 10 m maps by class, tile, zone and time; VRTs of the scenes' own rasters."""

import csv
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from rio_cogeo import cog_validate

from ben_core.batch.catalogue import Catalogue, CatalogueOptions, build_catalogue, cover, target
from ben_core.batch.layout import Layout, write_done
from ben_core.products.legend import CATEGORIES
from ben_core.products.region_rasters import write_cog
from ben_core.products.regions import region_names
from ben_core.scene.types import PixelGrid

from .made_batch import Made, country, random_p, write_scene

SIDE, STRIDE = 4, 120
TOP = 5_400_000.0


def regions(layout: Layout, made: Made, codes: np.ndarray, percent: np.ndarray | None = None) -> None:
    """Write a scene and, where ``codes`` are given, its 10 m map, and say that it is done."""
    files = dict(write_scene(layout, made))
    if codes.size:
        names = region_names(made.name)
        files |= {kind: layout.scene(made.name) / names[kind] for kind in ("regions", "regions_probability")}
        grid = PixelGrid(f"EPSG:{made.epsg}", made.left, made.top, codes.shape[1], codes.shape[0])
        write_cog(
            files["regions"], grid, lambda a, b: codes[a:b], dtype="uint8", nodata=0, name="class", overviews="MODE", tags={},
            palette={0: (0, 0, 0, 0), **{c.code: (*c.rgb, 255) for c in CATEGORIES}},
        )  # fmt: skip
        p = np.where(codes > 0, 50 if percent is None else percent, 255).astype(np.uint8)
        write_cog(
            files["regions_probability"], grid, lambda a, b: p[a:b], dtype="uint8", nodata=255, name="p", overviews="AVERAGE",
            tags={},
        )  # fmt: skip
    write_done(layout, made.name, "0" * 64, files, {"mapped": 1})


@pytest.fixture(scope="module")
def maps() -> Mapping[str, np.ndarray]:
    """Two dates of one tile, one of its neighbour in the east, and a scene that has no 10 m map."""
    rng = np.random.default_rng(2)
    size = SIDE * STRIDE
    blocks = {n: rng.integers(0, 20, (SIDE * 4, SIDE * 4), np.uint8) for n in ("june", "july", "east")}
    found = {n: np.kron(b, np.ones((30, 30), np.uint8)) for n, b in blocks.items()}
    found["june"][:, size // 2 :] = 7
    return {**found, "none": np.empty((0, 0), np.uint8)}


@pytest.fixture(scope="module")
def batch(maps: Mapping[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    layout = Layout(tmp_path_factory.mktemp("cover") / "out")
    layout.state.mkdir(parents=True)
    rng = np.random.default_rng(3)
    east = 300_000.0 + SIDE * STRIDE * 10
    for name, day, left, tile in (
        ("june", "2021-06-01", 300_000.0, "33UUP"), ("july", "2021-07-01", 300_000.0, "33UUP"),
        ("east", "2021-06-11", east, "33UVP"), ("none", "2021-07-11", east, "33UVP"),
    ):  # fmt: skip
        made = Made(name, day, random_p(rng, SIDE, SIDE, 0.1), left=left, top=TOP, tile=tile)
        regions(layout, made, maps[name])
    return layout.out


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A border between pixels through the first tile, and a zone that no scene shows."""
    path = tmp_path_factory.mktemp("zones") / "zones.gpkg"
    shapes = [shapely.box(200_000, 5_000_000, 301_200, 5_500_000), shapely.box(301_200, 5_000_000, 400_000, 5_500_000)]
    shapes.append(shapely.box(500_000, 5_000_000, 510_000, 5_010_000))
    geopandas.GeoDataFrame({"name": ["west", "rest", "far"]}, geometry=shapes, crs=32633).to_file(path)
    return path


@pytest.fixture(scope="module")
def made(batch: Path, zones: Path) -> Catalogue:
    return build_catalogue(batch, CatalogueOptions(zones=str(zones), id_field="name"))


def table(found: Catalogue) -> dict[tuple[str, str, str], np.ndarray]:
    """(kind, area, period) -> hectares by code, of 20."""
    sums: dict[tuple[str, str, str], np.ndarray] = {}
    with found.files["cover"].open(encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            key = row["kind"], row["area"], row["period"]
            sums.setdefault(key, np.zeros(20))[int(row["code"])] = float(row["ha"])
    return sums


def hectares(*codes: np.ndarray) -> np.ndarray:
    found = sum(np.bincount(c.ravel(), minlength=20) for c in codes) / 100
    found[0] = 0
    return np.asarray(found)


def test_hectares_are_those_of_the_rasters(maps: Mapping[str, np.ndarray], made: Catalogue) -> None:
    sums = table(made)
    west = slice(0, 120)
    wanted = {
        ("all", "all scenes", "2021-06"): hectares(maps["june"], maps["east"]),
        ("all", "all scenes", "2021-07"): hectares(maps["july"]),
        ("tile", "33UUP", "2021-06"): hectares(maps["june"]),
        ("tile", "33UUP", "2021-07"): hectares(maps["july"]),
        ("tile", "33UVP", "2021-06"): hectares(maps["east"]),
        ("zone", "west", "2021-06"): hectares(maps["june"][:, west]),
        ("zone", "west", "2021-07"): hectares(maps["july"][:, west]),
        ("zone", "rest", "2021-06"): hectares(maps["june"][:, 120:], maps["east"]),
        ("zone", "rest", "2021-07"): hectares(maps["july"][:, 120:]),
    }
    assert set(sums) == set(wanted)
    for key, ha in wanted.items():
        assert np.allclose(sums[key], ha), key


def shared(shape: tuple[int, int], *laid: tuple[np.ndarray, int, int]) -> np.ndarray:
    """Hectares by code of codes that lie at (row, column), pixel by pixel: who has an answer there has an equal share."""
    sums = np.zeros(20)
    for row, col in np.ndindex(*shape):
        found = [c[row - r, col - k] for c, r, k in laid if 0 <= row - r < len(c) and 0 <= col - k < c.shape[1]]
        found = [code for code in found if code]
        for code in found:
            sums[code] += 1 / len(found) / 100
    return sums


def test_a_place_counts_once_a_period(
    maps: Mapping[str, np.ndarray], batch: Path, zones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two dates of a tile, and its neighbour, which overlaps nobody; in blocks of some rows."""
    monkeypatch.setattr(cover, "_MOST", 480 * 2 * 100)
    out = tmp_path / "out"
    shutil.copytree(batch, out, ignore=shutil.ignore_patterns("catalogue", ".catalogue*"))
    made = build_catalogue(out, CatalogueOptions(zones=str(zones), id_field="name", period="year", patches="none"))
    june, july, east = (maps[n][::30, ::30] for n in ("june", "july", "east"))  # all pixels of a square are alike
    tile = 900 * shared((16, 16), (june, 0, 0), (july, 0, 0))
    west = 900 * shared((16, 4), (june[:, :4], 0, 0), (july[:, :4], 0, 0))
    wanted = {
        ("all", "all scenes"): tile + hectares(maps["east"]), ("tile", "33UUP"): tile, ("tile", "33UVP"): hectares(maps["east"]),
        ("zone", "west"): west, ("zone", "rest"): tile - west + hectares(maps["east"]),
    }  # fmt: skip
    sums = table(made)
    assert {key[:2] for key in sums} == set(wanted) and east.size
    for key, ha in wanted.items():
        assert np.allclose(sums[(*key, "2021")], ha), key


def test_the_page_says_that_cells_are_not_cover(made: Catalogue) -> None:
    page = made.files["overview"].read_text(encoding="utf-8")
    assert "10 m maps of 3 of 4 scenes" in page and "This is cover" in page
    assert any("3 of 4 scenes have a 10 m map" in note for note in made.notes)
    assert "cover.csv" in page and "cover_over_time.svg" in page
    assert made.files["cover_chart"].read_text(encoding="utf-8").startswith("<svg")


def test_without_10_m_maps_nothing_is_said_of_cover(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "out")
    layout.state.mkdir(parents=True)
    regions(layout, Made("a", "2021-06-01", random_p(np.random.default_rng(1), 3, 3)), np.empty((0, 0), np.uint8))
    made = build_catalogue(layout.out)
    assert not {k for k in made.files if "cover" in k or "regions" in k}
    assert "This is cover" not in made.files["overview"].read_text(encoding="utf-8")


def test_the_newest_scene_is_on_top_in_the_vrts(maps: Mapping[str, np.ndarray], made: Catalogue) -> None:
    with rasterio.open(made.files["EPSG32633:regions_vrt"]) as vrt:
        codes, size = vrt.read(1), SIDE * STRIDE
        assert vrt.crs == "EPSG:32633" and vrt.transform.a == 10 and vrt.colormap(1)[7] == (*CATEGORIES[6].rgb, 255)
    assert codes.shape == (size, 2 * size)
    assert (codes[:, :size] == np.where(maps["july"] > 0, maps["july"], maps["june"])).all()
    assert (codes[:, size:] == maps["east"]).all()
    vrt_path, cog = made.files["EPSG32633:scenes_vrt"], made.files["EPSG32633:classes"]
    with rasterio.open(vrt_path) as own, rasterio.open(cog) as mosaic:
        assert own.transform == mosaic.transform and (own.read(1) == mosaic.read(1)).all()
    assert "relativeToVRT" in vrt_path.read_text() and str(made.folder.parent) not in vrt_path.read_text()


def test_scenes_of_other_lattices_lie_where_they_lie(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "out")
    layout.state.mkdir(parents=True)
    for scene in country(2, 2, 1, side=5):
        regions(layout, replace(scene, cloud=None), np.empty((0, 0), np.uint8))
    made = build_catalogue(layout.out, CatalogueOptions(resolution=60.0, mosaic_crs="none", patches="none"))
    with (
        rasterio.open(made.files["EPSG32633:scenes_vrt"]) as own,
        rasterio.open(made.files["EPSG32633:classes"]) as mosaic,
    ):
        assert (own.read(1) == mosaic.read(1)).all()


def test_a_broken_10_m_map_leaves_its_scene_out(batch: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(batch, out)
    broken = out / "scenes" / "july" / "july_regions.tif"
    broken.write_bytes(broken.read_bytes()[:300])
    made = build_catalogue(out)
    assert set(made.left_out) == {"july"} and made.scenes == 3
    assert {key[2] for key in table(made)} == {"2021-06"}


def test_the_same_bytes(batch: Path, made: Catalogue, zones: Path, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere"
    shutil.copytree(batch, out, ignore=shutil.ignore_patterns("catalogue", ".catalogue*"))
    again = build_catalogue(out, CatalogueOptions(zones=str(zones), id_field="name"))
    for key, path in made.files.items():
        assert again.files[key].read_bytes() == path.read_bytes(), key
    assert pyogrio.read_info(again.files["patches"], layer="patches")["features"] == 4 * SIDE * SIDE


# -- the mosaic of 10 m maps -------------------------------------------------------------------------------

LAND = {"old": (300_000.0, TOP), "new": (302_340.0, TOP - 1_170.0)}  # corners: no whole number of cells apart


@dataclass(frozen=True)
class Finer:
    codes: np.ndarray
    percent: np.ndarray
    cloud: np.ndarray  # percent, by cell


@pytest.fixture(scope="module")
def finer() -> Mapping[str, Finer]:
    """Two scenes that overlap in part: their 10 m maps, with gaps."""
    rng, found = np.random.default_rng(12), {}
    for name in LAND:
        size = SIDE * 4
        codes = np.kron(rng.integers(0, 20, (size, size), np.uint8), np.ones((30, 30), np.uint8))
        percent = np.kron(rng.integers(5, 9, (size * 2, size * 2), np.uint8) * 10, np.ones((15, 15), np.uint8))
        found[name] = Finer(codes, percent, rng.integers(0, 3, (SIDE, SIDE)) * 20)
    return found


@pytest.fixture(scope="module")
def overlapping(finer: Mapping[str, Finer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    layout = Layout(tmp_path_factory.mktemp("finer") / "out")
    layout.state.mkdir(parents=True)
    for (name, (left, top)), day in zip(LAND.items(), ("2021-06-01", "2021-07-01"), strict=True):
        p = random_p(np.random.default_rng(4), SIDE, SIDE, 0)
        made = Made(name, day, p, finer[name].cloud, left=left, top=top, tile=None)
        regions(layout, made, finer[name].codes, finer[name].percent)
    return layout.out


def test_the_overlap_of_two_tiles_counts_once_for_all_and_in_each_for_itself(
    finer: Mapping[str, Finer], overlapping: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(overlapping, out, ignore=shutil.ignore_patterns("catalogue", ".catalogue*"))
    box = tmp_path / "box.geojson"
    left, top = 300_000 + 2_000, TOP - 1_000
    geopandas.GeoDataFrame({"name": ["box"]}, geometry=[shapely.box(left, top - 2_000, left + 1_500, top)], crs=32633).to_file(box)  # fmt: skip
    made = build_catalogue(out, CatalogueOptions(zones=str(box), id_field="name", period="year", patches="none"))
    old, new = finer["old"].codes, finer["new"].codes
    laid = (old, 0, 0), (new, 117, 234)
    sums = table(made)
    assert np.allclose(sums[("all", "all scenes", "2021")], shared((480 + 117, 480 + 234), *laid))
    assert np.allclose(sums[("zone", "box", "2021")], shared((200, 150), *((c, r - 100, k - 200) for c, r, k in laid)))
    tiles = [ha for key, ha in sums.items() if key[0] == "tile"]
    assert len(tiles) == 2 and np.allclose(sum(tiles), hectares(old, new))
    with made.files["cover"].open(encoding="utf-8", newline="") as f:
        rows = [row for row in csv.DictReader(f) if row["kind"] != "tile"]
    assert {row["scenes"] for row in rows} == {"2"}
    seen = 2 * 480 * 480 - (480 - 117) * (480 - 234)
    assert float(rows[0]["mapped_ha"]) + float(rows[0]["not_mapped_ha"]) == pytest.approx(seen / 100)


def laid_together(finer: Mapping[str, Finer], better: Callable[[Finer], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Codes and percent of both scenes, pixel by pixel: of the smaller ``better``, the newer one of equals."""
    size = SIDE * STRIDE
    codes, percent = np.zeros((size + 117, size + 234), np.uint8), np.full((size + 117, size + 234), 255, np.uint8)
    cost = np.full(codes.shape, 1000)
    for name, (row, col) in (("new", (117, 234)), ("old", (0, 0))):
        here, own = (slice(row, row + size), slice(col, col + size)), finer[name]
        wins = (own.codes > 0) & (better(own) < cost[here])
        for whole, part in ((codes, own.codes), (percent, own.percent), (cost, better(own))):
            whole[here][wins] = part[wins]
    return codes, percent


@pytest.mark.parametrize("rule", ["latest", "most-confident", "least-cloud", "mean"])
def test_10_m_maps_that_overlap_are_laid_together_by_the_rule(
    finer: Mapping[str, Finer], overlapping: Path, tmp_path: Path, rule: str
) -> None:
    out = tmp_path / "out"
    shutil.copytree(overlapping, out)
    made = build_catalogue(out, CatalogueOptions(rule=rule, mosaic_crs="none", patches="none"))
    of_cells = np.ones((STRIDE, STRIDE), int)
    codes, percent = laid_together(
        finer,
        {
            "most-confident": lambda f: -f.percent.astype(int),
            "least-cloud": lambda f: np.kron(f.cloud, of_cells),
        }.get(rule, lambda f: np.zeros(f.codes.shape, int)),
    )
    for kind, wanted, nodata in (("classes", codes, 0), ("probability", percent, 255)):
        path = made.files[f"EPSG32633_10m:{kind}"]
        valid, errors, _ = cog_validate(path)
        assert valid, errors
        with rasterio.open(path) as src:
            assert (src.read(1) == wanted).all() and src.nodata == nodata and src.dtypes == ("uint8",)
            assert src.transform == rasterio.Affine(10, 0, 300_000, 0, -10, TOP) and src.crs == "EPSG:32633"
            assert src.tags()["RULE"].startswith("latest" if rule == "mean" else rule)
            if kind == "classes":
                assert src.colormap(1)[7] == (*CATEGORIES[6].rgb, 255) and src.tags()["VALUE_07"] == CATEGORIES[6].name
            else:
                assert src.scales == (0.01,)
    with rasterio.open(made.files["EPSG32633_10m:vrt"]) as vrt:
        assert (vrt.read(1) == codes).all() and (vrt.read(2) == percent).all()
        assert vrt.nodatavals == (0, 255) and vrt.scales[1] == 0.01
    with rasterio.open(made.files["EPSG32633:regions_vrt"]) as own:
        assert rule not in ("latest", "mean") or (own.read(1) == codes).all()
    assert any("has no mean over dates" in note for note in made.notes) == (rule == "mean")
    page = made.files["overview"].read_text(encoding="utf-8")
    assert "EPSG32633 at 10 m: mosaic of the most probable class" in page and "EPSG32633_10m_classes.tif" in page


def test_a_broken_probability_of_the_10_m_map_leaves_its_scene_out(overlapping: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(overlapping, out)
    broken = out / "scenes" / "new" / "new_regions_probability.tif"
    broken.write_bytes(broken.read_bytes()[:-300])
    made = build_catalogue(out)
    assert set(made.left_out) == {"new"}
    with rasterio.open(made.files["EPSG32633_10m:classes"]) as src:
        assert src.shape == (SIDE * STRIDE, SIDE * STRIDE)


def test_10_m_maps_too_far_apart_for_one_raster_keep_their_vrt(
    overlapping: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    shutil.copytree(overlapping, out)
    monkeypatch.setattr(target, "MOST_PIXELS", 600)
    made = build_catalogue(out, CatalogueOptions(mosaic_crs="none", patches="none"))
    assert {k for k in made.files if k.startswith("EPSG32633")} == {
        f"EPSG32633:{k}" for k in ("classes", "probability", "vrt", "scenes_vrt", "regions_vrt")
    }
    assert any("There is no mosaic of the 10 m maps" in note for note in made.notes)
