"""The XML of a Sentinel-2 SAFE product, written field by field: product, tile, manifest.

Element names and nesting: Sentinel-2 Products Specification Document (PSD) 14, as products of
baseline 05.09 show them. Only what a reader can use is written; nothing is copied from a product.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..nomenclature import BANDS, S2_BANDS

QUANTIFICATION = 10_000
STATION = "BEN_"  # where ESA names the processing centre: tells generated products from real ones

# Order of bandId in PSD 14, Spectral_Information_List: B1..B8, B8A, B9..B12.
BAND_IDS: tuple[str, ...] = S2_BANDS

# Scene classification texts and indices: PSD 14, Scene_Classification_List.
SCL_TEXTS = (
    "SC_NODATA",
    "SC_SATURATED_DEFECTIVE",
    "SC_DARK_FEATURE_SHADOW",
    "SC_CLOUD_SHADOW",
    "SC_VEGETATION",
    "SC_NOT_VEGETATED",
    "SC_WATER",
    "SC_UNCLASSIFIED",
    "SC_CLOUD_MEDIUM_PROBA",
    "SC_CLOUD_HIGH_PROBA",
    "SC_THIN_CIRRUS",
    "SC_SNOW_ICE",
)
# Element of Image_Content_QI for each SCL index (PSD 14, tile metadata); cloud totals come on top.
_SCL_SHARES = {
    2: "DARK_FEATURES_PERCENTAGE",
    3: "CLOUD_SHADOW_PERCENTAGE",
    4: "VEGETATION_PERCENTAGE",
    5: "NOT_VEGETATED_PERCENTAGE",
    6: "WATER_PERCENTAGE",
    7: "UNCLASSIFIED_PERCENTAGE",
    8: "MEDIUM_PROBA_CLOUDS_PERCENTAGE",
    9: "HIGH_PROBA_CLOUDS_PERCENTAGE",
    10: "THIN_CIRRUS_PERCENTAGE",
    11: "SNOW_ICE_PERCENTAGE",
}

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SAFE = "http://www.esa.int/safe/sentinel/1.1"
_XFDU = "urn:ccsds:schema:xfdu:1"
_GML = "http://www.opengis.net/gml"


@dataclass(frozen=True)
class Names:
    """All names that occur in one product, derived from its fields.

    ``tile`` is the MGRS id without the T; ``acquired`` and ``generated`` are UTC.
    """

    level: str
    platform: str
    baseline: str
    tile: str
    acquired: dt.datetime
    generated: dt.datetime
    relative_orbit: int
    absolute_orbit: int

    @property
    def stamp(self) -> str:
        return f"{self.acquired:%Y%m%dT%H%M%S}"

    @property
    def _generated(self) -> str:
        return f"{self.generated:%Y%m%dT%H%M%S}"

    @property
    def product(self) -> str:
        number = self.baseline.replace(".", "")
        return (
            f"{self.platform}_MSI{self.level}_{self.stamp}_N{number}_R{self.relative_orbit:03d}"
            f"_T{self.tile}_{self._generated}.SAFE"
        )

    @property
    def granule(self) -> str:
        return f"{self.level}_T{self.tile}_A{self.absolute_orbit:06d}_{self.stamp}"

    @property
    def tile_id(self) -> str:
        return (
            f"{self.platform}_OPER_MSI_{self.level}_TL_{STATION}_{self._generated}"
            f"_A{self.absolute_orbit:06d}_T{self.tile}_N{self.baseline}"
        )

    @property
    def datastrip_id(self) -> str:
        return f"{self.platform}_OPER_MSI_{self.level}_DS_{STATION}_{self._generated}_S{self.stamp}_N{self.baseline}"

    def image(self, band: str, resolution: int) -> str:
        """Path of a band's JP2 inside the product. L1C has one resolution a band and no folders for it."""
        folder, stem = f"GRANULE/{self.granule}/IMG_DATA", f"T{self.tile}_{self.stamp}_{band}"
        return f"{folder}/{stem}.jp2" if self.level == "L1C" else f"{folder}/R{resolution}m/{stem}_{resolution}m.jp2"

    @property
    def product_xml(self) -> str:
        return f"MTD_MSI{self.level}.xml"

    @property
    def tile_xml(self) -> str:
        return f"GRANULE/{self.granule}/MTD_TL.xml"


