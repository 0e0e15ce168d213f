"""All products together: same bytes for the same answers, clear errors where the disk fails."""

import dataclasses
import resource
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from ben_core.errors import StorageError
from ben_core.nomenclature import CLC_LEVEL_1
from ben_core.products import product_names, write_products
from ben_core.products.vectors import write_package
from ben_core.products.view import view


def test_writes_what_it_announces(written, make_run, tmp_path):
    _, record, files = written
    folder = files["item"].parent
    assert {k: f.name for k, f in files.items()} == product_names("map", record.legend, scored=True)
    assert {f.name for f in folder.iterdir()} == {f.name for f in files.values()}
    assert {f.name for f in write_products(*make_run(1200, 1200), tmp_path, "x").values()} == {
        f.name for f in tmp_path.iterdir()
    }
    assert not (tmp_path / "x_groups.tif").exists()


def test_same_answers_give_the_same_bytes_at_another_time_and_place(written, tmp_path):
    """Law 6: timings and hosts stand in the report only."""
    answers, record, files = written
    time.sleep(1.1)  # GeoPackage's times have seconds
    other = dataclasses.replace(record, timing={"total": 3.0, "infer": 2.0}, host={"name": "elsewhere"})
    again = write_products(answers, other, tmp_path, "map")
    for kind, file in files.items():
        if kind != "report":
            assert file.read_bytes() == again[kind].read_bytes(), kind
    assert "elsewhere" in again["report"].read_text()


def test_no_file_names_this_machine(written):
    for file in written[2].values():
        for secret in (file.parent, Path.cwd()):
            assert str(secret).encode() not in file.read_bytes(), (file.name, secret)


@contextmanager
def largest_file(size):
    """Every file that this process writes ends at ``size`` bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [1 << 10, 20 << 10, 100 << 10, 400 << 10])
def test_a_full_disk_is_one_sentence(make_run, tmp_path, size):
    """Whichever product meets the limit first: rasters at 1 kB, GeoPackage at the others."""
    run = make_run(3660, 3600, legend=CLC_LEVEL_1)
    with largest_file(size), pytest.raises(StorageError) as caught:
        write_products(*run, tmp_path, "map")
    assert caught.value.exit_code == 3
    assert "map" in caught.value.message
    assert "Free space" in caught.value.hint


@pytest.mark.parametrize("size", [30 << 10, 90 << 10, 150 << 10, 250 << 10, 350 << 10])
def test_a_package_is_never_cut_short_in_silence(make_run, tmp_path, size):
    seen = view(*make_run(3660, 3600))
    write_package(seen, tmp_path / "whole.gpkg")
    assert (tmp_path / "whole.gpkg").stat().st_size > size
    with largest_file(size), pytest.raises(StorageError, match=r"cut\.gpkg"):
        write_package(seen, tmp_path / "cut.gpkg")


def test_a_folder_that_is_gone(make_run, tmp_path):
    with pytest.raises(StorageError, match=r"map_classes\.tif"):
        write_products(*make_run(1200, 1200), tmp_path / "gone", "map")
