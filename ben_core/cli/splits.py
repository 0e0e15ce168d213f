"""``ben splits``: BigEarthNet's patches of some lists, written for training."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from .options import answer_options, needing_learn
from .terminal import Answer, finishing, stopping

_DIR = click.Path(path_type=Path)


@click.command(name="splits", short_help="Write BigEarthNet's splits as TFRecords or as a fast store.")
@click.option(
    "-r2", "--root_folder_s2", "s2", required=True, type=_DIR, help="Folder of Sentinel-2 patches, BigEarthNet-v1.0."
)
@click.option(
    "-r1",
    "--root_folder_s1",
    "s1",
    type=_DIR,
    help="Folder of Sentinel-1 patches, BigEarthNet-S1-v1.0 [default: Sentinel-2 only].",
)
@click.option("-o", "--out_folder", "out", required=True, type=_DIR, help="Folder to write into.")
@click.option(
    "-n",
    "--splits",
    "lists",
    required=True,
    multiple=True,
    type=_DIR,
    help="Lists of patches, one a split: CSV, also .gz or .bz2.",
)
@click.argument("more_splits", nargs=-1, type=_DIR)
@click.option(
    "-l",
    "--library",
    type=click.Choice(["tensorflow", "pytorch", "lmdb"]),
    default="lmdb",
    show_default=True,
    help="tensorflow: SPLIT.tfrecord a list; pytorch or lmdb: a store that ben train reads.",
)
@click.option(
    "--update_json",
    "--update-json",
    is_flag=True,
    help="Also write the 19-class labels into the patches' own metadata.",
)
@click.option(
    "--on-error",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="What to do about a broken or missing patch.",
)
@click.option("--dry-run", is_flag=True, help="Only look: which patches are there, with metadata that can be read.")
@click.option("--overwrite", is_flag=True, help="Replace outputs that exist.")
@click.option(
    "--threads", type=click.IntRange(min=0), default=0, help="Patches read at a time, 0: all cores [default: 0]."
)
@answer_options
def command(
    lists: tuple[Path, ...], more_splits: tuple[Path, ...], as_json: bool, events: str | None, **options: object
) -> None:
    """Write the patches of BigEarthNet v1 or MM that some lists name, with their 19-class labels.

    \b
    ben splits -r1 BigEarthNet-S1-v1.0 -r2 BigEarthNet-v1.0 -o out -n train.csv val.csv test.csv -l tensorflow
    """
    with needing_learn():
        from ..learn.data.preparing import SplitsJob, prepare_splits
    answer = Answer(as_json, events)
    job = SplitsJob(lists=(*lists, *more_splits), **options)  # type: ignore[arg-type]
    emit = answer.emit
    with finishing(emit) as done, stopping(emit, 30) as stop:
        result = prepare_splits(job, emit, stop.is_set)
        facts = dataclasses.asdict(result)
        done(**facts)
    answer.json(facts)
    if answer.for_person:
        verb = "could be written" if job.dry_run else "written"
        click.echo("\n".join(f"{split}: {count:,} patches {verb}" for split, count in result.written.items()))
        if result.broken:
            click.echo(f"{len(result.broken):,} patches are broken or missing:")
            click.echo("\n".join(f"  {split}: {text}" for split, _, text in result.broken[:10]))
            click.echo(
                f"  … and {len(result.broken) - 10:,} more" if len(result.broken) > 10 else "",
                nl=len(result.broken) > 10,
            )
        if job.update_json and not job.dry_run:
            click.echo(f"{result.updated:,} metadata files have new labels")
        click.echo("\n".join(f"Written: {path}" for path in result.files))