def product_xml(names: Names, images: Sequence[str], offset: int, ring: Sequence[tuple[float, float]]) -> bytes:
    """MTD_MSIL2A.xml or MTD_MSIL1C.xml.

    ``images`` are paths inside the product; ``offset`` is the BOA/RADIO_ADD_OFFSET of all bands (0: no
    list is written, as before baseline 04.00); ``ring`` is the closed footprint, (lat, lon) in degrees.
    """
    level = f"Level-{names.level[1:]}"
    root = _root(f"{level}_User_Product", f"User_Product_{level}.xsd")
    general = _add(root, "n1:General_Info")
    info = _add(general, "Product_Info")
    _add(info, "PRODUCT_START_TIME", _utc(names.acquired))
    _add(info, "PRODUCT_STOP_TIME", _utc(names.acquired))
    _add(info, "PRODUCT_URI", names.product)
    _add(info, "PROCESSING_LEVEL", level)
    _add(info, "PRODUCT_TYPE", f"S2MSI{names.level[1:]}")
    _add(info, "PROCESSING_BASELINE", names.baseline)
    _add(info, "GENERATION_TIME", _utc(names.generated))
    _add(info, "PREVIEW_IMAGE_URL", "Not applicable")
    _add(info, "PREVIEW_GEO_INFO", "Not applicable")
    take = _add(
        info,
        "Datatake",
        datatakeIdentifier=f"G{names.platform}_{names.stamp}_{names.absolute_orbit:06d}_N{names.baseline}",
    )
    _add(take, "SPACECRAFT_NAME", f"Sentinel-{names.platform[1:]}")
    _add(take, "DATATAKE_TYPE", "INS-NOBS")
    _add(take, "DATATAKE_SENSING_START", _utc(names.acquired))
    _add(take, "SENSING_ORBIT_NUMBER", names.relative_orbit)
    _add(take, "SENSING_ORBIT_DIRECTION", "DESCENDING")
    options = _add(info, "Query_Options", completeSingleTile="true")
    _add(options, "PRODUCT_FORMAT", "SAFE_COMPACT")
    granules = _add(_add(info, "Product_Organisation"), "Granule_List")
    granule = _add(
        granules,
        "Granule",
        datastripIdentifier=names.datastrip_id,
        granuleIdentifier=names.tile_id,
        imageFormat="JPEG2000",
    )
    for path in images:
        _add(granule, "IMAGE_FILE", path.removesuffix(".jp2"))

    image = _add(general, "Product_Image_Characteristics")
    for text, value in (("NODATA", 0), ("SATURATED", 65535)):
        special = _add(image, "Special_Values")
        _add(special, "SPECIAL_VALUE_TEXT", text)
        _add(special, "SPECIAL_VALUE_INDEX", value)
    order = _add(image, "Image_Display_Order")
    for channel, shown in (("RED", "B04"), ("GREEN", "B03"), ("BLUE", "B02")):
        _add(order, f"{channel}_CHANNEL", BAND_IDS.index(shown))
    if names.level == "L2A":
        values = _add(image, "QUANTIFICATION_VALUES_LIST")
        _add(values, "BOA_QUANTIFICATION_VALUE", QUANTIFICATION, unit="none")
        _offsets(image, "BOA_ADD_OFFSET_VALUES_LIST", "BOA_ADD_OFFSET", offset)
    else:
        _add(image, "QUANTIFICATION_VALUE", QUANTIFICATION, unit="none")
        _offsets(image, "Radiometric_Offset_List", "RADIO_ADD_OFFSET", offset)
    spectra = _add(image, "Spectral_Information_List")
    for i, name in enumerate(BAND_IDS):
        band = BANDS[name]
        physical = "B" + name[1:].lstrip("0")
        spectrum = _add(spectra, "Spectral_Information", bandId=i, physicalBand=physical)
        _add(spectrum, "RESOLUTION", band.resolution)
        _add(_add(spectrum, "Wavelength"), "CENTRAL", band.wavelength, unit="nm")
    if names.level == "L2A":
        legend = _add(image, "Scene_Classification_List")
        for i, text in enumerate(SCL_TEXTS):
            entry = _add(legend, "Scene_Classification_ID")
            _add(entry, "SCENE_CLASSIFICATION_TEXT", text)
            _add(entry, "SCENE_CLASSIFICATION_INDEX", i)

    footprint = _add(_add(root, "n1:Geometric_Info"), "Product_Footprint")
    outline = _add(_add(footprint, "Product_Footprint"), "Global_Footprint")
    _add(outline, "EXT_POS_LIST", _positions(ring))
    return _bytes(root)


