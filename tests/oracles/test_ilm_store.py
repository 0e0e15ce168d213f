"""A store read by ConfigILM's own BENv2DataSet: real patches, every value.

The Python of that environment is BEN_ORACLE_ILM, else .venv-oracle-ilm/bin/python (tools/oracle-venv-ilm.sh).
"""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ben_core.learn.data import open_data_set, write_store
from ben_core.models.importers.reben import BAND_ORDERS
from ben_core.nomenclature import ORDER_ALPHABETICAL

pytestmark = pytest.mark.oracle

HERE = Path(__file__).parent
PYTHON = os.environ.get("BEN_ORACLE_ILM") or str(HERE.parents[1] / ".venv-oracle-ilm" / "bin" / "python")
DATA = Path(os.environ.get("BEN_DATA") or HERE.parents[2] / "shared" / "data") / "bigearthnet" / "v1"


def test_config_ilm_reads_a_store(tmp_path: Path) -> None:
    if not Path(PYTHON).exists():
        pytest.skip(f"no ConfigILM environment {PYTHON}: tools/oracle-venv-ilm.sh makes it")
    if not DATA.is_dir():
        pytest.skip(f"real data: no folder {DATA} (set BEN_DATA)")
    data = open_data_set(DATA, bands=("B02", "VV"), lists=tmp_path)
    records = [replace(r, split="train") for r in data.records]
    hazy = replace(records[0], id="S2A_MSIL2A_20170613T101031_0_0", s1_id="S1 of it", excluded=("snow",))
    write_store(tmp_path / "store", [(r, data.read(data.records[0] if r is hazy else r, data.bands), None) for r in (*records, hazy)])  # fmt: skip
    bands = BAND_ORDERS["0.2.0"]["all"]
    command = [PYTHON, str(HERE / "ilm_store_origin.py"), tmp_path / "store", str(len(bands)), tmp_path / "read.npz"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    read = np.load(tmp_path / "read.npz")
    assert set(read) == {f"{r.id}/{part}" for r in records for part in ("image", "labels")}, "snow is left out"
    for record in records:
        pixels = data.read(record, bands)
        expected = np.stack([np.kron(p, np.ones((120 // p.shape[0],) * 2)) for p in pixels.values()])
        assert np.array_equal(read[f"{record.id}/image"], expected.astype(np.float32))
        assert [ORDER_ALPHABETICAL[i] for i in np.flatnonzero(read[f"{record.id}/labels"])] == list(record.labels or ())
    print(f"PARITY store: {len(records)} patches, {len(bands)} bands equal")
