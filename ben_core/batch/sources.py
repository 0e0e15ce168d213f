"""Which scenes there are: paths, globs, lists, STAC items and folders become tasks with names of their own."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from ..errors import BenError, DataError, JobError
from ..job import Job
from ..products import LONGEST_STEM
from ..products.journal import write_whole
from ..regions.options import ASKED, NAMES, asked_regions
from ..scene.files import DRIVERS
from ..scene.names import band_in, polarisation_in
from ..scene.remote import is_remote
from ..scene.stac_item import Item, is_item
from .layout import Layout
from .lists import LISTS, read_list
from .types import SceneTask

_PLACES = ("s1", "aoi", "regroup", "model", "fallback_model", "dem", "geoid", "orbit")  # options that may name files
_OPTIONS = {f.name for f in fields(Job)} - {"out", "overwrite"} | {ASKED, *NAMES}


@dataclass(frozen=True)
class Found:
    """A scene that was given.

    paths      what goes into Job.scene; empty where ``options`` has "s1" alone
    options    fields of Job and of its 10 m map (``regions.options``) for this scene, over those for all
    source     where it came from, in words
    item       the STAC item, where it is one of a collection: it gets a file of its own
    """

    paths: tuple[str, ...]
    source: str
    options: Mapping[str, Any] = field(default_factory=dict)
    item: Mapping[str, Any] | None = None


def find_scenes(given: Sequence[str]) -> list[Found]:
    """What the arguments of ``ben batch`` name, in order. Raises JobError, DataError for what names nothing.

    given   a product, a raster, a folder of products or of band files, a glob, an address, a STAC item or item
            collection (.json), or a list (.txt, .csv, .toml)
    """
    found: list[Found] = []
    for text in given:
        found += _expand(text, text)
    return found


def _expand(text: str, source: str, base: Path = Path()) -> list[Found]:
    if is_remote(text):
        return [Found((text,), source)]
    whole = str(base / text) if not Path(text).is_absolute() else text
    path = Path(whole)
    if not path.exists() and "#" not in whole and _is_pattern(text):
        matches = sorted(glob.glob(whole, recursive=True))  # noqa: PTH207  Path.glob takes no absolute pattern
        if not matches:
            raise DataError(
                f"Nothing is called {text}.", "Check the path; quote it, so that the shell leaves it.", "missing"
            )
        return [f for match in matches for f in _one_of_many(match, match)]
    if path.suffix.lower() in LISTS and path.is_file():
        return _listed(path)
    if path.is_dir():
        return [Found((str(p.absolute()),), str(p)) for p in products_in(path)]
    if is_item(whole) and path.is_file():
        return _items(path)
    place = whole.rpartition("#")[0] if "#" in whole and not path.exists() else whole
    # A link to nothing may stand in a glob that the shell expanded: it is a scene that will say so.
    if not Path(place).exists() and not Path(place).is_symlink():
        raise DataError(f"There is no file or folder {text}.", "Check the path.", "missing")
    return [Found((str(Path(place).absolute()) + whole[len(place) :],), source)]


def _one_of_many(text: str, source: str, base: Path = Path()) -> list[Found]:
    """As ``_expand``; what is gone, or a folder without scenes, is a scene that will say so: the others go on."""
    try:
        return _expand(text, source, base)
    except DataError as e:
        if e.code != "missing" or (_is_pattern(text) and not (base / text).exists()):
            raise
        return [Found((str((base / text).absolute()),), source)]


def _is_pattern(text: str) -> bool:
    return any(c in text for c in "*?[")


def products_in(folder: Path) -> list[Path]:
    """The scenes of a folder: itself where it is a product or holds band files, else the products in it, by name."""
    if _is_scene(folder):
        return [folder]
    inside = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    scenes = [p for p in inside if _is_scene(p)]
    if not scenes:
        raise DataError(
            f"{folder} holds no scenes.", "Scenes are .SAFE folders, zips, rasters, folders of band files.", "missing"
        )
    return scenes


def _is_scene(path: Path) -> bool:
    """By its name and what it holds; one that cannot be looked into is a scene too, so that its failure is told."""
    suffix = path.suffix.lower()
    if not path.is_dir():  # a file, or a link to one that is gone
        return suffix in (*DRIVERS, ".zip") and not _is_band(path)
    try:
        inside = list(path.iterdir())
    except OSError:
        return True
    return suffix == ".safe" or any(fnmatch(p.name, "MTD_MSI*.xml") or _is_band(p) for p in inside)


def _is_band(path: Path) -> bool:
    """Whether a raster is one band of a scene by its name ("B02.tif", "…_VV.tif")."""
    return path.suffix.lower() in DRIVERS and bool(band_in(path.stem) or polarisation_in(path.stem))


def _listed(path: Path) -> list[Found]:
    found = []
    for entry in read_list(path):
        unknown = sorted(set(entry.options) - _OPTIONS)
        if unknown:
            raise JobError(f"{entry.source} gives {unknown[0]!r}, which is no option of a scene.", _choices())
        # Relative paths are meant from where the list lies.
        options = {k: _beside(v, path.parent) if k in _PLACES else v for k, v in entry.options.items()}
        if len(entry.scenes) > 1 or not entry.scenes:
            paths = tuple(_beside(s, path.parent, always=True) for s in entry.scenes)
            found.append(Found(paths, entry.source, options))
            continue
        several = _one_of_many(entry.scenes[0], entry.source, path.parent)
        if "name" in options and len(several) > 1:
            raise JobError(f"{entry.source} gives one name to {len(several)} scenes.", "Name each, or none.")
        found += [replace(one, source=entry.source, options={**one.options, **options}) for one in several]
    return found


def _choices() -> str:
    return "Options are: scene, " + ", ".join(sorted(_OPTIONS - {"scene"})) + "."


def _beside(value: Any, folder: Path, always: bool = False) -> Any:
    if isinstance(value, (list, tuple)):
        return [_beside(v, folder, True) for v in value]
    if not isinstance(value, str) or is_remote(value) or Path(value).is_absolute():
        return value
    near = (folder / value).absolute()
    return str(near) if always or near.exists() else value


def _items(path: Path) -> list[Found]:
    """The items of a STAC file; what refers to files beside it is made absolute, as each gets a file of its own."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as e:
        raise DataError(f"{path} is no STAC item: it is not JSON ({e}).", "", "stac") from e
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        return [Found((str(path.absolute()),), str(path))]
    return items_of(document, str(path.absolute()))


