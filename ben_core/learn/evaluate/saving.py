"""The files of an evaluation: report and figures, both whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from ... import storage
from ...models.files import check_stem
from .evaluation import Evaluation
from .report import render


def check_free(folder: Path, stem: str, overwrite: bool) -> tuple[Path, Path]:
    """The paths of report and figures. OutputError where one exists and may not be replaced, or none can be written."""
    check_stem(stem)
    report, figures = folder / f"{stem}.html", folder / f"{stem}.json"
    for path in (report, figures):
        storage.check_free(path, overwrite)
    return report, figures


def save(
    evaluation: Evaluation, pictures: Mapping[str, Image.Image], paths: tuple[Path, Path], comparison: str = ""
) -> None:
    """Write report and figures. Raises OutputError, StorageError."""
    report, figures = paths
    for path, text in ((figures, evaluation.to_json()), (report, render(evaluation, pictures, comparison))):
        storage.write_text(path, text)
