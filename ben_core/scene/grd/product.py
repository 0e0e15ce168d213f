"""Which files of a SAFE folder or zip are what, and whether the product can serve at all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element

from ...errors import DataError
from ...nomenclature import S1_BANDS
from ..safexml import read_xml
from ..trees import FolderTree, Tree, ZipTree, read_small
from .annotation import Annotation, read_annotation
from .tables import Noise, Table, read_calibration, read_noise

# ESA's names: mission, mode, type with resolution, level, class, polarisations: S1A_IW_GRDH_1SDV_…
_NAME = re.compile(
    r"^(?P<mission>S1[A-D])_(?P<mode>IW|EW|S[1-6]|WV)_(?P<kind>GRD.|SLC_|OCN_|RAW_|ETA_)_(?P<level>..)(?P<pol>..)_",
    re.IGNORECASE,
)
_POLARISATIONS = {"SV": "VV alone", "SH": "HH alone", "DH": "HH and HV"}
_HINT = "Give an IW GRD product with VV and VH (…_IW_GRDH_1SDV_…), as of every land area but the polar ones."
# Before this release of ESA's processor the noise tables are in another unit, to be scaled by factors that changed twice
# (pyroSAR, removeGRDBorderNoise, after ESA's "Masking No-value Pixels on GRD Products", June 2015).
FIRST_WITH_NOISE = (2, 50)
_PARTS = {
    "measurement": r"measurement/[^/]*-{pol}-[^/]*\.tiff?",
    "annotation": r"annotation/[^/]*-{pol}-[^/]*\.xml",
    "calibration": r"annotation/calibration/calibration-[^/]*-{pol}-[^/]*\.xml",
    "noise": r"annotation/calibration/noise-[^/]*-{pol}-[^/]*\.xml",
}


@dataclass(frozen=True)
class Channel:
    """One polarisation: its image, and what turns its numbers into sigma0."""

    measurement: str
    annotation: Annotation
    calibration: Table
    noise: Noise


@dataclass(frozen=True)
class GrdProduct:
    """An IW GRD product with VV and VH. ``metadata``: name inside the product -> bytes of every file of it that was read."""

    name: str
    platform: str
    tree: Tree
    channels: Mapping[str, Channel]
    metadata: Mapping[str, bytes]
    processor: tuple[int, int]
    flight: str | None = None  # "ascending" or "descending"
    track: int | None = None  # relative orbit

    @property
    def orbit(self) -> str | None:
        """Direction of flight and track ("descending, relative orbit 22"), as far as the product says them."""
        parts = [self.flight] if self.flight else []
        return ", ".join(parts + ([f"relative orbit {self.track}"] if self.track else [])) or None

    @property
    def annotation(self) -> Annotation:
        """Time, orbit and geometry, which the polarisations share."""
        return self.channels["VV"].annotation

    @property
    def label(self) -> str:
        return self.tree.label


def is_raw(path: Path) -> bool:
    """Whether a path is a Sentinel-1 product as ESA delivers it (SAFE folder, zip, or its manifest.safe)."""
    if path.name == "manifest.safe":
        path = path.parent
    if path.is_dir():
        named = _NAME.match(path.name) is not None and path.suffix.lower() == ".safe"
        whole = (path / "manifest.safe").is_file() and any(path.glob("annotation/s1?-*"))
        return named or whole or ((path / "manifest.safe").is_file() and _NAME.match(path.name) is not None)
    return path.suffix.lower() == ".zip" and _NAME.match(path.name) is not None


def kind_of(path: Path) -> str:
    """GRDH, SLC, OCN, …: what the name says, "" where it says nothing."""
    m = _NAME.match((path.parent if path.name == "manifest.safe" else path).name)
    return m["kind"].strip("_").upper() if m else ""


def open_grd(path: Path) -> GrdProduct:
    """Read the metadata of a product; no pixels. DataError says which part is missing, or why it cannot serve."""
    if not path.exists():
        raise DataError(f"There is no file or folder {path}.", "Check the path.", "missing")
    if path.name == "manifest.safe":
        path = path.parent
    if path.is_file() and path.suffix.lower() != ".zip":
        raise DataError(f"{path} is no Sentinel-1 product.", "Give its SAFE folder or its zip.", "s1-raw")
    tree: Tree = ZipTree(path) if path.is_file() else FolderTree(path)
    base = _base(tree)
    named = _NAME.match(PurePosixPath(base).name or path.resolve().name) or _NAME.match(path.name)
    if named:
        _refuse_kind(tree.label, named["mode"].upper(), named["kind"].strip("_").upper(), named["pol"].upper())
    inside = [n.removeprefix(base) for n in tree.names if n.startswith(base)]
    metadata: dict[str, bytes] = {}

    def root(name: str) -> Element:
        metadata[name] = read_small(tree, base + name)
        return read_xml(metadata[name], f"{tree.label}: {name}")

    manifest = root("manifest.safe")
    processor = _processor(manifest, tree.label)
    found = _files(tree.label, inside)
    channels = {}
    for pol, parts in found.items():
        where = f"{tree.label}: {parts['annotation']}"
        element = root(parts["annotation"])
        header = {tag: element.findtext(f"adsHeader/{tag}", "") for tag in ("mode", "productType", "polarisation")}
        _refuse_kind(tree.label, header["mode"], header["productType"], "")
        if header["polarisation"] != pol:
            raise DataError(f"{where} is of {header['polarisation']!r}, not of {pol}.", "Download the product again.")
        annotation = read_annotation(element, where)
        tables = {part: root(parts[part]) for part in ("calibration", "noise")}
        _same_acquisition(tree.label, element, tables)
        channels[pol] = Channel(
            measurement=base + parts["measurement"],
            annotation=annotation,
            calibration=read_calibration(tables["calibration"], f"{tree.label}: {parts['calibration']}"),
            noise=read_noise(tables["noise"], f"{tree.label}: {parts['noise']}"),
        )
    _same_place(tree.label, channels)
    stem = PurePosixPath(base).name or path.resolve().name
    mission = channels["VV"].annotation.mission
    return GrdProduct(
        name=re.sub(r"\.(SAFE|zip)$", "", stem, flags=re.IGNORECASE),
        platform=f"Sentinel-{mission[1:]}",
        tree=tree,
        channels=channels,
        metadata=metadata,
        processor=processor,
        flight=_told(manifest, "}pass", r"(?i)(ascending|descending)"),
        track=int(t) if (t := _told(manifest, "}relativeOrbitNumber", r"(\d{1,3})")) else None,
    )


def _told(manifest: Element, tag: str, pattern: str) -> str | None:
    """The first text of that form in elements of that name, in small letters."""
    texts = (e.text or "" for e in manifest.iter() if isinstance(e.tag, str) and e.tag.endswith(tag))
    return next((m[1].lower() for text in texts if (m := re.fullmatch(pattern, text.strip()))), None)


def _base(tree: Tree) -> str:
    """The product's folder inside the tree, with its "/" ("" where the tree is the product)."""
    found = [n for n in tree.names if PurePosixPath(n).name == "manifest.safe"]
    top = [n for n in found if n.count("/") == min(m.count("/") for m in found)]
    if len(top) != 1:
        raise DataError(
            f"{tree.label} holds {len(top) or 'no'} Sentinel-1 product{'s' if len(top) > 1 else ''} (manifest.safe).",
            "Give one product, whole.",
            "s1-raw",
        )
    return top[0].removesuffix("manifest.safe")


