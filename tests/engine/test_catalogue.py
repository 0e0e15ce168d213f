"""The catalogue of a batch: whole, valid, the same bytes, and adding up."""

import csv
import json
import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pystac
import pytest
import rasterio
import shapely
from rio_cogeo import cog_validate

from ben_core.batch.catalogue import CatalogueOptions, answers, build_catalogue, publish
from ben_core.batch.layout import Layout, finished
from ben_core.cli import run
from ben_core.errors import Cancelled, DataError, JobError, OutputError
from ben_core.events import Recorder
from ben_core.nomenclature import ORDER_ALPHABETICAL
from ben_core.products.types import NOT_MAPPED

from .made_batch import Made, country, make_batch, random_p

ROOT = Path(__file__).parents[2]
FAILED = {"name": "S2_broken", "message": "The file MTD_MSIL2A.xml of S2_broken is missing.", "hint": "Copy it again."}


@pytest.fixture(scope="module")
def batch(tmp_path_factory) -> Path:
    """Two tiles over three months, one scene of another zone without a time, and one that failed."""
    out = make_batch(
        tmp_path_factory.mktemp("batch"),
        [
            *country(2, 1, 3, side=6),
            Made("undated", None, random_p(np.random.default_rng(8), 4, 4), left=600_000, epsg=32632, tile=None),
        ],
    )
    Layout(out).failed("S2_broken").write_text(json.dumps(FAILED))
    return out


@pytest.fixture(scope="module")
def zones(tmp_path_factory) -> Path:
    """Two halves of the world of the test, in degrees, whose border crosses the tiles but no centre of a cell."""
    path = tmp_path_factory.mktemp("zones") / "zones.gpkg"
    shapes = [shapely.box(0, 40, 12.3123, 60), shapely.box(12.3123, 40, 30, 60)]
    geopandas.GeoDataFrame({"name": ["west", "east"]}, geometry=shapes, crs=4326).to_file(path)
    return path


@pytest.fixture(scope="module")
def made(batch, zones):
    recorder = Recorder()
    options = CatalogueOptions(zones=str(zones), id_field="name", weight="area")
    return build_catalogue(batch, options, recorder), recorder


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_collection_is_valid_and_leads_to_every_item(batch, made):
    found = pystac.Collection.from_file(str(made[0].files["collection"]))
    found.validate()
    items = list(found.get_items())
    assert {i.id for i in items} == {s.name for s in finished(batch)} and len(items) == 7
    assert found.extent.temporal.intervals[0][0].year == 2015  # a scene without a time
    west, south, east, north = found.extent.spatial.bboxes[0]
    for item in items:
        assert west <= item.bbox[0] and south <= item.bbox[1] and item.bbox[2] <= east and item.bbox[3] <= north
    document = json.loads(made[0].files["collection"].read_text())
    assert document["summaries"]["ben:model"] == ["ben-test"]
    for link in document["links"]:
        if link["rel"] == "item":
            assert (made[0].folder / link["href"]).is_file() and not link["href"].startswith("/")
    for asset in document["assets"].values():
        assert (made[0].folder / asset["href"]).is_file()


def test_mosaics_are_cogs_that_gdal_opens_with_their_legend(made):
    files = {k: p for k, p in made[0].files.items() if ":" in k}
    assert {k.partition(":")[0] for k in files} == {"EPSG32632", "EPSG32633", "EPSG3035"}
    for key, path in files.items():
        if key.endswith("_vrt"):
            continue  # of the scenes' own rasters: test_catalogue_cover
        if key.endswith("vrt"):
            with rasterio.open(path) as src, rasterio.open(path.with_name(path.stem + "_classes.tif")) as classes:
                assert (src.read(1) == classes.read(1)).all() and src.count == 2 and src.crs == classes.crs
                assert src.nodatavals == (0, NOT_MAPPED)
        else:
            valid, errors, _ = cog_validate(path)
            assert valid, errors
    if gdalinfo := shutil.which("gdalinfo"):
        told = subprocess.run([gdalinfo, files["EPSG3035:vrt"]], capture_output=True, text=True, check=True).stdout
        assert "Coniferous forest" in told and "Band 2" in told


