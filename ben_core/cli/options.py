"""The options that describe a job, shared by the commands that take one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from ..errors import JobError, reason
from ..job import PATCH, PRECISIONS, RUNTIMES, S1_UNITS, Job
from .grouped import GroupedOption

Command = TypeVar("Command", bound=Callable[..., Any])

# Where and how a network runs, and where parts of a data set lie; None: not given.
_MACHINE: dict[str, dict[str, Any]] = {
    "device": {"help": "auto, cpu, cuda, cuda:N or mps [default: auto]."},
    "precision": {"type": click.Choice(PRECISIONS), "help": "Arithmetic of the network [default: auto]."},
    "runtime": {"type": click.Choice(RUNTIMES), "help": "What runs the network [default: auto]."},
    "threads": {"type": click.IntRange(0), "help": "CPU threads, 0: all cores [default: 0]."},
}
_DATA: dict[str, dict[str, Any]] = {
    "s1": {"type": click.Path(), "help": "Folder of Sentinel-1 patches elsewhere."},
    "metadata": {"type": click.Path(), "help": "metadata.parquet elsewhere."},
    "lists": {"type": click.Path(), "help": "Folder of v1's split lists."},
}
MACHINE, DATA = tuple(_MACHINE), tuple(_DATA)


def common_options(*names: str, group: str = "") -> Callable[[Command], Command]:
    """Give a command options of ``MACHINE`` and ``DATA``, in a group of its help where it is a ``GroupedCommand``."""

    def give(command: Command) -> Command:
        for name in reversed(names):
            said = {**_MACHINE, **_DATA}[name]
            command = click.option(f"--{name}", cls=GroupedOption, group=group, **said)(command)
        return command

    return give


# How raw Sentinel-1 (GRD) is laid on the map.
RAW_OPTIONS = (
    click.option(
        "--dem",
        type=click.Path(),
        metavar="FILE",
        help="For raw Sentinel-1 (GRD): the terrain model, one raster or VRT.",
    ),
    click.option(
        "--geoid",
        metavar="GEOID",
        help="What its heights are above, where it does not say: egm96, egm2008, none (ellipsoid), or a grid's file.",
    ),
    click.option(
        "--height", type=float, metavar="M", help="Instead of --dem: all land at this height above the ellipsoid."
    ),
    click.option(
        "--orbit",
        multiple=True,
        type=click.Path(),
        metavar="EOF",
        help="Precise orbit file for raw Sentinel-1 (repeatable) [default: the orbit in its annotation].",
    ),
)

# Of a job, what holds for one scene alone.
_NAME = click.option("--name", help="What the products' file names begin with [default: the scene's name].")
_S2 = click.option("--s2", type=click.Path(), metavar="PRODUCT", help="The Sentinel-2 product: SCENE by another name.")

# What may hold for many scenes; of one, --s2 stands between these and the last ones.
_SHARED_OPTIONS = (
    click.option(
        "--model",
        help="'embedded', a name from `ben models list`, a card (.json), an .onnx file with its card, or 'auto': the best "
        "on this machine that fits the scene [default: embedded].",
    ),
    click.option(
        "--fallback-model",
        metavar="MODEL",
        help="Answers the cells that the model may not, for cloud or for want of a sensor: 'embedded' is that of Sentinel-1.",
    ),
    click.option("--stride", type=int, help=f"Distance of two cells in 10 m pixels [default: {PATCH}]."),
    click.option("--aoi", help="Only cells that touch this area: a vector file in any CRS, or WKT."),
    click.option("--aoi-crs", help="CRS of a WKT area [default: EPSG:4326]."),
    click.option("--min-valid", type=float, help="Skip patches with a smaller share of valid pixels [default: 0.9]."),
    click.option("--max-cloud", type=float, help="Skip patches with more cloud and cloud shadow [default: 0.5]."),
    click.option("--max-snow", type=float, help="Skip patches with more snow and ice [default: 0.5]."),
    click.option(
        "--threshold",
        multiple=True,
        metavar="P | CLASS=P",
        help="Probability from which a label is given, for all classes or one (repeatable) [default: the model card's].",
    ),
    click.option(
        "--regroup", metavar="FILE", help="A further class map by groups of classes: clc1, clc2 or a JSON legend."
    ),
    common_options("device", "precision", "runtime"),
    click.option("--batch", type=int, help="Patches a batch, 0: what fits [default: 0]."),
    common_options("threads"),
    click.option(
        "--bands", metavar="B02=1,B03=2,…", help="Which band of a raster is which: a number (or a file name) a band."
    ),
    click.option("--scale", type=float, help="DN = value x SCALE + OFFSET, for rasters without metadata."),
    click.option("--offset", type=float, help="See --scale; -1000 for DN of baseline 04.00 and later."),
    click.option("--acquired", metavar="TIME", help="Acquisition time (ISO 8601) for rasters without one."),
)
_LAST_OPTIONS = (
    click.option(
        "--s1",
        multiple=True,
        type=click.Path(),
        metavar="PRODUCT",
        help="Sentinel-1 beside it: terrain-corrected VV and VH (repeatable; what one lacks the next in time fills).",
    ),
    click.option(
        "--s1-unit", type=click.Choice(S1_UNITS), help="What Sentinel-1 holds, where nothing tells [default: found]."
    ),
    *RAW_OPTIONS,
    click.option(
        "--allow-l1c", is_flag=True, default=None, help="Take a top-of-atmosphere (L1C) product; models saw L2A."
    ),
)


# How a scene is to be read, for commands that take scenes and no job.
_SCENE_OPTIONS = (
    click.option("--bands", metavar="B02=1,B03=2,…", help="As for ben map."),
    click.option("--scale", type=float, help="As for ben map."),
    click.option("--offset", type=float, help="As for ben map."),
    click.option("--acquired", metavar="TIME", help="As for ben map."),
    click.option("--allow-l1c", is_flag=True, help="Take top-of-atmosphere (L1C) products."),
)


_ANSWER_OPTIONS = (
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout."),
    click.option("--events", type=click.Choice(["jsonl"]), help="Print events as JSON lines on stdout, for programs."),
)


def answer_options(command: Command) -> Command:
    """Give a command --json and --events: see ``terminal.Answer``."""
    for option in reversed(_ANSWER_OPTIONS):
        command = option(command)
    return command


def scene_options(command: Command) -> Command:
    """Give a command the options of ben map that say how a scene is to be read."""
    for option in reversed(_SCENE_OPTIONS):
        command = option(command)
    return command


def scene_fields(options: dict[str, Any]) -> dict[str, Any]:
    """Take out of ``options`` what ``scene_options`` gave, as ``open_scene`` wants it. Raises JobError."""
    given = {name: options.pop(name) for name in ("bands", "scale", "offset", "acquired", "allow_l1c")}
    return {**given, "bands": parse_bands(given["bands"]) if given["bands"] else None}


def job_options(command: Command) -> Command:
    """Give a command every option that describes a job but its output."""
    for option in reversed((_NAME, *_SHARED_OPTIONS, _S2, *_LAST_OPTIONS)):
        command = option(command)
    return command


def shared_job_options(command: Command) -> Command:
    """Give a command that takes many scenes the options that describe the jobs of all."""
    for option in reversed((*_SHARED_OPTIONS, *_LAST_OPTIONS)):
        command = option(command)
    return command


def job_of(scene: tuple[str, ...], job_file: str | None, options: dict[str, Any]) -> Job:
    """The job that arguments and options describe, or the one in ``job_file``. Raises JobError."""
    given = job_fields(options)
    if job_file is not None:
        if scene or given:
            raise JobError("--job holds the whole job.", "Leave out the scene and the other options.")
        try:
            return Job.from_json(Path(job_file).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as e:
            raise JobError(f"The job file {job_file} cannot be read: {reason(e)}.") from e
    if "s2" in given:
        if scene:
            raise JobError("The scene is given twice: as SCENE and with --s2.", "Leave out one of them.")
        scene = (given.pop("s2"),)
    if not scene and "s1" not in given:
        raise JobError("No scene was given.", "Name it before the options: SCENE --out DIR.")
    return Job(scene=scene, out=given.pop("out", ""), **given)


def job_fields(options: dict[str, Any]) -> dict[str, Any]:
    """Fields of Job out of the options that were given. Raises JobError."""
    given = {k: v for k, v in options.items() if v is not None and v != ()}
    if "threshold" in given:
        given["threshold"] = _threshold(given["threshold"])
    if "bands" in given:
        given["bands"] = parse_bands(given["bands"])
    return given


def _threshold(values: tuple[str, ...]) -> float | dict[str, float]:
    by_class: dict[str, float] = {}
    for text in values:
        name, given, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise JobError(f"--threshold {text!r} is neither a number nor CLASS=NUMBER.") from None
        if not given:
            if len(values) > 1:
                raise JobError("--threshold takes one number for all classes, or CLASS=NUMBER repeated.")
            return value
        by_class[name.strip()] = value
    return by_class


@contextmanager
def needing_learn() -> Iterator[None]:
    """Imports inside want the extra [learn]; JobError that says so where it is not installed."""
    try:
        yield
    except ImportError as e:
        raise JobError(
            f"This command needs the extra [learn], which is not installed ({e}).",
            "Install it: pip install 'bigearthnet-mapper[learn]'.",
        ) from e


def parse_bands(text: str) -> dict[str, int | str]:
    """B02=1,B03=2,… as a mapping. Raises JobError."""
    bands: dict[str, int | str] = {}
    for part in text.split(","):
        name, given, where = (p.strip() for p in part.partition("="))
        if not name or not given or not where:
            raise JobError(f"--bands {text!r} is not of the form B02=1,B03=2,….")
        if name in bands:
            raise JobError(f"--bands names {name} twice.")
        bands[name] = int(where) if where.isdecimal() else where
    return bands
