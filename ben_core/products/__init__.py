"""The files of a finished map: rasters, GeoPackage, STAC item, quick look and report.

``write_products`` is the entry; ``product_names`` tells beforehand what it will write.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

from ..errors import JobError
from ..nomenclature import Legend
from .legend import load_legend
from .types import Probabilities, RunRecord

__all__ = ["check_place", "load_legend", "product_names", "write_products"]


LONGEST_STEM = 200  # bytes: file systems allow 255, endings and temporary names need the rest


def check_place(out: Path, stem: str) -> None:
    """JobError where products of this name, in this folder, could not be written: better now than after the run."""
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in stem) or len(stem.encode(errors="replace")) > LONGEST_STEM:
        raise JobError(
            f"The products cannot be named {stem[:60]!r}: it holds control characters, or is longer than "
            f"{LONGEST_STEM} bytes.",
            "Give another name with --name.",
        )
    if "!" in f"{out.absolute()}{stem}" or ";" in stem:
        # pyogrio takes what stands before a "!" for an archive, drops what follows a ";" in a file's name, and writes
        # the GeoPackage elsewhere.
        raise JobError(
            f"No GeoPackage can be written to {out} as {stem!r}: '!' must not stand in its path, nor ';' in its name.",
            "Give another folder with --out, or another name with --name.",
        )


def product_names(
    stem: str, legend: Legend | None = None, scored: bool = False, fallback: bool = False
) -> dict[str, str]:
    """kind -> file name of every product; ``…_legend`` (GDAL's sidecar) and ``…_style`` (QGIS's) go with a raster.

    scored   a model's card can tell how unusual a patch is; ``fallback``: a second model stands in for the first
    """
    names = {
        "classes": f"{stem}_classes.tif",
        "classes_legend": f"{stem}_classes.tif.aux.xml",
        "classes_style": f"{stem}_classes.qml",
        "labels": f"{stem}_labels.tif",
        "probabilities": f"{stem}_probabilities.tif",
        "unusual": f"{stem}_unusual.tif",
        "answered": f"{stem}_answered.tif",
        "answered_legend": f"{stem}_answered.tif.aux.xml",
        "answered_style": f"{stem}_answered.qml",
        "groups": f"{stem}_groups.tif",
        "groups_legend": f"{stem}_groups.tif.aux.xml",
        "groups_style": f"{stem}_groups.qml",
        "gpkg": f"{stem}.gpkg",
        "quicklook": f"{stem}_quicklook.png",
        "report": f"{stem}_report.html",
        "model": f"{stem}_model.json",
        "fallback": f"{stem}_fallback.json",
        "item": f"{stem}_item.json",
    }
    left_out = ("groups",) * (not legend) + ("unusual",) * (not scored) + ("answered", "fallback") * (not fallback)
    return {kind: name for kind, name in names.items() if not kind.startswith(left_out)}


def write_products(answers: Probabilities, record: RunRecord, folder: Path, stem: str) -> dict[str, Path]:
    """Write every product into ``folder``, an empty staging directory; returns kind -> file.

    The bytes follow from ``answers`` and ``record`` alone, but for the report, which shows timings.
    Raises StorageError where the disk fails, OutputError where writing is forbidden, JobError where the
    legend unites none of the model's classes, DataError where the acquisition time is none.
    """
    # Imported late: names and legends are asked for long before the two GDALs of the writers are needed.
    from ..storage import write_bytes
    from . import rasters
    from .quicklook import write_quicklook
    from .report import write_report
    from .stac import write_item
    from .vectors import write_package
    from .view import view as look

    view = look(answers, record)
    names = product_names(stem, record.legend, answers.unusual is not None, record.fallback is not None)
    files = {kind: folder / name for kind, name in names.items()}
    rasters.write_classes(view, files["classes"], files["classes_legend"], files["classes_style"])
    rasters.write_labels(view, files["labels"])
    rasters.write_probabilities(view, files["probabilities"])
    if answers.unusual is not None:
        rasters.write_unusual(view, files["unusual"])
    if record.legend:
        rasters.write_groups(view, files["groups"], files["groups_legend"], files["groups_style"])
    if record.fallback:
        rasters.write_answered(view, files["answered"], files["answered_legend"], files["answered_style"])
        write_bytes(files["fallback"], record.fallback.card.to_json(weights=False).encode())
    write_package(view, files["gpkg"])
    write_quicklook(view, files["quicklook"])
    write_report(view, files, files["report"])
    write_bytes(files["model"], record.card.to_json(weights=False).encode())
    write_item(view, files, files["item"], stem)
    return files