def tile_xml(
    names: Names, epsg: int, left: float, top: float, width: int, height: int, scl_shares: Mapping[int, float]
) -> bytes:
    """MTD_TL.xml. ``width`` and ``height`` count 10 m pixels, ``scl_shares`` is SCL index -> percent of pixels."""
    level = f"Level-{names.level[1:]}"
    root = _root(f"{level}_Tile_ID", f"S2_PDI_{level}_Tile_Metadata.xsd")
    general = _add(root, "n1:General_Info")
    _add(general, "TILE_ID", names.tile_id, metadataLevel="Brief")
    _add(general, "DATASTRIP_ID", names.datastrip_id, metadataLevel="Standard")
    _add(general, "DOWNLINK_PRIORITY", "NOMINAL", metadataLevel="Standard")
    _add(general, "SENSING_TIME", _utc(names.acquired), metadataLevel="Standard")
    geocoding = _add(_add(root, "n1:Geometric_Info"), "Tile_Geocoding", metadataLevel="Brief")
    zone = f"{epsg % 100:02d}{'N' if epsg // 100 == 326 else 'S'}"
    _add(geocoding, "HORIZONTAL_CS_NAME", f"WGS84 / UTM zone {zone}")
    _add(geocoding, "HORIZONTAL_CS_CODE", f"EPSG:{epsg}")
    for resolution in (10, 20, 60):
        size = _add(geocoding, "Size", resolution=resolution)
        _add(size, "NROWS", height * 10 // resolution)
        _add(size, "NCOLS", width * 10 // resolution)
    for resolution in (10, 20, 60):
        position = _add(geocoding, "Geoposition", resolution=resolution)
        for tag, value in (("ULX", left), ("ULY", top), ("XDIM", resolution), ("YDIM", -resolution)):
            _add(position, tag, value)
    content = _add(_add(root, "n1:Quality_Indicators_Info", metadataLevel="Standard"), "Image_Content_QI")
    cloud = sum(scl_shares.get(i, 0.0) for i in (8, 9, 10))
    _add(content, "CLOUDY_PIXEL_PERCENTAGE", f"{cloud:.6f}")
    _add(content, "DEGRADED_MSI_DATA_PERCENTAGE", f"{0:.6f}")
    if names.level == "L2A":
        _add(content, "NODATA_PIXEL_PERCENTAGE", f"{scl_shares.get(0, 0.0):.6f}")
        _add(content, "SATURATED_DEFECTIVE_PIXEL_PERCENTAGE", f"{scl_shares.get(1, 0.0):.6f}")
        for i, tag in _SCL_SHARES.items():
            _add(content, tag, f"{scl_shares.get(i, 0.0):.6f}")
    return _bytes(root)


@dataclass(frozen=True)
class FileEntry:
    """One file of the product as the manifest lists it: path inside the product, bytes, SHA3-256."""

    path: str
    size: int
    sha3: str

    @classmethod
    def of(cls, path: str, data: bytes) -> FileEntry:
        return cls(path, len(data), hashlib.sha3_256(data).hexdigest())


def manifest(names: Names, files: Sequence[FileEntry], ring: Sequence[tuple[float, float]]) -> bytes:
    """manifest.safe: what the product is, and every file with its size and SHA3-256 checksum."""
    level = f"Level-{names.level[1:]}"
    version = f"esa/safe/sentinel/1.1/sentinel-2/msi/archive_{names.level.lower()}_user_product"
    root = ET.Element("xfdu:XFDU", {"xmlns:gml": _GML, "xmlns:safe": _SAFE, "xmlns:xfdu": _XFDU, "version": version})
    package = _add(
        _add(root, "informationPackageMap"),
        "xfdu:contentUnit",
        textInfo=f"SENTINEL-2 MSI {level} User Product",
        unitType=f"Product_{level}",
    )
    for entry in files:
        unit = _add(package, "xfdu:contentUnit", ID=f"{_id(entry.path)}_Unit")
        _add(unit, "dataObjectPointer", dataObjectID=_id(entry.path))
    section = _add(root, "metadataSection")
    _add(_metadata(section, "acquisitionPeriod", "safe:acquisitionPeriod"), "safe:startTime", _utc(names.acquired))
    platform = _metadata(section, "platform", "safe:platform")
    _add(platform, "safe:familyName", "SENTINEL")
    _add(platform, "safe:number", names.platform[1:])
    frame = _add(_metadata(section, "measurementFrameSet", "safe:frameSet"), "safe:footPrint")
    _add(frame, "gml:coordinates", _positions(ring))
    objects = _add(root, "dataObjectSection")
    for entry in files:
        mime = "text/xml" if entry.path.endswith(".xml") else "application/octet-stream"
        stream = _add(_add(objects, "dataObject", ID=_id(entry.path)), "byteStream", mimeType=mime, size=entry.size)
        _add(stream, "fileLocation", href=f"./{entry.path}", locatorType="URL")
        _add(stream, "checksum", entry.sha3.upper(), checksumName="SHA3-256")
    return _bytes(root)


def _root(tag: str, schema: str) -> ET.Element:
    uri = f"https://psd-14.sentinel2.eo.esa.int/PSD/{schema}"
    location = f"{uri} {schema}"
    return ET.Element(f"n1:{tag}", {"xmlns:n1": uri, "xmlns:xsi": _XSI, "xsi:schemaLocation": location})


def _metadata(section: ET.Element, name: str, tag: str) -> ET.Element:
    wrapped = _add(section, "metadataObject", ID=name, category="DMD", classification="DESCRIPTION")
    return _add(_add(_add(wrapped, "metadataWrap", mimeType="text/xml"), "xmlData"), tag)


def _offsets(parent: ET.Element, group: str, tag: str, offset: int) -> None:
    if offset:
        values = _add(parent, group)
        for i in range(len(BAND_IDS)):
            _add(values, tag, offset, band_id=i)


def _add(parent: ET.Element, tag: str, value: object = None, /, **attributes: object) -> ET.Element:
    child = ET.SubElement(parent, tag, {k: str(v) for k, v in attributes.items()})
    if value is not None:
        whole = isinstance(value, float) and value.is_integer()
        child.text = str(int(value)) if whole else str(value)  # type: ignore[call-overload]
    return child


def _positions(ring: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{lat:.9f} {lon:.9f}" for lat, lon in ring)


def _utc(time: dt.datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z"


def _id(path: str) -> str:
    stem = PurePosixPath(path)
    return f"{stem.stem}_{stem.suffix[1:]}".replace("-", "_")


def _bytes(root: ET.Element) -> bytes:
    ET.indent(root)
    return ET.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"
