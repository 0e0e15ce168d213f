"""Hostile XML, archives and JPEG 2000: an error of the data, never a crash."""

import re
import warnings
import zipfile
from pathlib import Path

import pytest

from ben_core.errors import BenError, DataError
from ben_core.scene import open_scene, trees
from ben_core.scene.jp2 import jp2_damage
from ben_core.scene.metadata import product_info
from ben_core.scene.safexml import read_xml

from ..made_safe import image, zipped

# -- hostile XML and archives ------------------------------------------------------------------------------------

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "0123456789"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c SYSTEM "file:///etc/passwd">]><x><PROCESSING_LEVEL>&b;&c;</PROCESSING_LEVEL></x>'
)


def test_entities_are_refused(copy: Path) -> None:
    (copy / "MTD_MSIL2A.xml").write_text(BOMB)
    with pytest.raises(DataError, match="entities"):
        open_scene([str(copy)])


def test_deep_or_broken_xml_is_an_error_of_the_data(copy: Path) -> None:
    for text in ("<a>" * 300_000, "\0", "", "<a/>", "<a>" * 200_000 + "</a>" * 200_000):
        (copy / "MTD_MSIL2A.xml").write_text(text)
        with pytest.raises(DataError):
            open_scene([str(copy)])


def test_huge_metadata_are_not_parsed(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_BYTES", 1000)
    with pytest.raises(DataError, match="too much for metadata"):
        open_scene([str(copy)])


def archive(path: Path, *members: tuple[str, bytes]) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of doubled names
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            for name, content in members:
                z.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([("../../evil/MTD_MSIL2A.xml", b"<a/>")], "leads out"),
        ([("/etc/MTD_MSIL2A.xml", b"<a/>")], "leads out"),
        ([("C:/MTD_MSIL2A.xml", b"<a/>")], "leads out"),
        ([("a/MTD_MSIL2A.xml", b"<a/>"), ("a/..\\b", b"")], "leads out"),
        ([("a/MTD_MSIL2A.xml", b"<a/>"), ("a/MTD_MSIL2A.xml", b"<b/>")], "twice"),
        ([("a/readme.txt", b"hello")], "no Sentinel-2 product"),
        ([("a.SAFE/MTD_MSIL2A.xml", b""), ("b.SAFE/MTD_MSIL2A.xml", b"")], "2 Sentinel-2 products"),
        ([("a.SAFE/MTD_MSIL2A.xml", BOMB.encode())], "entities"),
    ],
)
def test_hostile_zips_are_refused(tmp_path: Path, members: list[tuple[str, bytes]], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        open_scene([str(archive(tmp_path / "a.zip", *members))])
    assert "a.zip" in caught.value.message


def test_zip_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path / "a.zip", ("a.SAFE/MTD_MSIL2A.xml", b"<a/>"), ("a.SAFE/big", bytes(30_000_000)))
    monkeypatch.setattr(trees, "SMALL", 2**20)
    with pytest.raises(DataError, match="would unpack from"):
        open_scene([str(path)])
    many = archive(tmp_path / "b.zip", *((f"a/{i}", b"") for i in range(60)))
    monkeypatch.setattr(trees, "MAX_MEMBERS", 50)
    with pytest.raises(DataError, match="holds 60 files"):
        open_scene([str(many)])


def test_a_member_that_lies_about_its_size_is_not_read_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The central directory says 100 bytes; the stream goes on for megabytes."""
    path = archive(tmp_path / "a.zip", ("a.SAFE/MTD_MSIL2A.xml", b"<a>" + b" " * 5_000_000 + b"</a>"))
    content = path.read_bytes()
    size = (5_000_007).to_bytes(4, "little")
    assert content.count(size) == 2
    path.write_bytes(content.replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(DataError):
        open_scene([str(path)])


def test_encrypted_and_damaged_zips(product: Path, tmp_path: Path) -> None:
    path = zipped(product, tmp_path / "a.zip")
    content = bytearray(path.read_bytes())
    for at in [m.start() for m in re.finditer(rb"PK\x01\x02", bytes(content))]:
        content[at + 8] |= 1  # the flag "encrypted" of the central directory
    (tmp_path / "locked.zip").write_bytes(bytes(content))
    with pytest.raises(DataError, match="encrypted"):
        open_scene([str(tmp_path / "locked.zip")])
    (tmp_path / "half.zip").write_bytes(path.read_bytes()[: len(content) // 2])
    with pytest.raises(DataError, match="no readable zip"):
        open_scene([str(tmp_path / "half.zip")])


def test_any_cut_of_a_zip_is_an_error_and_no_crash(product: Path, tmp_path: Path) -> None:
    content = zipped(product, tmp_path / "a.zip").read_bytes()
    for part in range(1, 12):
        (tmp_path / "b.zip").write_bytes(content[: len(content) * part // 12])
        with pytest.raises(BenError):
            open_scene([str(tmp_path / "b.zip")])


# -- JP2 from outside --------------------------------------------------------------------------------------------


def test_every_cut_of_a_jp2_is_noticed(product: Path, tmp_path: Path) -> None:
    whole = image(product, "B09_60m.jp2").read_bytes()
    path = tmp_path / "a.jp2"
    for length in [0, 1, 11, 12, 20, 100, *range(200, len(whole), 997), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with path.open("rb") as f:
            damage = jp2_damage(f, length)
        assert damage is not None and damage.certain
    path.write_bytes(whole)
    with path.open("rb") as f:
        assert jp2_damage(f, len(whole)) is None
    at = whole.find(b"jp2c")
    path.write_bytes(whole[: at - 4] + bytes(4) + whole[at:-9])  # a codestream to the end of the file
    with path.open("rb") as f:
        damage = jp2_damage(f, len(whole) - 9)
    assert damage is not None and not damage.certain  # decoders may do without the end marker


def test_product_info_reads_nothing_from_an_empty_document() -> None:
    with pytest.raises(DataError, match="processing level"):
        product_info(read_xml(b"<a/>", "x"), "x")