def test_table_holds_every_cell_once_where_it_lies(batch, made):
    table = geopandas.read_file(made[0].files["patches"], layer="patches")
    assert table.crs.to_epsg() == 4326 and len(table) == 6 * 36 + 16
    assert pyogrio.read_info(made[0].files["patches"], layer="patches")["features"] == len(table)
    for scene in finished(batch):
        own = geopandas.read_file(scene.gpkg, layer="patches")
        part = table[table["scene"] == scene.name].sort_values(["row", "col"])
        assert part["top_class"].tolist() == own["top_class"].tolist()
        assert np.allclose(part["p_pastures"], own["p_pastures"], equal_nan=True)
        back = part.to_crs(own.crs).geometry.centroid
        assert back.distance(own.geometry.centroid, align=False).max() < 1


def test_counts_add_up(batch, made):
    rows = rows_of(made[0].files["counts"])
    table = geopandas.read_file(made[0].files["patches"], layer="patches", ignore_geometry=True)
    mapped = table[table["status"] == "mapped"]
    whole = [r for r in rows if r["kind"] == "all"]
    for name in ORDER_ALPHABETICAL:
        assert sum(float(r["main"]) for r in whole if r["class"] == name) == (mapped["top_class"] == name).sum()
        has = mapped["labels"].str.split(" | ", regex=False).map(lambda labels, name=name: name in labels)
        assert sum(float(r["present"]) for r in whole if r["class"] == name) == has.sum()
    first = {(r["period"]): float(r["cells"]) for r in whole}
    assert sum(first.values()) == len(mapped)
    assert set(first) == {"2021-01", "2021-02", "2021-03", "unknown"}
    for column in ("main", "main_km2", "present"):
        tiles = sum(float(r[column]) for r in rows if r["kind"] == "tile")
        assert tiles == pytest.approx(sum(float(r[column]) for r in whole))
    for r in whole:
        assert float(r["main_share"]) == pytest.approx(float(r["main"]) / float(r["cells"]), abs=1e-5)


def test_zones_that_share_out_the_land_add_up_to_it(made):
    rows = rows_of(made[0].files["counts"])
    assert {r["area"] for r in rows if r["kind"] == "zone"} == {"west", "east"}
    for column in ("main", "present", "main_km2"):
        for period in ("2021-01", "unknown"):
            parts = [float(r[column]) for r in rows if r["kind"] == "zone" and r["period"] == period]
            whole = [float(r[column]) for r in rows if r["kind"] == "all" and r["period"] == period]
            # Straight borders in degrees are curves in UTM: the two parts' densified edges differ by less than this.
            assert sum(parts) == pytest.approx(sum(whole), rel=1e-5)


def test_a_country_is_summed_over_its_polygons_and_named(batch, tmp_path):
    """As files of countries are: a row a part, one name on several; the page and its charts name it."""
    out, path = tmp_path / "out", tmp_path / "countries.gpkg"
    shutil.copytree(batch, out, ignore=shutil.ignore_patterns("catalogue*", ".catalogue*"))
    parts = [shapely.box(0, 40, 12.3123, 60), shapely.box(100, 0, 120, 10), shapely.box(12.3671, 40, 12.9, 60)]
    names = ["Österreich", "Elsewhere", "Österreich"]
    rows = {"NAME": names, "ISO_A3": ["AUT", "ELS", "AUT"]}
    geopandas.GeoDataFrame(rows, geometry=parts, crs=4326).to_file(path, layer="admin_0_countries")
    made = build_catalogue(out, CatalogueOptions(zones=str(path), layer="admin_0_countries", id_field="NAME"))
    counts = [r for r in rows_of(made.files["counts"]) if r["kind"] == "zone"]
    assert {r["area"] for r in counts} == {"Österreich"}
    table = geopandas.read_file(made.files["patches"], layer="patches")
    mapped = table[(table["status"] == "mapped") & (table["acquired"].astype(str).str.startswith("2021-01"))]
    x = shapely.get_x(shapely.centroid(mapped.geometry.to_numpy()))
    inside = (x < 12.3123) | (x > 12.3671)
    assert 0 < inside.sum() < len(mapped) and (x > 12.3671).any()
    january = [r for r in counts if r["period"] == "2021-01"]
    assert {float(r["cells"]) for r in january} == {float(inside.sum())}
    assert {r["scenes"] for r in january} == {"2"}, "a scene counts once, however many parts it shows"
    assert sum(float(r["main"]) for r in january) == inside.sum()
    page = made.files["overview"].read_text(encoding="utf-8")
    assert "<summary>Österreich</summary>" in page and "Österreich: share of the cells" in page
    assert "Elsewhere" not in page


