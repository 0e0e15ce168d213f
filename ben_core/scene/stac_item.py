"""STAC documents: one item out of a file, a URL or an item collection, checked before anything trusts it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.request import url2pathname

from ..errors import DataError, JobError
from .files import DRIVERS
from .remote import MAX_JSON, address_of, fetch, is_remote

_SUFFIXES = (".json", ".geojson")
NAME = 120  # characters of an item's id that file names begin with


@dataclass(frozen=True)
class Item:
    """One STAC item: ``document`` as it was read, ``source`` the path or address that it came from."""

    document: Mapping[str, Any]
    source: str

    @property
    def id(self) -> str:
        return str(self.document["id"])

    @property
    def properties(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document["properties"]
        return found

    @property
    def assets(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self.document["assets"]
        return found

    def address(self, href: str) -> str:
        """Where an asset lies: a path or a remote address. DataError for what leads elsewhere."""
        if is_remote(href):
            return address_of(href)
        scheme = urlsplit(href).scheme if "://" in href else ""
        if is_remote(self.source):
            if scheme or href.startswith(("/vsi", "\\")):
                raise DataError(f"{self.source} refers to {href[:200]!r}, which is no file on a server.", "", "href")
            return address_of(urljoin(self.source, href))
        if scheme not in ("", "file") or href.startswith("/vsi") or "\0" in href:
            raise DataError(f"{self.source} refers to {href[:200]!r}, which cannot be opened here.", "", "href")
        path = url2pathname(urlsplit(href).path) if scheme else href
        return str((Path(self.source).parent / path).absolute())


def is_item(text: str) -> bool:
    """Whether what the user gave as a scene is meant as a STAC item: JSON, or an address that is no raster."""
    place, _ = split(text)
    if is_remote(place):
        suffix = PurePosixPath(place.partition("?")[0]).suffix.lower()
        return place.startswith(("http://", "https://")) and suffix not in (*DRIVERS, ".zip")
    return Path(place).suffix.lower() in _SUFFIXES and not Path(place).is_dir()


def split(text: str) -> tuple[str, str | None]:
    """Path or address, and the item's id behind ``#``; a file of that whole name goes before."""
    place, mark, item = text.rpartition("#")
    if not mark or (not is_remote(text) and Path(text).exists()):
        return text, None
    return place, item


def read_item(text: str) -> Item:
    """The one item that ``FILE``, ``URL`` or ``COLLECTION#ID`` means. DataError, JobError in one sentence."""
    items = read_items(text)
    if len(items) != 1:
        source, found = items[0].source if items else split(text)[0], [item.document for item in items]
        zones = sorted({str(z) for item in items if (z := crs_code(item.properties)) is not None})
        over = f" in {len(zones)} UTM zones ({', '.join(zones)})" if len(zones) > 1 else ""
        raise JobError(
            f"{source} holds {len(items) or 'no'} items{over}; a scene is one item on one grid.", _choice(found)
        )
    return items[0]


def read_items(text: str) -> list[Item]:
    """The same, but all items of a collection where none is named by ``#ID``."""
    place, wanted = split(text)
    document, source = _document(place)
    kind = document.get("type")
    if kind == "Feature":
        items: Sequence[Any] = [document]
    elif kind == "FeatureCollection" and isinstance(document.get("features"), list):
        items = document["features"]
    else:
        raise DataError(
            f"{source} is no STAC item (its type is {kind!r}).",
            "Give an item or an item collection; `ben search` finds the items of a catalogue.",
            "stac",
        )
    for item in items:
        _check(item, source)
    if wanted is not None:
        found = [item for item in items if item["id"] == wanted]
        if len(found) != 1:
            raise JobError(
                f"{source} holds {len(found) or 'no'} item{'s' if len(found) > 1 else ''} {wanted!r}.", _choice(items)
            )
        items = found
    return [Item(item, source) for item in items]


def stem_of(id: str) -> str:
    """An item's id as the beginning of file names. JobError where nothing is left of it."""
    name = re.sub(r"[^\w.\-]+", "_", id).strip("._-")[:NAME]
    if not name:
        raise JobError(f"The item's id {id!r} cannot be part of a file name.", "Give a name with --name.")
    return name


def crs_code(properties: Mapping[str, Any]) -> str | None:
    """The CRS that properties or an asset state: ``proj:code`` (STAC 1.1) or ``proj:epsg``; None without."""
    code, number = properties.get("proj:code"), properties.get("proj:epsg")
    if isinstance(code, str) and re.fullmatch(r"EPSG:\d{4,6}", code):
        return code
    return f"EPSG:{number}" if isinstance(number, int) and not isinstance(number, bool) else None


def _choice(items: Sequence[Mapping[str, Any]]) -> str:
    if not items:
        return "Nothing was found? Search with a larger area, more time or more cloud."
    names = ", ".join(str(item["id"]) for item in items[:5])
    return (
        f"Say which: FILE#ID, with one of {names}{', …' if len(items) > 5 else ''}; or map each and lay them together with "
        "ben batch FILE --out DIR."
    )


def _document(place: str) -> tuple[Mapping[str, Any], str]:
    if is_remote(place):
        source = address_of(place)
        content = fetch(source, "STAC item")
    else:
        source = str(Path(place).absolute())
        if not Path(place).is_file():
            raise DataError(f"There is no file {place}.", "Check the path.", "missing")
        if Path(place).stat().st_size > MAX_JSON:
            raise DataError(f"{source} is larger than {MAX_JSON >> 20} MB, too large for a STAC item.", "", "stac")
        content = Path(place).read_bytes()
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as e:
        raise DataError(f"{source} is no STAC item: it is not JSON ({e}).", "Is the address right?", "stac") from e
    if not isinstance(document, dict):
        raise DataError(f"{source} is no STAC item: it holds no JSON object.", "", "stac")
    return document, source


def _check(item: Any, source: str) -> None:
    """DataError where an item lacks what the STAC specification requires of it and a scene needs."""
    if not isinstance(item, dict):
        raise DataError(f"{source} is no STAC item: it holds something else than JSON objects.", "", "stac")
    for key, kind in (("id", str), ("stac_version", str), ("properties", dict), ("assets", dict)):
        if not isinstance(item.get(key), kind):
            raise DataError(f"{source} is no STAC item: its {key!r} is missing or of the wrong kind.", "", "stac")
    for name, asset in item["assets"].items():
        if not isinstance(asset, dict) or not isinstance(asset.get("href"), str):
            raise DataError(f"{source}: asset {name!r} of item {item['id']!r} has no address (href).", "", "stac")
