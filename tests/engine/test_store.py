"""The store: as rico-hdl writes it, whole or not at all, safe to share among processes and threads."""

import multiprocessing
import pickle
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lmdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from ben_core.errors import DataError, OutputError, StorageError
from ben_core.learn.data import Store, open_data_set, write_store
from ben_core.learn.data.entries import Appender, encode
from ben_core.learn.data.store import Sample, StoreWriter
from ben_core.learn.types import Place, Record

RNG = np.random.default_rng(0)


def sample(name: str, s1: bool = False, mapped: bool = False, **fields: object) -> Sample:
    bands = {"B02": RNG.integers(0, 65536, (120, 120), dtype=np.uint16), "B05": np.full((60, 60), 7, np.uint16)}
    if s1:
        fields["s1_id"] = f"S1 of {name}"
        bands |= {b: RNG.normal(-12, 5, (120, 120)).astype(np.float32) for b in ("VV", "VH")}
    reference = np.full((120, 120), 231, np.uint16) if mapped else None
    return Record(name, **fields), bands, reference  # type: ignore[arg-type]


RECORDS = {
    "labels": ("Arable land", "Pastures"),
    "split": "validation",
    "tile": "33UUP",
    "place": Place("EPSG:32633", 300_000.0, 5_400_000.0, 640.0),
    "country": "Österreich",
    "acquired": "2017-06-13T10:10:31Z",
    "excluded": ("snow",),
    "unsure": ("Inland waters",),
    "labels_43": ("Rice fields", "Pastures"),
}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    samples = [sample("b", s1=True), sample("a", mapped=True, **RECORDS), sample("c", labels=())]
    assert write_store(tmp_path / "store", iter(samples)) == 3
    data = open_data_set(tmp_path / "store")
    assert [r.id for r in data.records] == ["a", "b", "c"] and set(data.bands) == {"B02", "B05"}
    by_id = {r.id: (r, b, m) for r, b, m in samples}
    for record in data.records:
        given, bands, reference = by_id[record.id]
        assert {f: getattr(record, f) for f in record.__slots__ if f not in ("mapped", "excluded")} == {
            f: getattr(given, f) for f in record.__slots__ if f not in ("mapped", "excluded")
        }
        assert record.mapped == (reference is not None)
        read = data.read(record, tuple(bands))
        assert list(read) == list(bands) and all(np.array_equal(read[b], bands[b]) for b in bands)
        assert all(a.flags.writeable and a.dtype == bands[b].dtype for b, a in read.items())
    assert [r.excluded for r in data.records] == [("snow",), (), ("no label",)]
    assert np.array_equal(data.reference(data.records[0]), np.full((120, 120), 231))
    with pytest.raises(DataError, match="no reference map"):
        data.reference(data.records[1])
    with pytest.raises(DataError, match="no band VV"):
        data.read(data.records[0], ["VV"])
    with pytest.raises(DataError, match="Band B03 of patch a is missing"):
        data.read(data.records[0], ["B03"])
    assert len(open_data_set(tmp_path / "store", bands=["VV"]).records) == 1
    with pytest.raises(DataError, match="no band B08"):
        open_data_set(tmp_path / "store", bands=["B08"])


def test_tables_are_those_of_version_2(tmp_path: Path) -> None:
    write_store(tmp_path / "s", [sample("a", **RECORDS), sample("b", labels=("Pastures",))])
    table = pq.read_table(tmp_path / "s" / "metadata.parquet")
    assert table.column_names[:8] == ["patch_id", "labels", "split", "country", "s1_name", "s2v1_name",
                                      "contains_seasonal_snow", "contains_cloud_or_shadow"]  # fmt: skip
    assert table["patch_id"].to_pylist() == ["b"], "snowy patches stand in a table of their own"
    snow = pq.read_table(tmp_path / "s" / "metadata_for_patches_with_snow_cloud_or_shadow.parquet")
    assert snow["patch_id"].to_pylist() == ["a"] and snow["contains_seasonal_snow"].to_pylist() == [True]