def test_list_of_scenes(batch, made):
    rows = rows_of(made[0].files["scenes"])
    assert [r["tile"] for r in rows] == sorted(r["tile"] for r in rows) and len(rows) == 7
    assert {r["scene"] for r in rows} == {s.name for s in finished(batch)}


def test_overview_says_what_failed_and_needs_nothing(made):
    page = made[0].files["overview"].read_text(encoding="utf-8")
    assert FAILED["message"] in page and FAILED["hint"] in page and "1 scene could not be mapped" in page
    assert "http-equiv" in page and 'src="http' not in page and "url(http" not in page and "<link" not in page
    assert "../scenes/" in page and "undated" in page
    assert made[0].failed == 1


def test_events_name_the_files(made):
    outputs = {e["kind"]: e["path"] for e in made[1].of("output")}
    assert outputs.keys() == made[0].files.keys() and all(Path(p).is_file() for p in outputs.values())
    assert made[1].of("progress")[-1]["done"] == 7


def test_bytes_follow_from_the_scenes_alone(batch, made, zones, tmp_path):
    """Another folder, another order of writing, another time: the same catalogue, and no path of a machine in it."""
    first = contents(made[0].folder)
    other = tmp_path / "elsewhere"
    shutil.copytree(batch, other, ignore=shutil.ignore_patterns("catalogue*", ".catalogue*"))
    options = CatalogueOptions(zones=str(zones), id_field="name", weight="area")
    second = contents(build_catalogue(other, options).folder)
    assert first.keys() == second.keys()
    for name in first:
        assert first[name] == second[name], name
        for place in (batch, other):
            assert str(place).encode() not in first[name], name


def test_new_scenes_come_in_and_options_are_remembered(tmp_path):
    rng = np.random.default_rng(0)
    out = make_batch(tmp_path, [Made("one", "2021-01-01", random_p(rng, 3, 3))])
    first = build_catalogue(
        out, CatalogueOptions(rule="mean", patches="none", mosaic_crs="none", title="Mine & <yours>")
    )
    assert "patches" not in first.files and "Mine &amp; &lt;yours&gt;" in first.files["overview"].read_text()
    make_batch(tmp_path, [Made("two", "2021-02-01", random_p(rng, 3, 3))])
    second = build_catalogue(out)
    assert second.scenes == 2 and second.files.keys() == first.files.keys()
    assert "rule “mean”" in second.files["overview"].read_text()
    (out / ".catalogue.json").write_text('{"colour": "red"}')
    with pytest.raises(JobError, match="another version"):
        build_catalogue(out)


def test_parquet_holds_the_same_cells(tmp_path):
    rng = np.random.default_rng(1)
    out = make_batch(tmp_path, [Made(f"s{i}", f"2021-01-0{i + 1}", random_p(rng, 3, 3)) for i in range(2)])
    one = geopandas.read_file(build_catalogue(out, CatalogueOptions(patches="gpkg")).files["patches"], layer="patches")
    two = geopandas.read_parquet(build_catalogue(out, CatalogueOptions(patches="parquet")).files["patches"])
    assert two.crs.to_epsg() == 4326 and len(one) == len(two) == 18
    for name in ("scene", "row", "top_class", "p_pastures", "labels"):
        assert one[name].astype(str).tolist() == two[name].astype(str).tolist()
    assert one.geometry.geom_equals(two.geometry).all()


