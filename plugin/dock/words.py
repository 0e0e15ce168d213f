"""The engine speaks to people at a terminal; here its options are called as the panel calls them. Knows no Qt."""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping

from ..i18n import tr

_OPTION = re.compile(r"--([a-z][a-z0-9-]*)")
# What only a terminal says: values of an option that is a table here, the text of an area that was drawn here.
_TERMINAL = (
    (re.compile(r"(--bands) B\d[^ …]*…(?: \(numbers from 1\))?"), r"\1"),
    (re.compile(r"The area .+? lies outside the scene", re.DOTALL), "The area lies outside the scene"),
    (re.compile(r" --aoi-crs says [^.]+\."), ""),
)
_EXTRA = re.compile(r"Install it: pip install 'bigearthnet-mapper\[\w+\]'\.")


def in_qgis_words(text: str) -> str:
    """What a person at a terminal would install, said for the engine that the plugin keeps."""
    return _EXTRA.sub(lambda _: tr("Set up the engine again, with PyTorch ticked; it brings what is missing."), text)


def in_panel_words(text: str) -> str:
    """ "Choose another with --out." -> "Choose another with ‘Output’." """
    names, text = _names(), in_qgis_words(text)
    for pattern, words in _TERMINAL:
        text = pattern.sub(words, text)
    return _OPTION.sub(lambda m: f"‘{names[m.group(1)]}’" if m.group(1) in names else m.group(0), text)


def status_words(status: str) -> str:
    """Why a cell was not mapped ("status" of the GeoPackage), in the user's language."""
    words = {
        "no data": tr("no data"),
        "cloud": tr("cloud"),
        "snow": tr("snow"),
        "no Sentinel-1": tr("no Sentinel-1"),
        "no Sentinel-2": tr("no Sentinel-2"),
        "outside area": tr("outside the area"),
    }
    return words.get(status, status)


def verdict_words(word: str) -> str:
    """What the guard of an adaptation said."""
    words = {
        "adopted": tr("adopted"),
        "adopted with warning": tr("adopted with warning"),
        "rejected": tr("rejected"),
    }
    return words.get(word, word)


def adaptation_words(word: str) -> str:
    """What became of a model that was adapted before its map."""
    words = {
        "adopted": tr("The model was adapted to this scene."),
        "adopted with warning": tr("The model was adapted to this scene; the guard warns."),
        "rejected": tr("The adapted model was rejected: the original made this map."),
    }
    return words.get(word, word)


def coverage_words(event: Mapping[str, Any]) -> str:
    """The engine's event "coverage": which share of the mapped pixels each sensor has."""
    return tr("Sentinel-1 has {s1:.0%} of the pixels, Sentinel-2 {s2:.0%}").format(
        s1=event["sentinel_1"], s2=event["sentinel_2"]
    )


def _names() -> Dict[str, str]:
    return {
        "out": tr("Output"),
        "model": tr("Model"),
        "stride": tr("Resolution"),
        "aoi": tr("Area"),
        "aoi-crs": tr("Area"),
        "bands": tr("Bands"),
        "s1": tr("Sentinel-1"),
        "s2": tr("Scene"),
        "s1-unit": tr("Stored as"),
        "name": tr("Name"),
        "threshold": tr("Label from"),
        "max-cloud": tr("Cloud at most"),
        "max-snow": tr("Snow at most"),
        "min-valid": tr("Valid at least"),
        "device": tr("Device"),
        "runtime": tr("Runtime"),
        "precision": tr("Precision"),
        "threads": tr("CPU threads"),
        "batch": tr("Patches a batch"),
        "acquired": tr("Acquired"),
        "scale": tr("Scale"),
        "offset": tr("Offset"),
        "regroup": tr("Groups"),
        "allow-l1c": tr("Take L1C products"),
        "adapt": tr("Adapt to this scene first"),
        "adapt-method": tr("Method"),
        "method": tr("Method"),
        "reference": tr("Reference"),
        "fallback-model": tr("Fallback model"),
        "regions": tr("10 m map"),
        "min-area": tr("Smallest area"),
        "dem": tr("Terrain model"),
        "geoid": tr("Heights above"),
    }
