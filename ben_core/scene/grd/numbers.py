"""Numbers and times in the XML of a product."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree.ElementTree import Element

import numpy as np

from ...errors import DataError

FIRST_YEAR, LAST_YEAR = 2014, 2100  # Sentinel-1A was launched in April 2014


def numbers(text: str | None, what: str, where: str) -> np.ndarray:
    """The finite numbers of a text, float64 (n,), at least one. DataError else."""
    try:
        values = np.array((text or "").split(), np.float64)
    except ValueError:
        values = np.array([])
    if not values.size or not np.isfinite(values).all():
        raise DataError(
            f"{where}: {what} holds no numbers, or something else.", "Download the product again.", "s1-xml"
        )
    return values


def number(element: Element, path: str, where: str) -> float:
    values = numbers(element.findtext(path), path, where)
    if values.size != 1:
        raise DataError(f"{where}: {path} holds {values.size} numbers instead of one.", "", "s1-xml")
    return float(values[0])


def moment(text: str | None, what: str, where: str) -> datetime:
    """A time in UTC ("2021-12-23T05:11:22.594441"; another zone only where it is stated), in the years of Sentinel-1."""
    try:
        found = datetime.fromisoformat((text or "").strip())
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise DataError(f"{where}: {what} {text!r} is no time.", "Download the product again.", "s1-xml")
    return found


def rising(values: np.ndarray, what: str, where: str) -> np.ndarray:
    """The values, which must each lie above the one before. DataError else."""
    if (np.diff(values) <= 0).any():
        raise DataError(f"{where}: {what} do not rise.", "Download the product again.", "s1-xml")
    return values