@pytest.mark.parametrize("what", ["probabilities", "gpkg", "item", "missing"])
def test_a_damaged_product_is_left_out_in_words_and_the_rest_stands(tmp_path, what):
    rng = np.random.default_rng(2)
    out = make_batch(tmp_path, [Made(f"s{i}", f"2021-01-0{i + 1}", random_p(rng, 4, 4)) for i in range(3)])
    scene = finished(out)[1]
    victim = scene.files["probabilities" if what == "missing" else what]
    if what == "missing":
        victim.unlink()
    else:
        data = bytearray(victim.read_bytes())
        middle = len(data) // 3 if what == "item" else 200
        data[middle : middle + 4000] = b"\0" * len(data[middle : middle + 4000])
        victim.write_bytes(data)
    recorder = Recorder()
    made = build_catalogue(out, emit=recorder)
    assert made.scenes == 2 and list(made.left_out) == ["s1"] and "s1" in made.left_out["s1"]
    assert [e["code"] for e in recorder.of("warning")].count("left-out") == 1
    page = made.files["overview"].read_text()
    assert "left out" in page and "1 mapped scene could not be read" in page
    assert set(geopandas.read_file(made.files["patches"], layer="patches")["scene"]) == {"s0", "s2"}
    assert len(list(pystac.Collection.from_file(str(made.files["collection"])).get_items())) == 2


def test_only_failures_make_a_page_too(tmp_path):
    Layout(tmp_path).state.mkdir()
    Layout(tmp_path).failed("S2_broken").write_text(json.dumps(FAILED))
    made = build_catalogue(tmp_path)
    assert made.scenes == 0 and made.failed == 1 and FAILED["message"] in made.files["overview"].read_text()
    pystac.Collection.from_file(str(made.files["collection"])).validate()


def test_nothing_is_no_catalogue(tmp_path):
    with pytest.raises(DataError, match="no finished scene"):
        build_catalogue(tmp_path)
    assert not (tmp_path / "catalogue").exists()


KILLED = textwrap.dedent(
    """
    import os, sys
    from ben_core.batch.catalogue import build, publish, build_catalogue

    def die(*_, **__):
        os._exit(9)

    stage, out = sys.argv[1:]
    if stage == "count":
        build.write_counts = die
    elif stage == "mosaic":
        build.write_overview = die
    elif stage == "written":
        build.write_collection = die
    elif stage == "before the first rename":
        publish._sync = die
    else:
        from pathlib import Path
        rename = Path.rename
        def between(self, target):
            rename(self, target)
            os._exit(9)
        Path.rename = between
    build_catalogue(out)
    """
)


@pytest.fixture(scope="module")
def outdated(tmp_path_factory) -> Path:
    """A catalogue of one scene, and a second one that came since."""
    rng = np.random.default_rng(0)
    out = make_batch(tmp_path_factory.mktemp("outdated"), [Made("one", "2021-01-01", random_p(rng, 3, 3))])
    build_catalogue(out)
    return make_batch(out, [Made("two", "2021-02-01", random_p(rng, 3, 3))])


@pytest.mark.parametrize("stage", ["count", "mosaic", "written", "before the first rename", "between the renames"])
def test_who_dies_leaves_the_old_one_whole(outdated, tmp_path, stage):
    out = tmp_path / "out"
    shutil.copytree(outdated, out)
    before = contents(out / "catalogue")
    killed = subprocess.run([sys.executable, "-c", KILLED, stage, str(out)], cwd=ROOT)
    assert killed.returncode == 9
    publish.recover(out / "catalogue")
    assert contents(out / "catalogue") == before
    assert build_catalogue(out).scenes == 2
    assert [p.name for p in out.iterdir() if "catalogue" in p.name and p.is_dir()] == ["catalogue"]


def test_stopped_leaves_the_old_one(tmp_path):
    out = make_batch(tmp_path, [Made("one", "2021-01-01", random_p(np.random.default_rng(0), 3, 3))])
    before = contents(build_catalogue(out).folder)
    make_batch(tmp_path, [Made("two", "2021-02-01", random_p(np.random.default_rng(1), 3, 3))])
    asked = iter(range(100))
    with pytest.raises(Cancelled):
        build_catalogue(out, stop=lambda: next(asked) > 2)
    assert contents(out / "catalogue") == before