def test_entries_are_byte_for_byte_those_of_rico_hdl(ben_data: Path, tmp_path: Path) -> None:
    root = ben_data / "bigearthnet" / "v2"
    data = open_data_set(root)
    radar = open_data_set(root, bands=["VV"])
    samples = [(r, data.read(r, data.bands), None) for r in data.records]
    write_store(tmp_path / "store", samples)
    for record in radar.records:
        if record.s1_id and record.s1_id.endswith("70_48"):
            (tmp_path / record.s1_id).write_bytes(encode(radar.read(record, ["VV", "VH"])))
    with lmdb.open(str(tmp_path / "store" / "patches.lmdb"), readonly=True, lock=False) as ours:
        # A copy: an LMDB may be opened once a process, and other tests have read this one.
        theirs = lmdb.open(
            str(shutil.copytree(root / "BigEarthNet_LMDB", tmp_path / "theirs")), readonly=True, lock=False
        )
        with ours.begin() as a, theirs.begin() as b:
            compared = 0
            for key, value in b.cursor():
                mine = a.get(key) or (tmp_path / key.decode()).read_bytes()
                assert mine == value
                compared += 1
        theirs.close()
    assert compared == 2


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda: sample("a"), "Two patches are called a"),
        (lambda: (Record("b"), {"B02": np.zeros((120, 120), np.uint16)}, None), "the patches before it"),
        (lambda: (Record("b"), {"B02": np.zeros((60, 60), np.uint16)}, None), "60 x 60 uint16, not 120 x 120"),
        (lambda: (Record("b"), {"B02": np.zeros((120, 120))}, None), "float64, not"),
        (lambda: (Record("b"), {"B10": np.zeros((20, 20), np.uint16)}, None), "no patch of BigEarthNet has a band|No patch"),
        (lambda: (Record("b"), {}, None), "no bands|the patches before it"),
        (lambda: (Record("b"), {**sample("b")[1], "VV": np.zeros((120, 120), np.float32)}, None), "no Sentinel-1"),
        (lambda: (*sample("b")[:2], np.zeros((60, 60), np.uint16)), "Band reference_map"),
        (lambda: sample(""), "too long for a store, or nothing"),
        (lambda: sample("x" * 600), "too long for a store"),
    ],
)  # fmt: skip
def test_samples_that_cannot_be_leave_nothing(tmp_path: Path, bad, message: str) -> None:
    with pytest.raises(DataError, match=message):
        write_store(tmp_path / "store", [sample("a"), bad()])
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_source_leaves_nothing(tmp_path: Path) -> None:
    def samples() -> Iterator[Sample]:
        yield sample("a")
        raise DataError("the scene broke")

    with pytest.raises(DataError, match="the scene broke"):
        write_store(tmp_path / "store", samples())
    with pytest.raises(DataError, match="No patch is left"):
        write_store(tmp_path / "store", [])
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_not_replaced_unless_asked(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    write_store(folder, [sample("a")])
    with pytest.raises(OutputError, match="exists"):
        write_store(folder, [sample("b")])
    first = open_data_set(folder)
    assert [r.id for r in first.records] == ["a"]
    write_store(folder, [sample("b")], overwrite=True)
    assert [r.id for r in open_data_set(folder).records] == ["b"], "the file that was open is another now"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["store"]


def test_the_file_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Appender, "BUFFER", 100_000)
    opened = lmdb.open
    monkeypatch.setattr(lmdb, "open", lambda *a, **k: opened(*a, **{**k, "map_size": 2**18} if "map_size" in k else k))
    write_store(tmp_path / "store", (sample(f"{i:03}") for i in range(60)))
    assert (tmp_path / "store" / "patches.lmdb" / "data.mdb").stat().st_size > 2**20
    data = open_data_set(tmp_path / "store")
    assert len(data.records) == 60 and all(data.read(r, ["B05"])["B05"].mean() == 7 for r in data.records)


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise lmdb.DiskError("mdb_put: No space left on device")

    monkeypatch.setattr(Appender, "flush", full)
    with pytest.raises(StorageError, match="No space left"):
        write_store(tmp_path / "store", [sample("a")])
    assert list(tmp_path.iterdir()) == []


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with StoreWriter(tmp_path / "store", "x"), pytest.raises(OutputError, match="Another run"):
        StoreWriter(tmp_path / "store", "x").__enter__()


