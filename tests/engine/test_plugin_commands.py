"""What the panel shows as a command line is the very job of the panel."""

import importlib.util
import shlex
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ben_core.cli.adapt import with_adaptation
from ben_core.cli.map import command
from ben_core.cli.options import job_of
from ben_core.cli.region_options import with_regions
from ben_core.job import Job
from ben_core.nomenclature import CLASSES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def commands() -> ModuleType:
    """plugin/engine/commands.py as part of the plugin's package; it needs neither Qt nor QGIS."""
    spec = importlib.util.spec_from_file_location(
        "plugin_under_test", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    assert spec and spec.loader
    sys.modules["plugin_under_test"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["plugin_under_test"])
    return importlib.import_module("plugin_under_test.plugin.engine.commands")


def parsed(line: str) -> Job:
    """The job that ``ben`` reads from a command line."""
    words = shlex.split(line)
    assert words[:2] == ["ben", "map"]
    with click.Context(command), command.make_context("map", words[2:]) as context:
        given = dict(context.params)
    for name in ("as_json", "events"):
        given.pop(name)
    for others in (with_adaptation, with_regions):  # what ben map does besides the job
        others(given)
    return job_of(given.pop("scene"), given.pop("job_file"), given)


fractions = st.floats(0, 1)
words = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), min_size=1).filter(
    str.strip
)
paths = st.lists(words, min_size=1, max_size=3).map(tuple)
scenes = st.fixed_dictionaries({"scene": paths}, optional={"s1": paths}) | st.fixed_dictionaries(
    {"scene": st.just(()), "s1": paths}
)
others = st.fixed_dictionaries(
    {"out": words},
    optional={
        "stride": st.sampled_from([12, 24, 60, 120]),
        "min_valid": fractions,
        "max_cloud": fractions,
        "threshold": fractions | st.dictionaries(st.sampled_from(sorted(CLASSES)), fractions, min_size=1),
        "device": st.sampled_from(["auto", "cpu", "cuda:1"]),
        "batch": st.integers(0, 4096),
        "bands": st.fixed_dictionaries({"B02": st.integers(1, 9)}, optional={"B8A": st.just("a-file.tif")}),
        "scale": st.floats(0.5, 1e4),
        "offset": st.floats(-2000, 2000),
        "acquired": st.just("2020-02-23T03:37:29Z"),
        "aoi": st.just("POLYGON((0 0, 1 0, 1 1, 0 0))"),
        "allow_l1c": st.booleans(),
        "overwrite": st.booleans(),
        "regroup": st.just("clc1"),
        "s1_unit": st.sampled_from(["db", "power", "amplitude"]),
    },
)
jobs = st.tuples(scenes, others).map(lambda parts: {**parts[0], **parts[1]})


@pytest.mark.skipif(sys.platform == "win32", reason="the line is one for another shell there")
@given(fields=jobs)
def test_the_command_line_is_the_job(commands: Any, fields: dict[str, Any]) -> None:
    job = Job(**fields)
    line = commands.shell_line(["ben", *commands.map_words(job)])
    assert "\n" not in line or any("\n" in w for w in (*job.scene, *job.s1, job.out))
    assert parsed(line) == job
