"""A generated L2A product of baseline 05.09, made once and never changed; and a copy to be damaged."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from ben_core.nomenclature import BANDS
from ben_core.sample.safe import write_safe

from ..made_safe import L2A_BANDS, SIDE, stored


@pytest.fixture(scope="session")
def made() -> dict[str, np.ndarray]:
    return {b: stored(i, BANDS[b].resolution) % 9000 + 1 for i, b in enumerate(L2A_BANDS)}


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory, made: dict[str, np.ndarray]) -> Path:
    """A generated L2A product of baseline 05.09 with its offset."""
    return write_safe(
        tmp_path_factory.mktemp("product"),
        made,
        left=499_980,
        top=5_000_040,
        epsg=32633,
        tile="33TWL",
        acquired="2023-06-25T10:05:59Z",
        scl=np.full((SIDE // 2, SIDE // 2), 4, np.uint8),
    )


@pytest.fixture
def copy(product: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(product, tmp_path / product.name))
