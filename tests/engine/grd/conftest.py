"""A raw product under the real metadata of Rome, with pixels and VH's files made here; made once, never changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ben_core.run.raw_radar import Recipe

from .. import made_grd as made


@pytest.fixture(scope="session")
def data(ben_data: Path) -> Path:
    if not made.real_safe(ben_data).is_dir():
        pytest.skip(f"real data: no GRD metadata in {ben_data} (set BEN_DATA)")
    return ben_data


@pytest.fixture(scope="session")
def safe(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.make_safe(data, tmp_path_factory.mktemp("grd"))


@pytest.fixture(scope="session")
def recipe(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    geoid = made.write_geoid(tmp_path_factory.mktemp("geoid") / "geoid.tif")
    return Recipe(str(made.real_dem(data)), str(geoid))


@pytest.fixture
def copy(safe: Path, tmp_path: Path) -> Path:
    """The product, to be damaged; its measurements are links, to be replaced and never written into."""

    def take(source: str, target: str) -> None:
        (os.link if source.endswith(".tiff") else shutil.copy)(source, target)

    return Path(shutil.copytree(safe, tmp_path / safe.name, copy_function=take))
