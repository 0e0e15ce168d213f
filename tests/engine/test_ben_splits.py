"""``ben splits``: the job of prep_splits_19_classes.py, and what it got wrong."""

import csv
import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given
from hypothesis import strategies as st

from ben_core import storage
from ben_core.cli import run
from ben_core.errors import Cancelled, DataError, OutputError, StorageError
from ben_core.learn.data import open_data_set, preparing
from ben_core.learn.data.label_json import add_labels
from ben_core.learn.data.preparing import SplitsJob, prepare_splits
from ben_core.learn.data.tfrecord import TFRecordWriter, encode_example
from ben_core.nomenclature import ORDER_ORIGINAL

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # made patches
S2 = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
PATCHES = {"61_39": ["Pastures", "Rice fields"], "61_41": ["Sea and ocean"], "62_39": ["Pastures"], "0_0": ["Airports"]}
ROWS = [(f"S2A_MSIL2A_20170613T101031_{p}", f"S1A_IW_GRDH_1SDV_20170613T165043_33UUP_{p}") for p in PATCHES]


# ---- TFRecord, read by protobuf's own parser from the published definition of tf.train.Example


def example_class() -> Any:
    """tf.train.Example as tensorflow/core/example/{example,feature}.proto define it."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="example.proto", package="t", syntax="proto3")

    def message(name: str, *fields: tuple[str, int, int, str, bool]) -> Any:
        made = file.message_type.add(name=name)
        for label, number, kind, of, repeated in fields:
            told = made.field.add(name=label, number=number, type=kind, label=field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL)  # fmt: skip
            if of:
                told.type_name = ".t." + of
        return made

    message("BytesList", ("value", 1, field.TYPE_BYTES, "", True))
    message("FloatList", ("value", 1, field.TYPE_FLOAT, "", True))
    message("Int64List", ("value", 1, field.TYPE_INT64, "", True))
    feature = message("Feature", ("bytes_list", 1, field.TYPE_MESSAGE, "BytesList", False),
                      ("float_list", 2, field.TYPE_MESSAGE, "FloatList", False),
                      ("int64_list", 3, field.TYPE_MESSAGE, "Int64List", False))  # fmt: skip
    feature.oneof_decl.add(name="kind")
    for part in feature.field:
        part.oneof_index = 0
    features = message("Features", ("feature", 1, field.TYPE_MESSAGE, "Features.FeatureEntry", True))
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    entry.field.add(name="value", number=2, type=field.TYPE_MESSAGE, label=field.LABEL_OPTIONAL, type_name=".t.Feature")
    message("Example", ("features", 1, field.TYPE_MESSAGE, "Features", False))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.Example"))


Example = example_class()


def values(example: bytes) -> dict[str, list[Any]]:
    read = Example.FromString(example)
    return {name: list(getattr(f, f.WhichOneof("kind")).value) for name, f in read.features.feature.items()}


def records_in(path: Path) -> Iterator[bytes]:
    """The records of a TFRecord file, framing and checksums verified."""
    data = path.read_bytes()
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        parts = data[:8], data[12 : 12 + length]
        for part, told in zip(parts, (data[8:12], data[12 + length : 16 + length]), strict=True):
            crc = google_crc32c.value(part)
            assert struct.unpack("<I", told)[0] == ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32
        yield parts[1]
        data = data[16 + length :]


@given(
    st.lists(st.integers(0, 65535), max_size=50),
    st.lists(st.floats(width=32, allow_nan=False), max_size=20),
    st.lists(st.text(max_size=20), max_size=4),
)
def test_what_is_encoded_is_parsed(ints: list[int], floats: list[float], texts: list[str]) -> None:
    example = encode_example({
        "int": np.array(ints, np.uint16), "float": np.array(floats, np.float32), "text": texts, "ä": ["x"],
    })  # fmt: skip
    assert values(example) == {"int": ints, "float": floats, "text": [t.encode() for t in texts], "ä": [b"x"]}


def test_wider_integers_too() -> None:
    big = [0, 1, 127, 128, 2**14 - 1, 2**14, 2**31, 2**62]
    assert values(encode_example({"a": np.array(big, np.uint64)}))["a"] == big
    with pytest.raises(TypeError):
        encode_example({"a": np.array([-1])})


def test_a_record_file_as_tensorflow_writes_it(tmp_path: Path) -> None:
    """The bytes that tf.io.TFRecordWriter of TensorFlow 2.12 wrote for b"abc" (tests/oracles/test_tfrecords.py)."""
    with TFRecordWriter(tmp_path / "a.tfrecord") as writer:
        writer.write(b"abc")
    assert (tmp_path / "a.tfrecord").read_bytes().hex() == "0300000000000000b099490e6162636e57f121"


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stop"), TFRecordWriter(tmp_path / "a") as writer:
        writer.write(b"x")
        raise ValueError("stop")
    assert list(tmp_path.iterdir()) == []


# ---- the job


@pytest.fixture
def archive(make_v1) -> Path:
    folder = make_v1(PATCHES)
    write_list(folder / "train.csv", ROWS[:2])
    write_list(folder / "val.csv", ROWS[2:3])
    write_list(folder / "test.csv", ROWS[3:])
    return folder


def write_list(path: Path, rows: list[tuple[str, ...]]) -> Path:
    path.write_text("".join(",".join(row) + "\r\n" for row in rows))  # the published lists end their lines so
    return path


def job(archive: Path, **changes: Any) -> SplitsJob:
    return SplitsJob(**{
        "s2": archive / "BigEarthNet-v1.0", "s1": archive / "BigEarthNet-S1-v1.0", "out": archive / "out",
        "lists": tuple(archive / f"{s}.csv" for s in ("train", "val", "test")), "library": "tensorflow",
        **changes,
    })  # fmt: skip


def told(archive: Path, name: str) -> Path:
    root = "BigEarthNet-v1.0" if name.startswith("S2") else "BigEarthNet-S1-v1.0"
    return archive / root / name / f"{name}_labels_metadata.json"


def test_tfrecords_hold_the_published_features(archive: Path) -> None:
    result = prepare_splits(job(archive))
    assert result.written == {"train": 2, "val": 1, "test": 1} and result.without_label == 1
    assert sorted(p.name for p in (archive / "out").iterdir()) == ["test.tfrecord", "train.tfrecord", "val.tfrecord"]
    data = open_data_set(archive)
    by_id = {r.id: r for r in data.records}
    seen = []
    for split in ("train", "val", "test"):
        for raw in records_in(archive / "out" / f"{split}.tfrecord"):
            got = values(raw)
            assert set(got) == {*S2, "VV", "VH", "BigEarthNet-19_labels", "BigEarthNet-19_labels_multi_hot",
                                "patch_name_s1", "patch_name_s2"}  # fmt: skip
            name = got["patch_name_s2"][0].decode()
            record = by_id[name]
            for band, array in data.read(record, (*S2, "VV", "VH")).items():
                assert np.array_equal(np.array(got[band], array.dtype).reshape(array.shape), array)
            assert got["patch_name_s1"] == [str(record.s1_id).encode()]
            labels = [t.decode() for t in got["BigEarthNet-19_labels"]]
            assert labels == [n for n in ORDER_ORIGINAL if n in (record.labels or ())]
            assert got["BigEarthNet-19_labels_multi_hot"] == [int(n in labels) for n in ORDER_ORIGINAL]
            seen.append(name)
    assert seen == [s2 for s2, _ in ROWS], "in the order of the lists"


def test_the_store_holds_the_same(archive: Path) -> None:
    result = prepare_splits(job(archive, library="pytorch"))
    assert result.written == {"train": 2, "validation": 1, "test": 1}
    made, data = open_data_set(archive / "out"), open_data_set(archive)
    assert {r.id: r.split for r in made.records} == dict(
        zip([s2 for s2, _ in ROWS], ["train", "train", "validation", "test"], strict=True)
    )
    for a, b in zip(made.records, data.records, strict=True):
        assert (a.labels, a.labels_43, a.place, a.s1_id, a.excluded) == (
            b.labels,
            b.labels_43,
            b.place,
            b.s1_id,
            b.excluded,
        )
        x, y = made.read(a, (*S2, "VV")), data.read(b, (*S2, "VV"))
        assert all(np.array_equal(x[band], y[band]) for band in x)


def test_sentinel_2_alone_and_partners_that_are_looked_for(archive: Path) -> None:
    write_list(archive / "train.csv", [(s2,) for s2, _ in ROWS])
    lists = (archive / "train.csv",)
    prepare_splits(job(archive, lists=lists, s1=None))
    assert "VV" not in values(next(records_in(archive / "out" / "train.tfrecord")))
    prepare_splits(job(archive, lists=lists, overwrite=True))
    got = values(next(records_in(archive / "out" / "train.tfrecord")))
    assert got["patch_name_s1"] == [ROWS[0][1].encode()] and "VV" in got


def break_patch(archive: Path) -> str:
    name = ROWS[1][0]
    (archive / "BigEarthNet-v1.0" / name / f"{name}_B03.tif").write_bytes(b"II*\0")
    return name


@pytest.mark.parametrize("library", ["tensorflow", "lmdb"])
def test_a_broken_patch_stops_the_run_or_is_listed(archive: Path, library: str) -> None:
    name = break_patch(archive)
    write_list(archive / "val.csv", [*ROWS[2:3], ("S2A_MSIL2A_20170613T101031_9_9", ROWS[0][1][:-5] + "9_9")])
    with pytest.raises(DataError, match=f"Band B03 of patch {name}"):
        prepare_splits(job(archive, library=library))
    assert not [p for p in (archive / "out").glob("*") if p.suffix == ".tfrecord"]
    result = prepare_splits(job(archive, library=library, on_error="skip"))
    assert sum(result.written.values()) == 3 and [b[1] for b in result.broken] == [
        name,
        "S2A_MSIL2A_20170613T101031_9_9",
    ]
    rows = list(csv.reader((archive / "out" / "broken_patches.csv").open(newline="")))
    assert rows[0] == ["split", "patch", "what is wrong"] and "B03" in rows[1][2] and "is missing" in rows[2][2]


def test_a_stopped_store_is_continued(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = break_patch(archive)
    with pytest.raises(DataError):
        prepare_splits(job(archive, library="lmdb", threads=1))
    data = open_data_set(archive, bands=["VV"])
    file = archive / "BigEarthNet-v1.0" / name / f"{name}_B03.tif"
    file.write_bytes((archive / "BigEarthNet-v1.0" / ROWS[0][0] / f"{ROWS[0][0]}_B03.tif").read_bytes())
    loaded = []
    load = preparing.load
    monkeypatch.setattr(preparing, "load", lambda pair, *a, pixels=True: (pixels and loaded.append(pair.s2)) or load(pair, *a, pixels=pixels))  # fmt: skip
    prepare_splits(job(archive, library="lmdb", threads=1))
    assert ROWS[0][0] not in loaded and name in loaded
    made = open_data_set(archive / "out")
    assert [r.id for r in made.records] == [r.id for r in data.records]


def test_a_dry_run_looks_and_writes_nothing(archive: Path) -> None:
    told(archive, ROWS[0][0]).unlink()
    before = sorted(archive.rglob("*"))
    result = prepare_splits(job(archive, dry_run=True, update_json=True))
    assert result.written == {"train": 1, "val": 1, "test": 1} and len(result.broken) == 1
    assert sorted(archive.rglob("*")) == before


def test_pairs_that_do_not_belong_together(archive: Path) -> None:
    write_list(archive / "val.csv", [(ROWS[2][0], ROWS[0][1])])
    with pytest.raises(DataError, match=f"pairs {ROWS[2][0]} with {ROWS[0][1]}, whose metadata names {ROWS[0][0]}"):
        prepare_splits(job(archive))


def test_lists_that_leak_or_say_nothing(archive: Path) -> None:
    write_list(archive / "val.csv", ROWS[:1])
    with pytest.raises(DataError, match="stands in two lists: train and val") as e:
        prepare_splits(job(archive))
    assert e.value.code == "split-leak"
    write_list(archive / "val.csv", [])
    with pytest.raises(DataError, match="is empty"):
        prepare_splits(job(archive))


def test_outputs_that_exist_stay(archive: Path) -> None:
    prepare_splits(job(archive))
    with pytest.raises(OutputError, match="exists"):
        prepare_splits(job(archive))
    with pytest.raises(OutputError, match="exists"):
        prepare_splits(job(archive, library="lmdb"))


def test_a_stop_leaves_no_half_file(archive: Path) -> None:
    with pytest.raises(Cancelled):
        prepare_splits(job(archive), stop=lambda: True)
    assert list((archive / "out").iterdir()) == []


def test_a_disk_that_is_too_small_is_said_at_once(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "_BYTES", 10**15)
    with pytest.raises(StorageError, match="need about"):
        prepare_splits(job(archive))
    assert not (archive / "out").exists()


# ---- --update_json


def test_labels_are_added_and_all_else_stays(archive: Path) -> None:
    before = {name: json.loads(told(archive, name).read_text()) for row in ROWS for name in row}
    result = prepare_splits(job(archive, update_json=True))
    assert result.updated == 8
    for name, old in before.items():
        new = json.loads(told(archive, name).read_text())
        assert list(new) == [*old, "BigEarthNet_19_labels"], "the order of the keys"
        assert {k: v for k, v in new.items() if k in old} == old
    assert json.loads(told(archive, ROWS[0][1]).read_text())["BigEarthNet_19_labels"] == ["Arable land", "Pastures"]
    assert json.loads(told(archive, ROWS[3][0]).read_text())["BigEarthNet_19_labels"] == []
    bytes_before = {name: told(archive, name).read_bytes() for name in before}
    assert prepare_splits(job(archive, update_json=True, overwrite=True)).updated == 0
    assert {name: told(archive, name).read_bytes() for name in before} == bytes_before
    assert not list(archive.rglob("*.unfinished"))


def test_real_metadata_keeps_every_byte_it_had(ben_data: Path, tmp_path: Path) -> None:
    count = 0
    for path in sorted((ben_data / "bigearthnet" / "v1").rglob("*_labels_metadata.json")):
        folder = tmp_path / path.parent.name
        folder.mkdir()
        old = path.read_text(encoding="utf-8")
        (folder / path.name).write_text(old, encoding="utf-8")
        assert add_labels(folder)
        new = (folder / path.name).read_text(encoding="utf-8")
        _, end = json.JSONDecoder().raw_decode(old)
        added = ', "BigEarthNet_19_labels": ' + json.dumps(
            json.JSONDecoder().raw_decode(new)[0]["BigEarthNet_19_labels"]
        )
        assert new == old[: end - 1] + added + old[end - 1 :], path
        count += 1
    assert count == 49, "one of them with text behind its object"


def test_a_failing_disk_leaves_the_old_file(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = told(archive, ROWS[0][0])
    before = path.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        add_labels(path.parent)
    assert path.read_bytes() == before and not list(path.parent.glob(".*"))


def test_an_archive_that_may_not_be_written_is_refused_at_once(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing.os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="--update_json cannot write into"):
        prepare_splits(job(archive, update_json=True))
    assert not (archive / "out").exists()


# ---- the command


def test_the_command_takes_the_switches_of_the_original(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    names = [str(archive / f"{s}.csv") for s in ("train", "val", "test")]
    roots = ["-r1", str(archive / "BigEarthNet-S1-v1.0"), "-r2", str(archive / "BigEarthNet-v1.0")]
    assert run(["splits", *roots, "-o", str(archive / "a"), "-n", *names, "-l", "tensorflow", "--update_json"]) == 0
    out = capfd.readouterr().out
    assert "train: 2 patches written" in out and "8 metadata files have new labels" in out
    break_patch(archive)
    assert run(["splits", *roots, "-o", str(archive / "d"), "-n", *names]) == 3
    assert "Band B03" in capfd.readouterr().err
    assert run(["splits", *roots, "-o", str(archive / "d"), "-n", *names, "--on-error", "skip"]) == 0
    assert "1 patches are broken or missing" in capfd.readouterr().out
    assert run(["splits", *roots, "-o", str(archive / "e"), "-n", str(archive / "nothing" / "val.csv")]) == 3
    assert run(["splits", *roots[2:], "-o", str(archive / "e"), "-n", *names, "--json", "--events", "jsonl"]) == 2


def test_the_command_tells_programs(archive: Path) -> None:
    names = [str(archive / f"{s}.csv") for s in ("train", "val", "test")]
    roots = [
        "--root_folder_s1",
        str(archive / "BigEarthNet-S1-v1.0"),
        "--root_folder_s2",
        str(archive / "BigEarthNet-v1.0"),
    ]

    def ben(*arguments: str) -> str:
        command = [sys.executable, "-m", "ben_core", "splits", *roots, "--splits", *names, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]).stdout

    facts = json.loads(ben("--out_folder", str(archive / "b"), "--library", "pytorch", "--json"))
    assert facts["written"] == {"train": 2, "validation": 1, "test": 1} and facts["files"] == [str(archive / "b")]
    events = [json.loads(line) for line in ben("-o", str(archive / "c"), "--events", "jsonl").splitlines()]
    assert events[-1]["type"] == "done" and events[-1]["result"]["written"] == facts["written"]
    assert [e for e in events if e["type"] == "progress"][-1]["done"] == 4
