"""Fixtures of the engine's tests."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("BEN_DATA") or Path(__file__).parents[3] / "shared" / "data")


@pytest.fixture(scope="session")
def ben_data() -> Path:
    """The folder of real data; a test that needs it is skipped where it is missing."""
    if not DATA.is_dir():
        pytest.skip(f"real data: no folder {DATA} (set BEN_DATA)")
    return DATA
