"""Statistics in zones: what a finished map says about each polygon of a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import JobError
from .cells import find_map, read_cells
from .count import WEIGHTS, Statistics, count
from .polygons import read_zones
from .write import check_target, write_statistics

__all__ = ["WEIGHTS", "Statistics", "ZonesResult", "zone_statistics"]


@dataclass(frozen=True)
class ZonesResult:
    """What was counted, where it was written, and notes for a person."""

    statistics: Statistics
    path: Path
    notes: tuple[str, ...]


def zone_statistics(
    map_path: str | Path,
    zones_path: str | Path,
    out: str | Path,
    *,
    layer: str | None = None,
    id_field: str | None = None,
    weight: str = "centre",
    overwrite: bool = False,
) -> ZonesResult:
    """Count the cells of a map in each polygon of a vector file; write a GeoPackage or a CSV (see ``write``).

    map_path   GeoPackage of ``ben map``, or the folder that holds it
    zones_path any vector file in any CRS; ``layer`` names its layer (default: its first)
    id_field   features that share its value are one zone (default: each feature is one)
    weight     see ``count``
    Raises JobError (options, output), DataError (map, zones), StorageError.
    """
    if weight not in WEIGHTS:
        raise JobError(f"--weight {weight!r} is unknown.", "Choose one of: " + ", ".join(WEIGHTS) + ".")
    out = Path(out)
    check_target(out, (Path(map_path), Path(zones_path)), overwrite)
    cells = read_cells(find_map(Path(map_path)))
    zones = read_zones(Path(zones_path), layer, id_field).on(cells)
    statistics = count(cells, zones, weight)
    write_statistics(statistics, cells, zones, out)
    return ZonesResult(statistics, out, _notes(statistics, weight))


def _notes(found: Statistics, weight: str) -> tuple[str, ...]:
    notes = []
    empty = int((found.cells + found.not_mapped == 0).sum())
    if empty:
        more = " --weight area counts the cells that small polygons touch." if weight == "centre" else ""
        notes.append(f"{empty} of {len(found.cells)} zones hold no cell of the map.{more}")
    beyond = int(found.beyond.sum())
    if beyond:
        notes.append(f"{beyond} of {len(found.cells)} zones reach beyond the map: only its cells are counted.")
    return tuple(notes)