def _refuse_kind(label: str, mode: str, kind: str, polarisations: str) -> None:
    why = None
    if not kind.startswith("GRD"):
        words = {"SLC": "single-look complex, not multi-looked", "OCN": "ocean winds and waves", "RAW": "raw echoes"}
        why = f"an {kind} product ({words.get(kind, 'no backscatter image')})"
    elif mode != "IW":
        why = f"of the mode {mode}, whose pixels and angles the models never saw"
    elif polarisations in _POLARISATIONS:
        why = f"of {_POLARISATIONS[polarisations]}, and models of Sentinel-1 were trained on VV and VH together"
    if why:
        raise DataError(f"{label} is {why}.", _HINT, "s1-kind")


def _files(label: str, inside: Sequence[str]) -> dict[str, dict[str, str]]:
    """Polarisation -> part -> name. DataError lists every part that is missing."""
    found: dict[str, dict[str, str]] = {}
    missing = []
    for pol in S1_BANDS:
        found[pol] = {}
        for part, pattern in _PARTS.items():
            regex = re.compile(pattern.format(pol=pol.lower()), re.IGNORECASE)
            names = [n for n in inside if regex.fullmatch(n)]
            if len(names) > 1:
                raise DataError(
                    f"{label} holds several files for the {part} of {pol}: {', '.join(names)}.", "", "s1-files"
                )
            if names:
                found[pol][part] = names[0]
            else:
                missing.append((pol, part))
    if missing:
        gone = "; ".join(
            f"{pol} ({', '.join(part for p, part in missing if p == pol)})"
            for pol in S1_BANDS
            if not _whole(found[pol])
        )
        whole = [pol for pol in S1_BANDS if _whole(found[pol])]
        kept = f" It holds {whole[0]} alone; models of Sentinel-1 were trained on VV and VH together." if whole else ""
        raise DataError(f"{label} lacks files of {gone}.{kept}", f"Download the product whole. {_HINT}", "s1-missing")
    return found


def _whole(parts: Mapping[str, str]) -> bool:
    return len(parts) == len(_PARTS)


def _processor(manifest: Element, label: str) -> tuple[int, int]:
    """Release of ESA's Instrument Processing Facility, (3, 40) of "003.40"; DataError where it is too old or missing."""
    for element in manifest.iter():
        if isinstance(element.tag, str) and element.tag.endswith("}software"):
            m = re.fullmatch(r"(\d+)\.(\d+)", element.get("version", ""))
            if m and "IPF" in element.get("name", ""):
                version = int(m[1]), int(m[2])
                if version < FIRST_WITH_NOISE:
                    raise DataError(
                        f"{label} was processed by IPF {m[1]}.{m[2]}, whose noise tables are in another unit.",
                        "Give a product processed since July 2015, or process this one with SNAP.",
                        "s1-old",
                    )
                return version
    raise DataError(f"{label}: manifest.safe does not say which processor made it.", "Download the product again.")


def _same_acquisition(label: str, annotation: Element, tables: Mapping[str, Element]) -> None:
    for part, element in tables.items():
        for tag in ("polarisation", "startTime", "missionId"):
            a, b = (e.findtext(f"adsHeader/{tag}", "") for e in (annotation, element))
            if a != b:
                raise DataError(
                    f"{label}: the {part} file is of another image than the annotation ({tag} {b!r}, not {a!r}).",
                    "Download the product again.",
                    "mismatch",
                )


def _same_place(label: str, channels: Mapping[str, Channel]) -> None:
    a, b = (c.annotation for c in channels.values())
    if (a.start, a.lines, a.samples) != (b.start, b.lines, b.samples):
        raise DataError(f"{label}: VV and VH differ in time or size.", "Download the product again.", "mismatch")
