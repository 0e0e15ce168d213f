"""The TFRecords of ``ben splits`` read back by TensorFlow: real patches, every value.

The Python of that environment is BEN_ORACLE_TF, else .venv-oracle-tf/bin/python (tools/oracle-venv-tf.sh makes it).
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ben_core.learn.data import open_data_set
from ben_core.learn.data.preparing import SplitsJob, prepare_splits
from ben_core.learn.data.tfrecord import TFRecordWriter
from ben_core.nomenclature import ORDER_ORIGINAL

pytestmark = pytest.mark.oracle

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = os.environ.get("BEN_ORACLE_TF") or str(ROOT / ".venv-oracle-tf" / "bin" / "python")
DATA = Path(os.environ.get("BEN_DATA") or ROOT.parent / "shared" / "data") / "bigearthnet" / "v1"
S2, S1 = DATA / "BigEarthNet-v1.0", DATA / "BigEarthNet-S1-v1.0"


def origin(*arguments: object) -> None:
    if not Path(PYTHON).exists():
        pytest.skip(f"no TensorFlow environment {PYTHON}: tools/oracle-venv-tf.sh makes it")
    command = [PYTHON, str(HERE / "tfrecords_origin.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("s1", [None, S1], ids=["S2", "MM"])
def test_tensorflow_reads_what_was_written(s1, tmp_path):
    if not DATA.is_dir():
        pytest.skip(f"real data: no folder {DATA} (set BEN_DATA)")
    data = open_data_set(DATA, bands=("B02", "VV") if s1 else None)
    names = [r.id for r in data.records]
    (tmp_path / "train.csv").write_text("".join(n + "\r\n" for n in names))
    prepare_splits(SplitsJob(S2, s1, tmp_path / "out", (tmp_path / "train.csv",), "tensorflow"))
    origin(tmp_path / "out" / "train.tfrecord", tmp_path / "read.npz", int(s1 is not None))
    read = np.load(tmp_path / "read.npz")
    compared = 0
    for i, record in enumerate(data.records):
        for band, pixels in data.read(record, data.bands).items():
            got = read[f"{band}/{i}"]
            assert got.dtype == (np.float32 if band in ("VV", "VH") else np.int64)
            assert np.array_equal(got.reshape(pixels.shape), pixels)
            compared += pixels.size
        labels = [n.decode() for n in read[f"BigEarthNet-19_labels/{i}"].tolist()]
        assert sorted(labels) == sorted(record.labels) and labels
        assert [ORDER_ORIGINAL[k] for k in np.flatnonzero(read[f"BigEarthNet-19_labels_multi_hot/{i}"])] == labels
        assert read[f"patch_name_s2/{i}"].item().decode() == record.id
        if s1:
            assert read[f"patch_name_s1/{i}"].item().decode() == record.s1_id
    assert f"B02/{len(names)}" not in read and len(names) == (3 if s1 else 43)
    print(f"PARITY TFRecord {'MM' if s1 else 'S2'}: {len(names)} patches, {compared:,} pixels equal")


def test_the_framing_is_that_of_tensorflow(tmp_path):
    origin("write", tmp_path / "theirs.tfrecord")
    with TFRecordWriter(tmp_path / "ours.tfrecord") as writer:
        writer.write(b"abc")
    assert (tmp_path / "ours.tfrecord").read_bytes() == (tmp_path / "theirs.tfrecord").read_bytes()