def test_a_killed_writer_is_continued(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        import numpy as np
        from ben_core.learn.data.entries import Appender
        from ben_core.learn.data.store import StoreWriter
        from ben_core.learn.types import Record
        Appender.BUFFER = 0
        with StoreWriter(Path(sys.argv[1]), "these patches") as writer:
            for i in range(3):
                writer.add(Record(f"p{i}"), {"B05": np.full((60, 60), i, np.uint16)})
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    folder = tmp_path / "store"
    killed = subprocess.run([sys.executable, "-c", program, str(folder)], cwd=Path(__file__).parents[2])
    assert killed.returncode == -signal.SIGKILL and not folder.exists()
    with StoreWriter(folder, "other patches") as writer:
        assert not writer.has(Record("p0"))
    killed = subprocess.run([sys.executable, "-c", program, str(folder)], cwd=Path(__file__).parents[2])
    with StoreWriter(folder, "these patches") as writer:
        for i in range(4):
            record = Record(f"p{i}")
            assert writer.has(record) == (i < 3)
            if writer.has(record):
                writer.keep(record)
            else:
                writer.add(record, {"B05": np.full((60, 60), i, np.uint16)})
        assert writer.finish() == 4
    data = open_data_set(folder)
    assert [int(data.read(r, ["B05"])["B05"][0, 0]) for r in data.records] == [0, 1, 2, 3]
    assert sorted(p.name for p in folder.iterdir()) == [
        "metadata.parquet",
        "metadata_for_patches_with_snow_cloud_or_shadow.parquet",
        "patches.lmdb",
    ]


# ---- reading


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("shared") / "store"
    write_store(folder, (sample(f"{i:02}") for i in range(20)))
    data = open_data_set(folder)
    assert isinstance(data, Store)
    return data


def total(data: Store) -> int:
    return sum(int(data.read(r, ["B02"])["B02"].sum()) for r in data.records)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_read_the_same(store: Store, method: str) -> None:
    expected = total(store)  # the parent has it open
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(total, [store] * 4) == [expected] * 4
    assert total(store) == expected


def test_threads_read_the_same(store: Store) -> None:
    again = pickle.loads(pickle.dumps(store))
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(total, [store, again] * 8))) == 1


def test_a_folder_that_may_only_be_read(store: Store) -> None:
    path = store.path / "data.mdb"
    path.chmod(0o444)
    assert total(open_data_set(store.path.parent)) == total(store)
    assert [p.name for p in store.path.iterdir()] == ["data.mdb"], "no lock file appears"


def rewrite(folder: Path, key: str, value: bytes | None) -> None:
    with lmdb.open(str(folder / "patches.lmdb"), lock=False, map_size=2**26) as env, env.begin(write=True) as txn:
        txn.put(key.encode(), value) if value is not None else txn.delete(key.encode())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda v: b"", "damaged"),
        (lambda v: v[:4], "damaged"),
        (lambda v: v[:100], "damaged"),
        (lambda v: v[:-10], "damaged"),
        (lambda v: b"\xff" * 8 + v[8:], "damaged"),
        (lambda v: v.replace(b"U16", b"I16"), "not 60 x 60 uint16"),
        (lambda v: v.replace(b"[60,60]", b"[30,60]"), "30 x 60"),
        (lambda v: v.replace(b'"B05"', b'"B06"'), "Band B05 of patch a is missing"),
        (lambda v: None, "no entry a"),
    ],
)
def test_damaged_entries_are_named(tmp_path: Path, damage, message: str) -> None:
    folder = tmp_path / "store"
    write_store(folder, [sample("a")])
    rewrite(folder, "a", damage(encode(sample("a")[1])))
    data = Store.__new__(Store)  # opened before the damage
    data.path = (folder / "patches.lmdb").resolve()
    with pytest.raises(DataError, match=message) as told:
        data.read(Record("a"), ["B05"])
    assert "patch a" in told.value.message.lower()


def test_what_is_no_lmdb(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    write_store(folder, [sample("a")])
    (folder / "patches.lmdb" / "data.mdb").write_bytes(b"x" * 9000)
    with pytest.raises(DataError, match="cannot be opened as an LMDB"):
        open_data_set(folder)
    (folder / "patches.lmdb" / "data.mdb").unlink()
    with pytest.raises(DataError):
        open_data_set(folder)
