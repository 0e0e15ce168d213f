"""Scenes on servers: byte ranges, slow and broken answers, signatures that stay secret. The server is on this machine."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import numpy as np
import pytest
from rasterio.transform import from_origin

from ben_core.cli import run
from ben_core.errors import BenError, DataError, JobError
from ben_core.job import Job
from ben_core.mapping import map_scene
from ben_core.models import find_card
from ben_core.run.plan import make_plan, scene_of
from ben_core.scene import BandReader, handles, open_scene, remote

from .made_items import collection, make_item
from .web_server import Web, serving

RNG = np.random.default_rng(3)
FOUR = ("B02", "B03", "B04", "B08")
SIDE = 360


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
    return {b: RNG.integers(200, 4000, (SIDE, SIDE), dtype=np.uint16) for b in FOUR}


@pytest.fixture
def folder(write_tif: Any, land: dict[str, np.ndarray]) -> Path:
    """COGs of four bands on disk: small blocks, so that a strip needs several requests."""
    for band, values in land.items():
        path = write_tif(f"bands/{band}.tif", values, driver="COG", blocksize=128, compress="deflate", nodata=0,
                         transform=from_origin(500_000, 5_000_040, 10, 10))  # fmt: skip
    return path.parent


@pytest.fixture
def item(web: Web, folder: Path) -> str:
    """The address of an item whose bands lie beside it on the server."""
    for path in folder.glob("*.tif"):
        web.files[f"s2/{path.name}"] = path.read_bytes()
    document = make_item({b: f"{b}.tif" for b in FOUR}, **{"s2:processing_baseline": "02.14"})
    web.files["s2/item.json"] = json.dumps(document).encode()
    return f"{web.address}/s2/item.json"


def pixels(scene: Any, band: str = "B02") -> np.ndarray:
    with BandReader(scene.bands[band]) as reader:
        return reader.read_rows(0, scene.bands[band].height)


def result(scene: str, out: Path, **options: Any) -> dict[str, bytes]:
    made = map_scene(Job(scene=(scene,), out=str(out), name="map", device="cpu", batch=4, **options))
    return {kind: path.read_bytes() for kind, path in made.products.items() if path.suffix == ".tif"}


def test_item_and_bands_on_a_server_give_the_map_of_the_files(
    web: Web, item: str, folder: Path, tmp_path: Path
) -> None:
    near, far = result(str(folder), tmp_path / "near"), result(item, tmp_path / "far")
    assert near.keys() == far.keys() and len(far) >= 3
    assert _numbers(tmp_path / "near") == _numbers(tmp_path / "far")
    asked = [h["Range"] for p, _, h in web.requests if p.endswith("B02.tif")]
    assert all(asked[1:]), "a whole file was fetched"


def _numbers(out: Path) -> list[bytes]:
    import rasterio

    found = []
    for path in sorted(out.glob("*.tif")):
        with rasterio.open(path) as d:
            found.append(d.read().tobytes())
    return found


def test_raster_and_band_files_by_address(web: Web, item: str, folder: Path, land: dict[str, np.ndarray]) -> None:
    addresses = [f"/vsicurl/{web.address}/s2/{b}.tif" for b in FOUR]
    scene = open_scene(addresses)
    assert scene.bands["B03"].path == f"{web.address}/s2/B03.tif" and scene.name == "s2"
    assert (pixels(scene, "B08") == land["B08"]).all()
    with pytest.raises(JobError, match="on a server and some are not"):
        open_scene([addresses[0], str(folder / "B03.tif")])


@pytest.mark.parametrize("fault", ["500", "503", "cut", "slow"])
@pytest.mark.parametrize("when", ["opening", "reading"])
def test_what_passes_is_waited_for(web: Web, item: str, land: dict[str, np.ndarray], fault: str, when: str) -> None:
    web.broken = re.compile(r"B02\.tif")
    if when == "opening":
        web.faults = [fault] * 5
    scene = open_scene(item)
    if when == "reading":
        web.faults = [fault] * 5
    assert (pixels(scene) == land["B02"]).all()
    assert fault == "slow" or not web.faults


LASTING = {
    "500": "HTTP 500",
    "429": "HTTP 429",
    "400": "HTTP 400",
    "501": "HTTP 501",
    "505": "HTTP 505",
    "403": "refused by the server (HTTP 403)",
    "404": "does not exist (HTTP 404)",
    "410": "does not exist (HTTP 410)",
    "cut": "cannot be read",
    "html": "a page of text and no raster",
}
# "remote", of the others, says that it may come later: ben batch tries it again.
CODES = {
    "400": "unfit",
    "501": "unfit",
    "505": "unfit",
    "403": "denied",
    "404": "missing",
    "410": "missing",
    "html": "denied",
}


@pytest.mark.parametrize("fault", LASTING)
@pytest.mark.parametrize("when", ["opening", "reading"])
def test_what_lasts_is_one_sentence(web: Web, item: str, fault: str, when: str) -> None:
    web.broken = re.compile(r"B02\.tif")
    scene = open_scene(item) if when == "reading" else None
    web.always = fault
    with pytest.raises(DataError) as e:
        pixels(scene or open_scene(item))
    assert LASTING[fault] in e.value.message and "B02.tif" in e.value.message and "\n" not in e.value.message
    assert e.value.code == CODES.get(fault, "remote")


def test_a_server_without_ranges_is_told_as_such(web: Web, write_tif: Any) -> None:
    large = write_tif("large.tif", RNG.integers(1, 9999, (1500, 1500), dtype=np.uint16), tiled=True)
    web.files["B02.tif"], web.ranges = large.read_bytes(), False
    with pytest.raises(DataError, match="whole files only"):
        pixels(open_scene(f"{web.address}/B02.tif"))


def test_nothing_is_left_half_written(web: Web, item: str, tmp_path: Path, land: dict[str, np.ndarray]) -> None:
    opened = open_scene(item)  # all headers are known
    web.broken, web.always = re.compile(r"B08\.tif"), "500"
    out = tmp_path / "out"
    assert run(["map", item, "-o", str(out), "--name", "map"]) == 3
    assert not [p for p in out.glob("*") if not p.name.startswith(".ben-")] if out.exists() else True
    web.always = None
    assert run(["map", item, "-o", str(out), "--name", "map"]) == 0
    assert (out / "map_classes.tif").exists() and (pixels(opened) == land["B02"]).all()


@pytest.mark.parametrize("fault", ["500", "404", "cut", "html"])
def test_an_item_that_does_not_come(web: Web, item: str, fault: str) -> None:
    web.broken, web.always = re.compile("item"), fault
    with pytest.raises(DataError) as e:
        open_scene(item)
    assert item in e.value.message and "\n" not in e.value.message
    web.always, web.faults = None, [fault]
    if fault in ("500", "cut"):
        assert open_scene(item).name == "scene-1"


def test_no_server_at_all(web: Web) -> None:
    web.server_close()
    for name in ("item.json", "B02.tif"):
        with pytest.raises(DataError, match="no answer") as e:
            open_scene(f"{web.address}/{name}")
        assert "refused" in e.value.message and e.value.code == "remote"  # a server that starts anew, not a login


@pytest.mark.parametrize("reason", ["'B02.tif' does not exist in the file system.", "connection refused"])
def test_words_of_gdal_are_no_answer_of_the_server(web: Web, reason: str) -> None:
    web.files["B02.tif"] = b"II*\0" + bytes(60)
    assert remote.unreadable(f"{web.address}/B02.tif", reason).code == "remote"


def key_facts(item: str) -> str:
    job = Job(scene=(item,), out="out")
    return json.dumps(make_plan(job, scene_of(job), find_card("embedded")).facts(), default=str, sort_keys=True)


def test_signatures_reach_the_server_and_nothing_else(web: Web, item: str, tmp_path: Path, capsys: Any) -> None:
    web.needs = "sig="
    keys = []
    for secret in ("abc%2Fs3cret", "n3wer"):
        query = f"se=2026-11-21&sp=r&sv=2021&sig={secret}"
        hrefs = {b: f"{web.address}/s2/{b}.tif?{query}" for b in FOUR}
        (tmp_path / "signed.json").write_text(json.dumps(make_item(hrefs, **{"s2:processing_baseline": "02.14"})))
        keys.append(key_facts(str(tmp_path / "signed.json")))
        assert secret in web.requests[-1][1]
    assert keys[0] == keys[1] and "s3cret" not in keys[0] and "sig=" not in keys[0]
    out = tmp_path / "out"
    assert run(["map", str(tmp_path / "signed.json"), "-o", str(out), "--name", "map"]) == 0
    said = "".join(capsys.readouterr())
    web.needs = "another"
    assert run(["info", str(tmp_path / "signed.json")]) in (0, 3)  # what GDAL has kept is served without asking
    said += "".join(capsys.readouterr())
    assert not any(b"n3wer" in p.read_bytes() for p in out.glob("*"))
    assert "n3wer" not in said


def test_expired_signature_is_told_without_showing_it(web: Web, item: str) -> None:
    web.needs = "valid"
    with pytest.raises(DataError, match="HTTP 403") as e:
        open_scene(f"{web.address}/s2/B02.tif?X-Amz-Signature=t0psecret&X-Amz-Expires=1")
    assert "t0psecret" not in e.value.message + (e.value.hint or "") and e.value.code == "denied"


def test_key_depends_on_what_lies_on_the_server(web: Web, item: str, folder: Path) -> None:
    before = key_facts(item)
    assert key_facts(item) == before
    web.files["s2/B02.tif"] += b"\0"
    assert key_facts(item) != before


def test_signing_service_of_the_environment(web: Web, item: str, monkeypatch: Any, land: dict[str, np.ndarray]) -> None:
    def sign(query: str, _: bytes) -> tuple[int, bytes, str]:
        href = parse_qs(query)["href"][0]
        return (
            200,
            json.dumps({"href": f"{href}?sig=fr3sh{len(web.requests)}", "msft:expiry": "later"}).encode(),
            "a/json",
        )

    web.pages["sign"], web.needs = sign, "sig=fr3sh"
    with pytest.raises(DataError, match="HTTP 403"):
        open_scene(f"{web.address}/s2/B02.tif")
    monkeypatch.setenv("BEN_STAC_SIGN", f"{web.address}/sign?href={{href}}")
    scene = open_scene([f"{web.address}/s2/{b}.tif" for b in FOUR])
    assert (pixels(scene) == land["B02"]).all() and "fr3sh" not in repr(scene)
    remote._signed.clear()
    web.pages["sign"] = lambda q, b: (200, json.dumps({"href": f"http://elsewhere/{quote(q)}"}).encode(), "a/json")
    with pytest.raises(DataError, match="gave no signed address"):
        open_scene(f"{web.address}/s2/B02.tif")
    for status, code in ((503, "remote"), (404, "sign")):
        web.pages["sign"] = lambda *_, status=status: (status, b"", "text/plain")
        with pytest.raises(DataError, match=f"signing service of .*HTTP {status}") as e:
            open_scene(f"{web.address}/s2/B02.tif")
        assert e.value.code == code
    monkeypatch.setenv("BEN_STAC_SIGN", "on")
    with pytest.raises(JobError, match=r"holds no \{href\}"):
        open_scene(f"{web.address}/s2/B02.tif")


def test_login_of_gdals_own_environment(web: Web, item: str, monkeypatch: Any, land: dict[str, np.ndarray]) -> None:
    web.login = "Bearer letmein"
    with pytest.raises(DataError, match="HTTP 401") as e:
        open_scene(f"{web.address}/s2/B02.tif")
    assert e.value.code == "denied"
    monkeypatch.setenv("GDAL_HTTP_HEADERS", "Authorization: Bearer letmein")
    with pytest.raises(DataError, match=r"does not exist \(HTTP 404\)") as e:  # as GDAL is told, which knows the login
        open_scene(f"{web.address}/s2/nowhere.tif")
    assert e.value.code == "missing"
    scene = open_scene(f"{web.address}/s2/B02.tif")
    web.broken, web.faults = re.compile(r"B02"), ["cut", "cut"]
    assert (pixels(scene) == land["B02"]).all()


def test_s3_by_the_environment(web: Web, item: str, monkeypatch: Any, land: dict[str, np.ndarray]) -> None:
    for name, value in {"AWS_S3_ENDPOINT": web.address.removeprefix("http://"), "AWS_HTTPS": "NO",
                        "AWS_VIRTUAL_HOSTING": "FALSE", "AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "s3cret",
                        "AWS_REGION": "here"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    scene = open_scene([f"s3://s2/{b}.tif" for b in FOUR])
    assert scene.bands["B02"].path == "s3://s2/B02.tif" and (pixels(scene) == land["B02"]).all()
    assert any("Credential=me/" in (h["Authorization"] or "") for _, _, h in web.requests)
    for name, status, code, words, meaning in (
        ("gone", 404, "NoSuchKey", "The specified key does not exist.", "missing"),
        ("closed", 403, "AccessDenied", "Access Denied", "denied"),
        ("busy", 503, "SlowDown", "Please reduce your request rate.", "remote"),
    ):
        xml = f"<Error><Code>{code}</Code><Message>{words}</Message></Error>".encode()
        web.pages[f"s2/{name}.tif"] = lambda *_, status=status, xml=xml: (status, xml, "application/xml")
        with pytest.raises(DataError, match=f"s3://s2/{name}.tif") as e:
            open_scene(f"s3://s2/{name}.tif")
        assert e.value.code == meaning


def test_remote_items_cannot_read_this_machine(web: Web, folder: Path) -> None:
    for href in (f"file://{folder}/B02.tif", f"/vsizip/{folder}/B02.tif", "/vsimem/x.tif"):
        web.files["item.json"] = json.dumps(make_item({"B02": href})).encode()
        with pytest.raises(DataError, match="no file on a server"):
            open_scene(f"{web.address}/item.json")
    web.files["item.json"] = json.dumps(make_item({"B02": str(folder / "B02.tif")})).encode()
    with pytest.raises(DataError, match="does not exist"):  # an absolute path is one of the server
        open_scene(f"{web.address}/item.json")
    web.files["v.vrt"] = b"<VRTDataset/>"
    with pytest.raises(BenError, match="VRT"):
        open_scene(f"{web.address}/v.vrt")


def test_passwords_in_addresses_are_refused() -> None:
    with pytest.raises(JobError, match="user name or password") as e:
        open_scene("https://me:s3cret@host.invalid/B02.tif")
    assert "s3cret" not in e.value.message and "netrc" in e.value.hint


@pytest.mark.parametrize("href", ["https://", "https://[::1/B02.tif", "https://host:port/B02.tif", "s3://"])
def test_addresses_that_are_none(href: str) -> None:
    with pytest.raises(BenError):
        open_scene(href)


def test_one_item_of_a_collection_on_a_server(web: Web, item: str) -> None:
    one = json.loads(web.files["s2/item.json"])
    web.files["s2/found.json"] = json.dumps(collection(one, {**one, "id": "scene-2"})).encode()
    assert open_scene(f"{web.address}/s2/found.json#scene-2").name == "scene-2"
    with pytest.raises(JobError, match="2 items"):
        open_scene(f"{web.address}/s2/found.json")
