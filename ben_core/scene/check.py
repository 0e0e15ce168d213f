"""Do the pixels agree with what the metadata say about them? A look at small samples before a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import DataError
from ..nomenclature import S2_BANDS
from .files import sample
from .harmonise import DN_MAX, harmonise
from .metadata import FIRST_WITH_OFFSET
from .radar_check import check_backscatter
from .reader import BandReader
from .types import BandSource, Scene

LOOKED_AT = ("B02", "B04", "B03", "B08")  # the darkest bands over land first; two are enough
OFFSET = 1000.0  # DN added by baselines from 04.00 on

# Land seen with the offset has its 1st percentile above about 1000, and post-04.00 land below that was
# harmonised already (docs on Sentinel-2 harmonisation; torchgeo issue 3224, Earth Search issue 66).
# A little dark water or shadow passes below 1000 in true data as well, hence the margin.
STILL_OFFSET = 1000.0
NO_OFFSET = 950.0
SATURATED = 0.05  # share of pixels at the top of the scale


def check_radiometry(scene: Scene) -> tuple[tuple[str, str], ...]:
    """Notes (code, message) where sampled values contradict the metadata; empty where they agree.

    Codes: "offset-doubtful", "offset-missing", "saturated", "s1-level", "s1-swapped". DataError where every sampled
    value is "no data". Costs at most nine small windows in each of two bands of a sensor.
    """
    optical = [b for b in scene.bands if b in S2_BANDS]
    return (*(_check_reflectance(scene, optical) if optical else ()), *check_backscatter(scene))


def _check_reflectance(scene: Scene, optical: Sequence[str]) -> tuple[tuple[str, str], ...]:
    bands = [b for b in LOOKED_AT if b in optical][:2] or optical[:1]
    stored, dn = {}, {}
    for band in bands:
        source = scene.bands[band]
        values = sample(source.path, source.driver, source.index)
        converted = harmonise(values, source)
        stored[band], dn[band] = values[converted > 0].astype(np.float64), converted[converted > 0]
    if not any(values.size for values in dn.values()):
        _look_everywhere(scene, bands[0])
        return ()
    notes = []
    dark = min(bands, key=lambda b: np.percentile(dn[b], 1) if dn[b].size else np.inf)
    low = float(np.percentile(dn[dark], 1))
    source = scene.bands[dark]
    raw = float(np.percentile(stored[dark], 1)) * source.scale
    if source.offset <= -OFFSET / 2 and raw < NO_OFFSET:
        notes.append(
            (
                "offset-doubtful",
                f"The metadata say that {-source.offset:.0f} was added to every value, but 1 % of band {dark} lies "
                f"below {raw:.0f}: it seems to be taken off already. Give --offset 0 if so.",
            )
        )
    told = scene.baseline is not None and scene.baseline < FIRST_WITH_OFFSET
    if source.offset == 0 and low > STILL_OFFSET and not told and scene.level != "L1C":
        notes.append(
            (
                "offset-missing",
                f"99 % of band {dark} lies above {low:.0f}, rare for surface reflectance of anything but snow and "
                "desert: the 1000 that baselines from 04.00 on add may still be in. Give --offset -1000 if so.",
            )
        )
    for band in bands:
        share = float((dn[band] == DN_MAX).mean()) if dn[band].size else 0.0
        if share > SATURATED:
            notes.append(("saturated", f"{share:.0%} of the sampled pixels of band {band} are saturated."))
    return tuple(notes)


def require_bands(scene: Scene, names: Sequence[str]) -> None:
    """DataError where the scene lacks one of the bands: which, what there is, where was looked."""
    missing = [name for name in names if name not in scene.bands]
    if not missing:
        return
    left_out = scene.extra.get("left_out", {})
    reasons = [left_out[name] for name in missing if name in left_out] if isinstance(left_out, dict) else []
    searched = scene.extra.get("searched", ())
    places = ", ".join(searched) if isinstance(searched, tuple) else ""
    raise DataError(
        f"{scene.name} lacks the band{'s' if len(missing) > 1 else ''} {', '.join(missing)} "
        f"(found: {', '.join(scene.bands) or 'none'}; searched: {places or scene.source})."
        + "".join(f" {reason}" for reason in reasons),
        "Add these bands (to a product: download it again), or choose a model that does without.",
        "missing-band",
    )


def _look_everywhere(scene: Scene, band: str) -> None:
    """Windows may miss the data of a scene that is mostly empty: read one band until a value shows."""
    source: BandSource = scene.bands[band]
    with BandReader(source) as reader:
        for row in range(0, source.height, source.block_rows):
            if reader.read_rows(row, min(row + source.block_rows, source.height)).any():
                return
    raise DataError(
        f"{scene.name} holds no data: every pixel of band {band} is 0 or marked as no data.",
        "Is it the right product? Was it downloaded whole?",
        "nodata",
    )
