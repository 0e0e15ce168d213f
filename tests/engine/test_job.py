"""A job survives the way to JSON and back, and refuses nonsense in words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ben_core import errors
from ben_core.events import JsonLines, Recorder, read
from ben_core.job import Job
from ben_core.nomenclature import (
    BANDS,
    CLASSES,
    LEGENDS,
    ORDER_ALPHABETICAL,
    ORDER_ORIGINAL,
    S2_BANDS,
    class_of_clc,
)

fractions = st.floats(0, 1, allow_nan=False)


@given(
    st.builds(
        Job,
        scene=st.lists(st.text(min_size=1), min_size=1).map(tuple),
        out=st.text(min_size=1),
        stride=st.integers(1, 120),
        min_valid=fractions,
        threshold=st.one_of(st.none(), fractions, st.dictionaries(st.sampled_from(sorted(CLASSES)), fractions)),
        bands=st.dictionaries(st.sampled_from(S2_BANDS), st.integers(1, 99)),
        overwrite=st.booleans(),
    )
)
def test_json_both_ways(job: Job) -> None:
    assert Job.from_json(job.to_json()) == job


@pytest.mark.parametrize(
    "change",
    [
        {"scene": ()}, {"scene": [""]}, {"scene": 5}, {"out": ""}, {"name": "a/b"}, {"name": "..\\x"}, {"name": ".ben"},
        {"stride": 0}, {"stride": 121}, {"stride": 60.0}, {"stride": True}, {"stride": "60"},
        {"min_valid": 1.1}, {"max_cloud": -0.1}, {"max_snow": float("nan")}, {"max_snow": None},
        {"threshold": 2}, {"threshold": {"Forest": 0.5}}, {"threshold": {"Arable land": "high"}}, {"threshold": "x"},
        {"device": "gpu"}, {"device": "cpu:1"}, {"device": "cuda:x"}, {"precision": "fp8"}, {"runtime": "tf"},
        {"batch": -1}, {"batch": 4097}, {"threads": 1.5}, {"bands": {"B99": 1}}, {"scale": 0}, {"scale": float("inf")}, {"offset": "x"},
        {"unknown": 1},
    ],
)  # fmt: skip
def test_nonsense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(errors.JobError) as caught:
        Job.from_dict({"scene": ["s"], "out": "o", **change})
    assert caught.value.exit_code == 2 and caught.value.message.endswith(".")


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"', "{}", '{"scene": ["s"]}'])
def test_what_is_no_job_is_refused(text: str) -> None:
    with pytest.raises(errors.JobError):
        Job.from_json(text)


def test_the_two_class_orders_are_permutations() -> None:
    assert len(ORDER_ORIGINAL) == len(set(ORDER_ORIGINAL)) == 19
    assert sorted(ORDER_ORIGINAL) == list(ORDER_ALPHABETICAL)
    # bigearthnet_common sorts with Python's sorted(); spot checks of both published orders.
    assert (ORDER_ALPHABETICAL[0], ORDER_ALPHABETICAL[18]) == ("Agro-forestry areas", "Urban fabric")
    assert (ORDER_ORIGINAL[0], ORDER_ORIGINAL[18]) == ("Urban fabric", "Marine waters")


def test_names_agree_with_the_published_table(ben_data: Any) -> None:
    table = ben_data.parent / "docs" / "ben" / "class_nomenclature.json"
    if not table.is_file():
        pytest.skip(f"real data: no file {table}")
    published = json.loads(table.read_text())
    assert list(ORDER_ORIGINAL) == published["order_i_original_tf_torchgeo"]
    assert list(ORDER_ALPHABETICAL) == published["order_ii_alphabetical_reben_configilm"]
    for c in published["classes_19"]:
        assert CLASSES[c["name"]].colour == c["colour"] and list(CLASSES[c["name"]].clc_codes) == c["clc_codes"]
    for c in published["labels_43"]:
        assert class_of_clc(c["clc_code"]) == (c["label_19"] or None)


def test_every_legend_that_ships_holds_each_class_once() -> None:
    for legend in LEGENDS.values():
        names = [n for group in legend.groups.values() for n in group]
        assert sorted(names) == list(ORDER_ALPHABETICAL)


def test_band_names_are_those_of_the_sensors() -> None:
    numbered = [f"B{n:02d}" for n in range(1, 13)]
    assert list(S2_BANDS) == [*numbered[:8], "B8A", *numbered[8:]]
    assert {b.resolution for b in BANDS.values()} == {10, 20, 60}


def test_events_are_lines_that_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    keep, write = Recorder(), JsonLines()
    for emit in (keep, write):
        emit("warning", code="é", message="line\nbreak")
        emit("done", result={"a": 1})
    assert [read(line) for line in capsys.readouterr().out.splitlines()] == keep.events
    assert read("GDAL says hello") is None and read("[1]") is None and read("{}") is None


def test_exit_codes() -> None:
    codes = {errors.JobError: 2, errors.ModelError: 2, errors.OutputError: 2, errors.DataError: 3, errors.StorageError: 3,
             errors.Cancelled: 4, errors.BenError: 1}  # fmt: skip
    for kind, code in codes.items():
        assert kind("x").exit_code == code