def folder_number(made) -> int:
    """Which folder it is: a catalogue that is made again is another one."""
    return made.folder.stat().st_ino


def test_what_has_not_changed_is_not_made_again(zones, tmp_path):
    rng, own = np.random.default_rng(0), tmp_path / "zones [1].gpkg"
    shutil.copy(zones, own)
    out = make_batch(tmp_path / "out", [Made(f"s{i}", f"2021-0{i + 1}-01", random_p(rng, 3, 3)) for i in range(2)])
    chosen = CatalogueOptions(zones=str(own), id_field="name", mosaic_crs="none")
    first, recorder = build_catalogue(out, chosen), Recorder()
    again = build_catalogue(out, emit=recorder)
    assert again == first and folder_number(again) == folder_number(first)
    assert [e["text"] for e in recorder.of("step")] == ["The catalogue is up to date"]
    assert {e["kind"] for e in recorder.of("output")} == first.files.keys()

    layout, last = Layout(out), folder_number(first)

    def is_made_again(what: str, **options) -> None:
        nonlocal last
        made = build_catalogue(out, CatalogueOptions(**{**asdict(chosen), **options}) if options else None)
        assert folder_number(made) != last, what
        last = folder_number(made)

    is_made_again("another option", rule="mean")
    is_made_again("that option taken back", rule="latest")
    os.utime(own, (1, 1))
    is_made_again("other zones")
    layout.failed("S2_broken").write_text(json.dumps(FAILED))
    is_made_again("a failure")
    layout.failed("S2_broken").write_text(json.dumps({**FAILED, "attempts": 3, "at": "2026-11-21T20:00:00+00:00"}))
    assert folder_number(build_catalogue(out)) == last, "the same failure, once more"
    layout.failed("S2_broken").unlink()
    is_made_again("a failure less")
    (layout.catalogue / "counts.csv").unlink()
    is_made_again("a lost file")
    (out / ".catalogue-made.json").write_text("{")
    is_made_again("a note that was cut off")
    make_batch(out, [Made("more", "2021-03-01", random_p(rng, 3, 3))])
    is_made_again("a scene")
    victim = finished(out)[0].rasters["probabilities"]
    whole = victim.read_bytes()
    victim.write_bytes(whole[:-100])
    assert build_catalogue(out).left_out
    victim.write_bytes(whole)
    last = layout.catalogue.stat().st_ino
    is_made_again("a product that was put back")
    assert folder_number(build_catalogue(out)) == last


def test_a_scene_that_is_done_while_it_is_made_comes_in_next_time(tmp_path):
    rng = np.random.default_rng(0)
    out = make_batch(tmp_path, [Made("one", "2021-01-01", random_p(rng, 3, 3))])
    two = [Made("two", "2021-02-01", random_p(rng, 3, 3))]

    def emit(type, **fields):
        if fields.get("name") == "mosaic" and two:
            make_batch(out, [two.pop()])

    assert build_catalogue(out, emit=emit).scenes == 1
    assert build_catalogue(out).scenes == 2


def test_two_builders_at_once_are_one_too_many(tmp_path):
    out = make_batch(tmp_path, [Made("one", "2021-01-01", random_p(np.random.default_rng(0), 3, 3))])
    with publish.whole_folder(out / "catalogue"), pytest.raises(OutputError, match="Another run"):
        build_catalogue(out)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"rule": "first"}, "--rule"),
        ({"patches": "shp"}, "--patches"),
        ({"period": "week"}, "--period"),
        ({"mosaic_crs": "EPSG:0"}, "--mosaic-crs"),
        ({"resolution": -3.0}, "--mosaic-resolution"),
        ({"id_field": "name"}, "--zones"),
        ({"title": " "}, "title"),
    ],
)
def test_bad_options_are_refused_in_words(options, word):
    with pytest.raises(JobError, match=word):
        CatalogueOptions(**options)


