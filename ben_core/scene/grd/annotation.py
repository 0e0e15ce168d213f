"""The annotation of one polarisation: when each line was seen, from where, and what its pixels are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

import numpy as np

from ...errors import DataError
from .numbers import moment, number, numbers, rising
from .orbit import StateVectors

MAX_SIDE = 100_000  # px: an IW slice has 26,000 x 17,000


@dataclass(frozen=True)
class Conversions:
    """Slant range to ground range at several times.

    ground range (m) = sum of coefficients[k, i] * (slant range - origin[k]) ** i at times[k] seconds after the first line;
    between two of them linear in time.
    """

    times: np.ndarray  # (k,)
    origin: np.ndarray  # (k,)
    coefficients: np.ndarray  # (k, n)


@dataclass(frozen=True)
class GridPoints:
    """ESA's own geolocation grid, 1-D arrays: times in seconds after the first line, two-way range time in seconds,
    degrees and metres above the ellipsoid."""

    line: np.ndarray
    pixel: np.ndarray
    time: np.ndarray
    range_time: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    height: np.ndarray


@dataclass(frozen=True)
class Annotation:
    """start: UTC of the first line (zero Doppler); line_interval in seconds; spacing: metres of ground range a pixel;
    denoised: whether ESA removed the thermal noise already."""

    mission: str
    start: datetime
    lines: int
    samples: int
    line_interval: float
    spacing: float
    denoised: bool
    conversions: Conversions
    points: GridPoints
    orbit: StateVectors


def read_annotation(root: Element, where: str) -> Annotation:
    """DataError naming ``where`` for what is missing or makes no sense."""
    info = root.find("imageAnnotation/imageInformation")
    if info is None:
        raise DataError(f"{where} has no imageInformation.", "Download the product again.", "s1-xml")
    start = moment(info.findtext("productFirstLineUtcTime"), "productFirstLineUtcTime", where)
    lines, samples = (int(number(info, tag, where)) for tag in ("numberOfLines", "numberOfSamples"))
    interval, spacing = (number(info, tag, where) for tag in ("azimuthTimeInterval", "rangePixelSpacing"))
    if not (0 < lines <= MAX_SIDE and 0 < samples <= MAX_SIDE and 0 < interval < 1 and 0 < spacing < 1000):
        raise DataError(
            f"{where}: an image of {lines} lines and {samples} samples, {interval:g} s and {spacing:g} m apart, "
            "is no image of Sentinel-1.",
            "Download the product again.",
            "s1-xml",
        )
    if root.findtext("generalAnnotation/productInformation/projection") != "Ground Range":
        raise DataError(f"{where} is not in ground range.", "Give a GRD product.", "s1-kind")
    denoised = root.findtext("imageAnnotation/processingInformation/thermalNoiseCorrectionPerformed", "false")
    return Annotation(
        mission=root.findtext("adsHeader/missionId", ""),
        start=start,
        lines=lines,
        samples=samples,
        line_interval=interval,
        spacing=spacing,
        denoised=denoised.strip() == "true",
        conversions=_conversions(root, start, where),
        points=_points(root, start, where),
        orbit=_orbit(root, start, where),
    )


def _seconds(element: Element, tag: str, start: datetime, where: str) -> float:
    return (moment(element.findtext(tag), tag, where) - start).total_seconds()


def _conversions(root: Element, start: datetime, where: str) -> Conversions:
    found = root.findall("coordinateConversion/coordinateConversionList/coordinateConversion")
    if not found:
        raise DataError(f"{where} has no coordinateConversion.", "Download the product again.", "s1-xml")
    rows = [numbers(e.findtext("srgrCoefficients"), "srgrCoefficients", where) for e in found]
    if len({r.size for r in rows}) != 1:
        raise DataError(f"{where}: srgrCoefficients differ in number.", "Download the product again.", "s1-xml")
    times = np.array([_seconds(e, "azimuthTime", start, where) for e in found])
    return Conversions(
        rising(times, "the times of coordinateConversion", where),
        np.array([number(e, "sr0", where) for e in found]),
        np.stack(rows),
    )


def _points(root: Element, start: datetime, where: str) -> GridPoints:
    found = root.findall("geolocationGrid/geolocationGridPointList/geolocationGridPoint")
    if len(found) < 4:
        raise DataError(f"{where} has no geolocation grid.", "Download the product again.", "s1-xml")

    def column(tag: str) -> np.ndarray:
        return np.array([number(e, tag, where) for e in found])

    longitude, latitude = column("longitude"), column("latitude")
    if np.abs(longitude).max() > 180 or np.abs(latitude).max() > 90:
        raise DataError(f"{where}: its geolocation grid leaves the Earth.", "Download the product again.", "s1-xml")
    line, pixel, range_time = (column(tag) for tag in ("line", "pixel", "slantRangeTime"))
    if max(np.abs(line).max(), np.abs(pixel).max()) > 2 * MAX_SIDE or not (
        0 < range_time.min() <= range_time.max() < 1
    ):
        raise DataError(f"{where}: its geolocation grid leaves the image.", "Download the product again.", "s1-xml")
    return GridPoints(
        line=line,
        pixel=pixel,
        time=np.array([_seconds(e, "azimuthTime", start, where) for e in found]),
        range_time=range_time,
        longitude=longitude,
        latitude=latitude,
        height=column("height"),
    )


def _orbit(root: Element, start: datetime, where: str) -> StateVectors:
    found = root.findall("generalAnnotation/orbitList/orbit")
    if any(e.findtext("frame") != "Earth Fixed" for e in found) or not found:
        raise DataError(f"{where} has no orbit in the Earth-fixed frame.", "Download the product again.", "s1-xml")
    return StateVectors(
        rising(np.array([_seconds(e, "time", start, where) for e in found]), "the times of its orbit", where),
        np.array([[number(e, f"position/{axis}", where) for axis in "xyz"] for e in found]),
        np.array([[number(e, f"velocity/{axis}", where) for axis in "xyz"] for e in found]),
    )
