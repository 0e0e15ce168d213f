"""What file names tell: band, acquisition time, product."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from ..nomenclature import S2_BANDS

# "B2", "b02", "B8A", "scene_B02.tif", "T33UUP_20220101T100321_B04_10m.jp2"; never "SUB02" or "B020".
_BAND = re.compile(r"(?<![a-z0-9])b(0?[1-9]|1[0-2]|8a)(?![a-z0-9])", re.IGNORECASE)
_SCL = re.compile(r"(?<![a-z0-9])scl(?![a-z0-9])", re.IGNORECASE)
# "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57"; v1 of BigEarthNet lacks some leading zeros of the time.
_PRODUCT = re.compile(r"(S2[A-D])_MSIL(1C|2A)_(\d{8})T(\d{5,6})(?:_N(\d{4}))?", re.IGNORECASE)
# "Sigma0_VV_db", "…_gpuned_1234_VV.tif", "vh"; never "VVVH".
_POLARISATION = re.compile(r"(?<![a-z0-9])(vv|vh|hh|hv)(?![a-z0-9])", re.IGNORECASE)
# "S1A_IW_GRDH_1SDV_20200607T010800_…" (ESA), "S1A__IW___A_20150309T173017_VV_…" (pyroSAR).
_SENTINEL_1 = re.compile(r"(?<![A-Z0-9])S1([A-D])[_-]", re.IGNORECASE)
_MODE = re.compile(r"(?<![A-Z0-9])S1[A-D]_+(IW|EW|WV|S[1-6])_", re.IGNORECASE)
_TIME = re.compile(r"(?<!\d)((?:19|20)\d\d)-?([01]\d)-?([0-3]\d)(?:T(\d\d):?(\d\d):?(\d\d))?(?!\d)")


@dataclass(frozen=True)
class Product:
    """What a Sentinel-2 product name says: level "L2A"/"L1C", ISO time, platform, baseline "05.09"."""

    platform: str
    level: str
    acquired: str
    baseline: str | None


def band_in(text: str) -> str | None:
    """The Sentinel-2 band that a name holds ("B02"), the last one where there are several."""
    found = _BAND.findall(text)
    return band_name(found[-1]) if found else None


def polarisation_in(text: str) -> str | None:
    """The one polarisation that a name holds ("VV", "VH", "HH", "HV"); None without, and for ratios of two."""
    found = {p.upper() for p in _POLARISATION.findall(text)}
    return found.pop() if len(found) == 1 else None


def without_polarisation(text: str) -> str:
    """A name that the files of one acquisition share."""
    return _POLARISATION.sub("", text)


def sentinel_1_in(text: str) -> str | None:
    """The Sentinel-1 satellite that a product name begins with or holds ("Sentinel-1A")."""
    m = _SENTINEL_1.search(text)
    return f"Sentinel-1{m[1].upper()}" if m else None


def mode_in(text: str) -> str | None:
    """The mode that the name of a Sentinel-1 product tells: "IW", "EW", "WV", "S1" to "S6"."""
    m = _MODE.search(text)
    return m[1].upper() if m else None


def band_name(number: str) -> str | None:
    """B02 of '2', '02', 'B2' or 'b02'; None for what is no band."""
    text = number.upper().removeprefix("B")
    name = "B" + (text if text == "8A" else text.zfill(2))
    return name if name in S2_BANDS else None


def scl_in(text: str) -> bool:
    """Whether a name is that of a scene classification ("T33UUP_20220101T100321_SCL_20m")."""
    return _SCL.search(text) is not None


def product_in(text: str) -> Product | None:
    """The Sentinel-2 product that a name begins with or holds."""
    m = _PRODUCT.search(text)
    if m is None:
        return None
    platform, level, day, clock, number = m.groups()
    baseline = f"{number[:2]}.{number[2:]}" if number and number != "9999" else None  # N9999: made outside ESA
    return Product(f"Sentinel-{platform[1:].upper()}", f"L{level.upper()}", iso(day, clock.zfill(6)), baseline)


def time_in(text: str) -> str | None:
    """ISO 8601 time (or date) that a name holds: "2020-02-23", "20200223T051234"; None without."""
    for year, month, day, hour, minute, second in _TIME.findall(text):
        date = f"{year}-{month}-{day}"
        found = f"{date}T{hour}:{minute}:{second}Z" if hour else date
        if is_time(found):
            return found
    return None


def is_time(text: str) -> bool:
    """Whether a text is an ISO 8601 time that has a place in UTC."""
    try:
        datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True


def iso(day: str, clock: str) -> str:
    """2017-06-13T10:10:31Z of '20170613' and '101031'."""
    return f"{day[:4]}-{day[4:6]}-{day[6:8]}T{clock[:2]}:{clock[2:4]}:{clock[4:6]}Z"