def test_pixels_too_fine_and_zones_that_are_none(tmp_path):
    out = make_batch(tmp_path, [Made("one", "2021-01-01", random_p(np.random.default_rng(0), 3, 3))])
    with pytest.raises(JobError, match="--mosaic-resolution"):
        build_catalogue(out, CatalogueOptions(resolution=0.001))
    with pytest.raises(DataError, match="zones"):
        build_catalogue(out, CatalogueOptions(zones=str(tmp_path / "none.gpkg")))
    assert not (out / "catalogue").exists()


def test_commands(tmp_path, capfd):
    out = make_batch(tmp_path, country(1, 1, 4, side=8))
    assert run(["batch", "catalogue", str(out), "--rule", "mean"]) == 0
    assert f"4 scenes: {out / 'catalogue' / 'overview.html'}" in capfd.readouterr().out
    assert run(["batch", "series", str(out), "--tile", "33uup"]) == 0
    assert "4 dates" in capfd.readouterr().out
    spans = ["--before", "2021-01", "--after", "2021-03..2021-04"]
    assert run(["batch", "change", str(out), "--tile", "T33UUP", *spans]) == 0
    assert "cells changed" in capfd.readouterr().out
    assert run(["batch", "series", str(out), "--tile", "33XXX"]) == 3
    assert "33UUP" in capfd.readouterr().err
    assert run(["batch", "change", str(out), "--tile", "33UUP", "--before", "spring", "--after", "2021"]) == 2
    assert run(["batch", "change", str(out), "--tile", "33UUP", "--before", "2021", "--after", "2021-03"]) == 2


@pytest.mark.parametrize("arguments", [["catalogue"], ["series", "--tile", "33UUP"]])
def test_commands_speak_json(batch, made, tmp_path, arguments):
    """In a process of its own: a command that owns stdout keeps it."""
    out = tmp_path / "out"
    shutil.copytree(batch, out)
    command = [sys.executable, "-m", "ben_core", "batch", arguments[0], str(out), *arguments[1:], "--json"]
    told = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert all(Path(p).is_file() for p in told["files"].values()) and told["notes"] is not None


def test_large_rasters_are_read_by_windows_and_give_the_same(batch, made, tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "_SMALL", 7)
    out = tmp_path / "out"
    shutil.copytree(batch, out, ignore=shutil.ignore_patterns("catalogue*", ".catalogue*"))
    again = build_catalogue(out, CatalogueOptions(patches="none"))
    for key, path in made[0].files.items():
        if ":" in key:
            assert path.read_bytes() == again.files[key].read_bytes(), key


def test_outside_europe_and_across_the_date_line(tmp_path):
    """There is a mosaic in an equal-area CRS of the world; where it is cut open, one is told what to do."""
    p = random_p(np.random.default_rng(0), 4, 20, 0)
    out = make_batch(
        tmp_path / "thailand", [Made("s", "2021-01-01", p, left=500_000, top=1_700_000, epsg=32647, tile=None)]
    )
    made = build_catalogue(out, CatalogueOptions(patches="none"))
    assert {k.partition(":")[0] for k in made.files if ":" in k} == {"EPSG32647", "EPSG6933"}
    fiji = make_batch(tmp_path / "line", [Made("s", "2021-01-01", p, left=270_000, epsg=32601, tile=None)])
    with pytest.raises(JobError, match="no place in the mosaic's CRS"):
        build_catalogue(fiji)
    made = build_catalogue(fiji, CatalogueOptions(mosaic_crs="none"))
    bounds = geopandas.read_file(made.files["patches"], layer="patches").bounds
    assert (bounds["maxx"] - bounds["minx"]).max() < 0.03  # no cell goes round the world
    assert json.loads(made.files["collection"].read_text())["extent"]["spatial"]["bbox"][0][::2] == [-180, 180]


def test_what_was_read_once_is_forgotten_by_the_next_catalogue(tmp_path):
    out = make_batch(
        tmp_path, [Made(f"s{i}", f"2021-01-0{i + 1}", random_p(np.random.default_rng(0), 3, 3)) for i in range(2)]
    )
    assert build_catalogue(out).scenes == 2
    finished(out)[0].files["probabilities"].write_bytes(b"no raster")
    assert list(build_catalogue(out).left_out) == ["s0"]
