"""The files of a finished map, found from any of them. Knows no QGIS."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Optional

from ..ben_core.errors import DataError
from .i18n import tr

_PRODUCT = re.compile(r"(S2[A-D])_MSI\w+?_(\d{4})(\d\d)(\d\d)T\d+.*?_T(\d\d[A-Z]{3})")
_RADAR = re.compile(r"(S1[A-D])_\w\w_\w{4}_\w{4}_(\d{4})(\d\d)(\d\d)T\d{6}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{8}")
_ENDS = (
    "_item.json", "_report.html", "_regions.gpkg", "_regions.tif", "_regions.html", "_classes.tif", "_labels.tif", "_probabilities.tif", "_groups.tif", "_unusual.tif", ".gpkg",
)  # fmt: skip


@dataclass(frozen=True)
class Products:
    """The files of one finished map in ``folder``."""

    folder: Path
    stem: str

    def path(self, end: str) -> Path:
        return self.folder / f"{self.stem}{end}"

    @property
    def package(self) -> Path:
        return self.path(".gpkg")

    @property
    def report(self) -> Path:
        return self.path("_report.html")

    def adaptation(self) -> Optional[Path]:
        """The page that compares the model with the one it was adapted from; None where nothing was adapted for this map.

        An adopted model's page has its name; a rejected one's is found by the model that made the map in its place.
        """
        model = str(_json(self.path("_model.json")).get("id"))
        for name, wanted in ((model, None), (f"{model}-{self.stem}", "rejected")):
            page = self.folder / f"{name}_adaptation.html"
            if page.is_file() and wanted in (None, _json(page.with_suffix(".json")).get("verdict")):
                return page
        return None

    def acquired(self) -> str:
        """The acquisition's date (2020-02-23) by the STAC item; "" where nothing tells."""
        properties = _json(self.path("_item.json")).get("properties")
        return str(properties.get("datetime") or "")[:10] if isinstance(properties, dict) else ""

    def title(self) -> str:
        """Scene and date, short enough for a legend."""
        found = _PRODUCT.search(self.stem)
        if found:
            platform, year, month, day, tile = found.groups()
            return f"{tile} {year}-{month}-{day} ({platform})"
        found = _RADAR.search(self.stem)
        if found:
            platform, year, month, day = found.groups()
            return f"{platform} {year}-{month}-{day}"
        date = self.acquired()
        return f"{self.stem} {date}".strip() if not _DATE.search(self.stem) else self.stem


def _json(path: Path) -> Dict[str, Any]:
    """What a product of the engine holds; {} where it is gone or none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def find_products(path: str) -> Products:
    """The finished map that ``path`` (its folder, or any of its files) belongs to. Raises DataError."""
    file = Path(path)
    if file.is_dir():
        packages = sorted(p for p in file.glob("*.gpkg") if (file / f"{p.stem}_item.json").is_file())
        if len(packages) == 1:
            return Products(file, packages[0].stem)
        if packages:
            raise DataError(
                tr("{folder} holds {n} maps.").format(folder=file, n=len(packages)), tr("Choose the .gpkg of one.")
            )
    else:
        end = next((e for e in _ENDS if file.name.endswith(e)), None)
        if end is not None:
            products = Products(file.parent, file.name[: -len(end)])
            if products.package.is_file() and products.path("_item.json").is_file():
                return products
    raise DataError(
        tr("{path} belongs to no finished map.").format(path=path),
        tr("Choose the .gpkg that a run wrote, or its folder."),
    )
