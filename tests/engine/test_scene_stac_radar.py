"""Sentinel-1 out of catalogues: items and files on servers, alone and beside Sentinel-2. The server is on this machine."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from ben_core.cli import run
from ben_core.errors import BenError, DataError, JobError
from ben_core.job import Job
from ben_core.mapping import map_scene
from ben_core.scene import BandReader, Scene, handles, open_scene, remote

from .made_items import collection, make_item, make_radar_item
from .web_server import Web, serving

FOUR = ("B02", "B03", "B04", "B08")
ID = "S1A_IW_GRDH_1SDV_20230612T165043_20230612T165108_048955_05E2F5_rtc"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    for module in (remote, handles):
        monkeypatch.setattr(module, "PAUSES", (0.02, 0.02))
    monkeypatch.setattr(remote, "TIMEOUT", 5.0)
    monkeypatch.setenv("GDAL_HTTP_RETRY_DELAY", "0.02")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def land() -> dict[str, np.ndarray]:
    """dB of VV and VH, 260 x 260."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:260, :260] / 60
    level = -11 + 2 * np.sin(x) + 2 * np.cos(y)
    return {b: (level - d + rng.normal(0, 1.5, level.shape)).astype(np.float32) for b, d in (("VV", 0), ("VH", 6.5))}


@pytest.fixture
def files(write_tif: Any, land: dict[str, np.ndarray]) -> dict[str, Path]:
    """Linear power as the Planetary Computer has it: a COG a polarisation, -32768 where there is nothing."""
    made = {}
    for band, db in land.items():
        power = 10 ** (db / 10)
        power[:, :20] = -32768
        made[band] = write_tif(
            f"{ID}/measurement/iw-{band.lower()}.rtc.tiff", power, driver="COG", blocksize=128, compress="deflate",
            nodata=-32768, transform=from_origin(500_000, 5_000_040, 10, 10),
        )  # fmt: skip
    return made


@pytest.fixture
def optical(write_tif: Any) -> dict[str, Path]:
    rng = np.random.default_rng(6)
    return {
        b: write_tif(f"s2/{b}.tif", rng.integers(300, 3000, (240, 240), dtype=np.uint16), driver="COG", blocksize=128,
                     nodata=0, transform=from_origin(500_100, 5_000_000, 10, 10))
        for b in FOUR
    }  # fmt: skip


@pytest.fixture
def save(tmp_path: Path) -> Any:
    def write(document: dict, name: str = "item.json") -> str:
        (tmp_path / name).write_text(json.dumps(document))
        return str(tmp_path / name)

    return write


def pixels(scene: Scene, band: str = "VV") -> np.ndarray:
    with BandReader(scene.bands[band]) as reader:
        found: np.ndarray = reader.read_rows(0, scene.grid.height)
        return found


def expected(db: np.ndarray) -> np.ndarray:
    return np.where(np.arange(db.shape[1]) < 20, np.nan, db)


def numbers(out: Path) -> list[bytes]:
    found = []
    for path in sorted(out.glob("*.tif")):
        with rasterio.open(path) as d:
            found.append(d.read().tobytes())
    return found


# -- items ----------------------------------------------------------------------------------------------------------


def test_an_item_of_the_planetary_computer(files: dict[str, Path], land: dict[str, np.ndarray], save: Any) -> None:
    """They call themselves GRD, are gamma0 in linear power, and say so in their collection alone."""
    scene = open_scene([save(make_radar_item(files, ID))])
    assert scene.sensor == "sentinel-1" and scene.name == ID and scene.platform == "Sentinel-1A"
    (found,) = scene.passes
    assert found.radiometry == "power, as collection sentinel-1-rtc has it" and found.quantity == "gamma0"
    assert found.orbit == "ascending, relative orbit 44" and found.acquired == "2023-06-12T16:50:55Z"
    assert "s1-gamma0" in {code for code, _ in scene.notes}
    for band in ("VV", "VH"):
        np.testing.assert_allclose(pixels(scene, band), expected(land[band]), atol=1e-3)


