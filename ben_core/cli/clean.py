"""``ben clean``: remove the journals of unfinished runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
import filelock

from ..errors import JobError


@click.command(name="clean", short_help="Remove the journals of unfinished runs.")
@click.argument("folders", nargs=-1, type=click.Path())
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would be removed.")
def command(folders: tuple[str, ...], dry_run: bool) -> int:
    """Remove the journals (.ben-…) of unfinished runs from output FOLDERS [default: this folder].

    Products are never touched; the journal of a run that is going on is left alone.
    """
    from ..products.journal import PREFIX

    total = count = 0
    for folder in folders or (".",):
        if not Path(folder).is_dir():
            raise JobError(f"There is no folder {folder}.")
        for journal in sorted(Path(folder).glob(PREFIX + "*")):
            if journal.is_symlink() or not (journal / "lock").is_file():
                continue
            try:
                with filelock.FileLock(journal / "lock", timeout=0):
                    size = sum(f.stat().st_size for f in journal.rglob("*") if f.is_file())
                    if not dry_run:  # the lock is held: no run can begin in it meanwhile
                        shutil.rmtree(journal, ignore_errors=True)
            except filelock.Timeout:
                click.echo(f"in use, left alone: {journal}")
                continue
            if not dry_run and journal.exists():  # Windows keeps files that are open
                shutil.rmtree(journal)
            click.echo(f"{'would remove' if dry_run else 'removed'} {journal} ({size / 2**20:.1f} MiB)")
            total += size
            count += 1
    click.echo(
        f"{count} journal{'' if count == 1 else 's'}, {total / 2**20:.1f} MiB"
        + (" could be freed" if dry_run else " freed")
    )
    return 0