def items_of(collection: Mapping[str, Any], source: str) -> list[Found]:
    """The items of an item collection that was read from ``source``."""
    features = collection.get("features")
    if not isinstance(features, list) or not features:
        raise DataError(f"{source} holds no STAC items.", "Search with a larger area, more time or more cloud.", "stac")
    return [Found((), f"{source}#{_id(item)}", item=_absolute(item, source)) for item in features]


def _id(item: Any) -> str:
    return str(item.get("id")) if isinstance(item, dict) else "?"


def _absolute(item: Any, source: str) -> Mapping[str, Any]:
    """The item with addresses that hold wherever it lies; what is wrong with it is said when it is opened."""
    if not isinstance(item, dict) or not isinstance(item.get("assets"), dict):
        return item if isinstance(item, dict) else {"type": "Feature"}
    holder = Item({**item, "id": _id(item)}, source)
    assets = {}
    for key, asset in item["assets"].items():
        href = asset.get("href") if isinstance(asset, dict) else None
        try:
            assets[key] = {**asset, "href": holder.address(href)} if isinstance(href, str) else asset
        except BenError:
            assets[key] = asset  # of an asset that nobody asks for, perhaps
    return {k: v for k, v in item.items() if k != "links"} | {"assets": assets}


# -- names ------------------------------------------------------------------------------------------------