@pytest.mark.parametrize("style", ["indigo", "bands", "polarizations", "stac 1.1", "upper"])
def test_polarisations_are_known_by_any_name(
    files: dict[str, Path], land: dict[str, np.ndarray], write_tif: Any, save: Any, style: str
) -> None:
    item = make_radar_item(files, ID, **{"sar:product_type": "RTC"})
    del item["collection"]
    vv, vh = item["assets"].pop("vv"), item["assets"].pop("vh")
    if style == "indigo":
        item["assets"] |= {"gamma0_vh": vh, "gamma0_vv": vv}
    elif style == "upper":
        item["assets"] |= {"VH": vh, "VV": vv}
    else:
        both = np.stack([10 ** (expected(land[b]) / 10) for b in ("VH", "VV")])
        one = {**vv, "href": str(write_tif("both.tif", both))}
        if style == "bands":
            one["eo:bands"] = [{"name": "VH"}, {"name": "VV"}]
        elif style == "stac 1.1":
            one["bands"] = [{"name": "vh"}, {"name": "vv"}]
        else:
            one |= {"sar:polarizations": ["VH", "VV"], "raster:bands": [{"nodata": 0}, {"nodata": 0}]}
        item["assets"]["data"] = one
    scene = open_scene([save(item)])
    for band in ("VV", "VH"):
        np.testing.assert_allclose(pixels(scene, band), expected(land[band]), atol=1e-3)


RAW = {
    "Earth Search and Planetary Computer GRD": {"collection": "sentinel-1-grd"},
    "a GRD of a catalogue nobody knows": {"collection": "mine"},
    "SLC": {"collection": "mine", "sar:product_type": "SLC"},
    "STAC 1.1": {"collection": "mine", "sar:product_type": None, "product:type": "GRDH"},
}


@pytest.mark.parametrize("name", RAW)
def test_raw_products_are_refused_with_the_reason(files: dict[str, Path], save: Any, name: str) -> None:
    told = dict(RAW[name])
    item = make_radar_item(
        files, "S1A_IW_GRDH_1SDV_20230612T165043_20230612T165108_048955_05E2F5", told.pop("collection"), **told
    )
    with pytest.raises(DataError, match="raw Sentinel-1 product") as e:
        open_scene([save(item)])
    assert e.value.code == "s1-raw" and "terrain-corrected" in e.value.hint


def test_what_else_is_refused(files: dict[str, Path], optical: dict[str, Path], save: Any, write_tif: Any) -> None:
    cases: list[tuple[dict, str]] = [
        (make_radar_item(files, ID, **{"sar:instrument_mode": "EW"}), "mode EW"),
        (make_radar_item({"HH": files["VV"], "HV": files["VH"]}, ID), "no asset of VV or VH"),
        (make_radar_item({b: write_tif(f"neg_{b}.tif", np.full((130, 130), -12.0)) for b in files}, ID), "negative"),
    ]
    wrong = make_radar_item(files, ID)
    wrong["assets"]["vh"]["proj:shape"] = [1, 2]
    cases.append((wrong, "1 x 2 pixels"))
    for item, words in cases:
        with pytest.raises(DataError, match=words):
            open_scene([save(item)])
    s2 = save(make_item(optical, **{"s2:processing_baseline": "02.14"}), "s2.json")
    with pytest.raises(DataError, match="is not of Sentinel-1"):
        open_scene([s2], s1=[s2])
    with pytest.raises(JobError, match="--scale"):
        open_scene([save(make_radar_item(files, ID))], scale=2.0)
    with pytest.raises(DataError, match="no file"):
        open_scene([s2], s1=["nowhere.json"])


HOSTILE: dict[str, Any] = {
    "platform": 7, "constellation": ["sentinel-1"], "sar:product_type": {"a": 1}, "sar:instrument_mode": ["IW"],
    "sat:orbit_state": 3, "sat:relative_orbit": True, "datetime": "yesterday", "start_datetime": 5,
}  # fmt: skip


