"""What is said of Sentinel-1 in a scene: notes before a run, and why a polarisation is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..nomenclature import S1_BANDS
from .grids import crs_name
from .radar_reader import metres_a_pixel, whole_shift
from .types import BandSource, Pass, Scene

if TYPE_CHECKING:
    from .radar import Radar

REPEAT = 12  # days after which a Sentinel-1 satellite passes again; some pass lies within half of it
_COARSE = 12.5  # metres a pixel: from here on the speckle is another than that of BigEarthNet's 10 m


def notes_of(scene: Scene, radars: Sequence[Radar], passes: Sequence[Pass]) -> list[tuple[str, str]]:
    """(code, message) pairs on how Sentinel-1 differs from what the models saw."""
    notes = []
    warped = [r for r in radars if any(whole_shift(scene.grid, v.file.lattice) is None for v in r.layers.values())]
    if warped:
        about = sorted({crs_name(v.file.lattice.crs)[:40] for r in warped for v in r.layers.values()})
        notes.append(
            (
                "warped",
                f"Sentinel-1 ({', '.join(about)}) lies on another grid: it is brought to 10 m in {scene.grid.crs}, bilinear "
                "in power, as its own terrain correction did.",
            )
        )
    coarse = max(metres_a_pixel(v.file.lattice) for r in radars for v in r.layers.values())
    if coarse > _COARSE:
        notes.append(
            (
                "s1-coarse",
                f"Sentinel-1 comes with pixels of {coarse:.0f} m: its speckle is smoother than in the 10 m pixels that the "
                "models saw.",
            )
        )
    for quantity in sorted({r.quantity for r in radars} & {"gamma0", "beta0"}):
        higher = "0.6 to 1.6" if quantity == "gamma0" else "1.4 to 3"  # 1/cos, 1/sin of 30 to 46 degrees (IW)
        notes.append(
            (
                f"s1-{quantity}",
                f"Sentinel-1 is {quantity}, on flat land {higher} dB above sigma0, at whose level BigEarthNet's patches "
                "lie: read the map with care.",
            )
        )
    far = [p for p in passes if p.days is not None and abs(p.days) > REPEAT]
    if far:
        notes.append(
            ("s1-time", "; ".join(f"{p.name} is {days_words(p.days)}" for p in far) + ": the land may have changed.")
        )
    return notes


def days_words(days: float | None) -> str:
    """A distance in time, for people."""
    if days is None:
        return "at an unknown distance in time from Sentinel-2"
    amount, unit = (abs(days) * 24, "hours") if abs(days) < 2 else (abs(days), "days")
    return f"{amount:.0f} {unit} {'before' if days < 0 else 'after'} Sentinel-2"


def left_out(scene: Scene, radars: Sequence[Radar], there: Sequence[Radar]) -> list[tuple[str, str]]:
    """A note for each product that lies elsewhere."""
    return [
        ("s1-elsewhere", f"{r.name} shares no pixel with {scene.name} and is left out.")
        for r in radars
        if r not in there
    ]


def left_out_bands(scene: Scene) -> Mapping[str, object]:
    """Band -> why it is not there, as the scene has it so far."""
    found = scene.extra.get("left_out", {})
    return found if isinstance(found, dict) else {}


def missing_bands(radars: Sequence[Radar], bands: Mapping[str, BandSource]) -> dict[str, str]:
    """Why a polarisation is not there."""
    here = ", ".join(sorted({band for r in radars for band in r.layers}))
    return {
        band: f"Sentinel-1 holds the polarisation {here} only; models of Sentinel-1 were trained on VV and VH together."
        for band in S1_BANDS
        if band not in bands
    }