def tasks_of(
    found: Sequence[Found], common: Mapping[str, Any], out: Path, items: Path
) -> tuple[list[SceneTask], list[str]]:
    """(tasks, notes in words): a scene given twice is one task; two of one name get names of their own.

    common   options for all: fields of Job and of their 10 m maps
    items    folder for the files of STAC items
    Raises JobError for options that are wrong, and for a name that was given to two scenes.
    """
    notes: list[str] = []
    unique: dict[str, Found] = {}
    for scene in found:
        unique.setdefault(_identity(scene), scene)
    if len(unique) < len(found):
        twice = len(found) - len(unique)
        notes.append(f"{twice} scene{'s were' if twice > 1 else ' was'} given more than once: mapped once.")
    by_name: dict[str, list[tuple[str, Found]]] = {}
    for identity, scene in unique.items():
        by_name.setdefault(_name(scene, common).casefold(), []).append((identity, scene))
    layout, tasks = Layout(out), []
    for same in by_name.values():
        for identity, scene in same:
            name = _name(scene, common)
            if len(same) > 1:
                if scene.options.get("name"):
                    raise JobError(
                        f"{len(same)} scenes are to be named {name!r}, one of them {scene.source}.",
                        "Give each a name of its own.",
                    )
                # By what it is, not by its place in the list: the name stays when others come.
                name += "-" + hashlib.sha256(identity.encode()).hexdigest()[:6]
            tasks.append(_task(name, scene, common, layout, items))
        if len(same) > 1:
            names = ", ".join(t.name for t in tasks[-len(same) :])
            notes.append(f"{len(same)} scenes have the name {_name(same[0][1], common)}: their maps are named {names}.")
    return tasks, notes


def _identity(scene: Found) -> str:
    if scene.item is not None:
        what: Any = scene.item
    else:
        what = [p if is_remote(p) else os.path.realpath(p) for p in scene.paths]
    return json.dumps([what, dict(scene.options)], sort_keys=True, default=str)


def _task(name: str, scene: Found, common: Mapping[str, Any], layout: Layout, items: Path) -> SceneTask:
    paths = scene.paths
    if scene.item is not None:
        path = items / f"{name}.json"
        content = json.dumps(scene.item, ensure_ascii=False).encode()
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        paths = (str(path.absolute()),)
    own = {"name": name, "scene": paths, "out": str(layout.scene(name))}
    try:
        regions, options = asked_regions({**common, **scene.options})
        return SceneTask(name, Job(**{**options, **own}), scene.source, regions)
    except JobError as e:
        raise JobError(f"{scene.source}: {e.message}", e.hint) from e


def _name(scene: Found, common: Mapping[str, Any]) -> str:
    """The name that ``ben map`` would give, as far as the path tells it."""
    given = scene.options.get("name") or common.get("name")
    if given:
        return str(given)
    if scene.item is not None:
        return _fit(_id(scene.item))
    paths: Iterable[str] = scene.paths or scene.options.get("s1", ())
    first = next(iter(paths), "scene")
    many = len(scene.paths) > 1
    if is_remote(first):
        place = PurePosixPath(urlsplit(first).path)
        return _fit(place.parent.name if many else place.stem)
    _, mark, item = first.rpartition("#")
    if mark and not Path(first).exists():
        return _fit(item)
    path = Path(first).resolve()
    if path.suffix.upper() in (".SAFE", ".ZIP"):
        return _fit(path.stem.removesuffix(".SAFE"))
    if path.name.startswith("MTD_MSI"):
        return _fit(path.parent.stem)
    return _fit(path.parent.name if many else path.name if path.is_dir() else path.stem)


def _fit(text: str) -> str:
    """A text as the beginning of file names, on every system."""
    clean = "".join("_" if unicodedata.category(c)[0] == "C" else c for c in text)
    clean = re.sub(r'[/\\:*?"<>|;!\s]+', "_", clean).strip(" ._") or "scene"
    while len(clean.encode()) > LONGEST_STEM - 40:  # endings of state files, and a distinguishing "-1a2b3c"
        clean = clean[:-1]
    return clean