@pytest.mark.parametrize("field", HOSTILE)
def test_fields_of_the_wrong_kind_are_no_crash(files: dict[str, Path], save: Any, field: str) -> None:
    item = make_radar_item(files, ID, **{field: HOSTILE[field]})
    for asset in item["assets"].values():
        asset |= {"roles": 3, "eo:bands": "VV", "bands": [None], "sar:polarizations": [1], "unit": []}
    try:
        assert {"VV", "VH"} <= set(open_scene([save(item)]).bands)
    except BenError as e:
        assert "\n" not in e.message


def test_items_of_a_collection_beside_sentinel_2(
    files: dict[str, Path], optical: dict[str, Path], land: dict[str, np.ndarray], write_tif: Any, save: Any
) -> None:
    """All of them are laid over each other, nearest in time first, or the one that is named."""
    later = {b: write_tif(f"later_{b}.tif", 10 ** ((db - 3) / 10)) for b, db in land.items()}
    others = make_radar_item(later, "S1A_IW_GRDH_1SDV_20230624_rtc", datetime="2023-06-24T16:50:55Z")
    found = save(collection(others, make_radar_item(files, ID)), "s1.json")
    s2 = save(make_item(optical, **{"s2:processing_baseline": "02.14"}), "s2.json")
    both = open_scene([s2], s1=[found])
    assert [p.name for p in both.passes] == [ID, "S1A_IW_GRDH_1SDV_20230624_rtc"]
    filled = np.where(np.arange(260) < 20, land["VV"] - 3, land["VV"])
    np.testing.assert_allclose(pixels(both), filled[4:244, 10:250], atol=1e-3)
    with pytest.raises(JobError, match="2 items"):
        open_scene([found])
    with pytest.raises(DataError, match="holds no items"):
        open_scene([s2], s1=[save(collection(), "none.json")])
    scene = open_scene([s2], s1=[f"{found}#{ID}"])
    assert scene.sensor == "sentinel-2" and scene.passes[0].days == pytest.approx(-0.72, abs=0.01)
    np.testing.assert_allclose(pixels(scene), expected(land["VV"])[4:244, 10:250], atol=1e-3)
    alone = open_scene([], s1=[f"{found}#{ID}"])
    assert alone.sensor == "sentinel-1" and alone.name == ID


# -- on a server ------------------------------------------------------------------------------------------------------


@pytest.fixture
def served(web: Web, files: dict[str, Path], optical: dict[str, Path]) -> dict[str, str]:
    """Addresses of an item of each sensor, and of the pair of COGs."""
    for path in files.values():
        web.files[f"rtc/{ID}/measurement/{path.name}"] = path.read_bytes()
    for band, path in optical.items():
        web.files[f"s2/{band}.tif"] = path.read_bytes()
    radar = make_radar_item({b: f"{ID}/measurement/{p.name}" for b, p in files.items()}, ID)
    web.files["rtc/item.json"] = json.dumps(radar).encode()
    told = make_item({b: f"{b}.tif" for b in FOUR}, **{"s2:processing_baseline": "02.14"})
    web.files["s2/item.json"] = json.dumps(told).encode()
    base = f"{web.address}/rtc/{ID}/measurement"
    return {"s1": f"{web.address}/rtc/item.json", "s2": f"{web.address}/s2/item.json",
            **{b: f"{base}/{p.name}" for b, p in files.items()}}  # fmt: skip


def test_both_sensors_from_a_server_give_the_map_of_the_files(
    web: Web, served: dict[str, str], files: dict[str, Path], optical: dict[str, Path], tmp_path: Path
) -> None:
    folder = str(next(iter(optical.values())).parent)
    told = {"name": "map", "device": "cpu", "batch": 4, "acquired": None}
    near = Job(scene=(folder,), s1=tuple(map(str, files.values())), s1_unit="power", out=str(tmp_path / "near"), **told)
    map_scene(near)
    map_scene(Job(scene=(served["s2"],), s1=(served["s1"],), out=str(tmp_path / "far"), **told))
    pair = Job(
        scene=(served["s2"],), s1=(served["VH"], served["VV"]), s1_unit="power", out=str(tmp_path / "pair"), **told
    )
    map_scene(pair)
    assert numbers(tmp_path / "near") == numbers(tmp_path / "far") == numbers(tmp_path / "pair")
    asked = [h["Range"] for p, _, h in web.requests if p.endswith(".tiff")]
    assert len(asked) > 4 and asked.count(None) == len(files), "a whole file was fetched"  # the first opening of each


