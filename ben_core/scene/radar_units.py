"""What stored backscatter is: dB, power or amplitude; sigma0 or gamma0. By metadata first, then by the values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import DataError
from .decibels import HIGHEST, LOWEST

# Words in file names, band descriptions, units and tags. SNAP calls power "intensity".
_UNIT_WORDS = {
    "dB": ("db", "decibel", "decibels"),
    "power": ("power", "intensity", "pwr"),
    "amplitude": ("amplitude", "amp"),
}
_QUANTITY_WORDS = {
    "sigma0": ("sigma0", "sigma", "sigmanought", "sigma naught", "sig0"),
    "gamma0": ("gamma0", "gamma", "gammanought", "gamma naught", "gam0", "rtc"),
    "beta0": ("beta0", "beta", "betanought", "beta naught"),
}
# ASF HyP3, "…_RTC10_G_gpuned_1234": gamma0 or sigma0; power, decibel or amplitude; then mask, filter, extent, matching.
_HYP3 = re.compile(r"_RTC\d\d_[A-Z]_([gs])([pda])[uw][nf][ec][dm]_", re.IGNORECASE)
_HYP3_UNITS = {"p": "power", "d": "dB", "a": "amplitude"}

# Medians of land in dB, with a margin: 87 patches of BigEarthNet's test split have VV -24.8 to -8.9, VH -27.7 to
# -14.6 and VV - VH 2.9 to 9.4 dB (5th to 95th percentile, measured); cities reach -6 and -11.
_PLAUSIBLE = {"VV": (-24.0, -5.0), "VH": (-29.0, -10.0)}
_APART = (4.5, 13.5)  # VV - VH: half of it, or twice, tells amplitude from power; 13.2 over a windy sea (measured)
_TOO_STRONG = 10.0  # dB that no half of an image reaches: numbers that were never calibrated
_FACTORS = {"power": 10, "amplitude": 20}
_NEGATIVE = 0.01  # share of negative values from which neither power nor amplitude can be meant


@dataclass(frozen=True)
class Unit:
    """unit "dB", "power" or "amplitude"; ``words``: what told it, for a person."""

    unit: str
    words: str


def told_unit(texts: Sequence[str]) -> str | None:
    """The unit that names and tags say, None where they say nothing or contradict each other."""
    found = {_HYP3_UNITS[m[2].lower()] for m in map(_HYP3.search, texts) if m}
    if not found:
        found = {unit for unit, words in _UNIT_WORDS.items() if any(_holds(text, words) for text in texts)}
        # "Sigma0_VV_db" in a file whose tags tell of the intensity it was made from.
        found = {"dB"} if "dB" in found else found
    return found.pop() if len(found) == 1 else None


def told_quantity(texts: Sequence[str]) -> str:
    """ "sigma0", "gamma0", "beta0", or "unknown"."""
    hyp3 = next((m for m in map(_HYP3.search, texts) if m), None)
    if hyp3:
        return "gamma0" if hyp3[1].lower() == "g" else "sigma0"
    found = {q for q, words in _QUANTITY_WORDS.items() if any(_holds(text, words) for text in texts)}
    return found.pop() if len(found) == 1 else "unknown"


def _holds(text: str, words: Sequence[str]) -> bool:
    return any(re.search(rf"(?<![a-z0-9]){word}(?![a-z0-9])", text, re.IGNORECASE) for word in words)


def find_unit(samples: Mapping[str, np.ndarray], told: str | None, name: str) -> Unit:
    """The unit of samples (polarisation -> physical values without fill; all stored alike).

    DataError where metadata and values contradict each other, or where neither tells.
    """
    values = {band: v[np.isfinite(v) & (v != 0)] for band, v in samples.items()}
    values = {band: v for band, v in values.items() if v.size}
    if not values:
        if told:
            return Unit(told, f"{told}, as its metadata say")
        raise _doubt(f"{name} shows no valid value in a sample of its pixels, and nothing tells their unit")
    every = np.concatenate(list(values.values()))
    negative = float((every < 0).mean())
    span = f"{np.percentile(every, 1):.4g} to {np.percentile(every, 99):.4g}"
    possible = [unit for unit in _FACTORS if _plausible(values, unit)]
    if told in _FACTORS:
        medians = _medians(values, told)
        if negative > _NEGATIVE:
            raise _doubt(f"The metadata of {name} say {told}, but {negative:.0%} of its values are negative ({span})")
        # The other way round it may be calm water, which a note points out ("s1-level").
        if max(medians.values()) > _TOO_STRONG or (told == "power" and possible == ["amplitude"]):
            raise _doubt(f"The metadata of {name} say {told}, but then half of it lies above {_words(medians)}")
        return Unit(told, f"{told}, as its metadata say")
    as_db = negative > _NEGATIVE and np.percentile(every, 1) >= LOWEST and np.percentile(every, 99) <= HIGHEST
    if told == "dB":
        if not as_db:
            raise _doubt(f"The metadata of {name} say dB, but its values ({span}) do not look like that")
        return Unit("dB", "dB, as its metadata say")
    if negative > _NEGATIVE:
        if not as_db:
            raise _doubt(f"{name} holds values of {span}, which are no backscatter in dB")
        return Unit("dB", "dB, by its negative values")
    if len(possible) != 1:
        why = "either is possible" if possible else "neither gives the levels of land"
        raise _doubt(f"{name} holds values of {span}, and nothing tells power from amplitude ({why})")
    (unit,) = possible
    return Unit(unit, f"{unit}, by its values (medians would be {_words(_medians(values, unit))})")


def _medians(values: Mapping[str, np.ndarray], unit: str) -> dict[str, float]:
    """dB by polarisation, if the values are of that unit."""
    positive = {band: v[v > 0] for band, v in values.items()}
    return {b: _FACTORS[unit] * float(np.log10(np.median(v))) if v.size else -np.inf for b, v in positive.items()}


def _words(medians: Mapping[str, float]) -> str:
    return ", ".join(f"{band} {level:.1f} dB" for band, level in medians.items())


def _plausible(values: Mapping[str, np.ndarray], unit: str) -> bool:
    """Whether both polarisations lie where land does, and as far apart. One alone tells nothing."""
    levels = _medians(values, unit)
    if set(levels) != set(_PLAUSIBLE):
        return False
    if not _APART[0] <= levels["VV"] - levels["VH"] <= _APART[1]:
        return False
    return all(low <= levels[band] <= high for band, (low, high) in _PLAUSIBLE.items())


def _doubt(sentence: str) -> DataError:
    return DataError(
        sentence + ".",
        "Say what it holds with --s1-unit db, power or amplitude; calibrate it first if these are raw numbers.",
        "s1-unit",
    )
