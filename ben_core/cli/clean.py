"""``ben clean``: remove the journals of unfinished runs, and prepared Sentinel-1 from the cache."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import filelock

from ..errors import JobError


@click.command(
    name="clean", short_help="Remove the journals of unfinished runs, or what the cache holds of Sentinel-1."
)
@click.argument("folders", nargs=-1, type=click.Path())
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option(
    "--cache", is_flag=True, help="Remove the Sentinel-1 products that ben map prepared from the cache (BEN_CACHE)."
)
def command(folders: tuple[str, ...], dry_run: bool, cache: bool) -> int:
    """Remove the journals (.ben-…) of unfinished runs from output FOLDERS [default: this folder].

    Products are never touched; the journal of a run that is going on is left alone. With --cache the prepared
    Sentinel-1 products of the cache are removed: the next run that needs one prepares it again.
    """
    from ..models.cache import prepared_folder

    if cache and folders:
        raise JobError("--cache is given, and folders too.", "One after the other.")
    total = count = 0
    for folder in _prepared(prepared_folder()) if cache else _journals(folders or (".",)):
        size = _remove(folder, dry_run)
        if size is not None:
            total += size
            count += 1
    what = "prepared product" if cache else "journal"
    click.echo(
        f"{count} {what}{'' if count == 1 else 's'}, {total / 2**20:.1f} MiB"
        + (" could be freed" if dry_run else " freed")
    )
    return 0


def _journals(folders: tuple[str, ...]) -> Iterator[Path]:
    from ..products.journal import PREFIX

    for folder in folders:
        if not Path(folder).is_dir():
            raise JobError(f"There is no folder {folder}.")
        for journal in sorted(Path(folder).glob(PREFIX + "*")):
            if not journal.is_symlink() and (journal / "lock").is_file():
                yield journal


def _prepared(cache: Path) -> Iterator[Path]:
    """Folders of the cache that hold nothing but a prepared product, finished or not."""
    for folder in sorted(cache.iterdir()) if cache.is_dir() else ():
        if folder.is_dir() and not folder.is_symlink():
            yield folder


def _remove(folder: Path, dry_run: bool) -> int | None:
    """Remove a folder with its lock held, or with that of the unfinished product inside; its bytes, None where a run
    is at it."""
    locks = [filelock.FileLock(path, timeout=0) for path in (folder / "lock", *folder.glob("*/lock")) if path.is_file()]
    try:
        for lock in locks:
            lock.acquire()
        size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
        if not dry_run:  # no run can begin in it meanwhile
            shutil.rmtree(folder, ignore_errors=True)
    except filelock.Timeout:
        click.echo(f"in use, left alone: {folder}")
        return None
    finally:
        for lock in locks:
            lock.release()
    if not dry_run and folder.exists():  # Windows keeps files that are open
        shutil.rmtree(folder)
    click.echo(f"{'would remove' if dry_run else 'removed'} {folder} ({size / 2**20:.1f} MiB)")
    return size