def test_a_pair_of_addresses_is_one_product(served: dict[str, str], land: dict[str, np.ndarray]) -> None:
    scene = open_scene([], s1=[served["VV"], served["VH"]], s1_unit="power")
    (found,) = scene.passes
    assert found.name == ID and found.platform == "Sentinel-1A" and found.acquired == "2023-06-12T16:50:43Z"
    np.testing.assert_allclose(pixels(scene, "VH"), expected(land["VH"]), atol=1e-3)
    alone = open_scene([served["VV"], served["VH"]])  # by its values: gaps are no doubt
    assert alone.passes[0].radiometry.startswith("power")


@pytest.mark.parametrize("fault", ["500", "cut", "slow"])
def test_what_passes_is_waited_for(web: Web, served: dict[str, str], land: dict[str, np.ndarray], fault: str) -> None:
    web.broken = re.compile(r"vv\.rtc\.tiff")
    web.faults = [fault] * 4
    scene = open_scene([served["s2"]], s1=[served["s1"]])
    web.faults += [fault] * 4
    np.testing.assert_allclose(pixels(scene), expected(land["VV"])[4:244, 10:250], atol=1e-3)
    assert fault == "slow" or not web.faults


@pytest.mark.parametrize(("fault", "words"), [("404", "does not exist"), ("403", "refused"), ("html", "page of text")])
@pytest.mark.parametrize("when", ["opening", "reading"])
def test_what_lasts_is_one_sentence(web: Web, served: dict[str, str], fault: str, words: str, when: str) -> None:
    web.broken = re.compile(r"vh\.rtc\.tiff")
    scene = open_scene([], s1=[served["s1"]]) if when == "reading" else None
    web.always = fault
    with pytest.raises(BenError, match=words) as e:
        pixels(scene or open_scene([], s1=[served["s1"]]), "VH")
    assert "vh.rtc.tiff" in e.value.message and "\n" not in e.value.message


def test_signatures_stay_secret(
    web: Web, served: dict[str, str], files: dict[str, Path], save: Any, tmp_path: Path
) -> None:
    web.needs = "sig="
    hrefs = {b: f"{served[b]}?se=2026-11-21&sp=r&sig=s3cret" for b in files}
    item = save(make_radar_item(hrefs, ID))
    result = map_scene(Job(scene=(), s1=(item,), out=str(tmp_path / "o"), device="cpu"))
    assert result.cells["mapped"] and any("s3cret" in query for _, query, _ in web.requests)
    for path in result.products.values():
        assert b"s3cret" not in path.read_bytes()


def test_info_says_what_was_found(served: dict[str, str], capsys: Any) -> None:
    told = ["--s2", served["s2"], "--s1", served["s1"], "--model", "embedded"]
    assert run(["info", *told]) == 0
    said = capsys.readouterr().out
    for words in (
        "gamma0",
        "power, as collection sentinel-1-rtc has it",
        "ascending, relative orbit 44",
        "17 hours before",
        "Sentinel-1 about 9",
    ):
        assert words in said
    assert run(["info", *told, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)["facts"]["scene"]
    (found,) = facts["passes"]
    assert found["orbit"] == "ascending, relative orbit 44" and found["quantity"] == "gamma0"
    assert found["days"] == pytest.approx(-0.72, abs=0.01)
    assert facts["coverage"]["sentinel_2"] == 1 and 0.9 < facts["coverage"]["sentinel_1"] < 1


def test_two_assets_of_one_polarisation_are_refused(files: dict[str, Path], save: Any) -> None:
    item = make_radar_item(files, ID)
    item["assets"]["vv_log"] = {**item["assets"]["vv"]}
    with pytest.raises(DataError, match="has 2 assets of VV: vv, vv_log"):
        open_scene([save(item)])
