"""The command ``ben``: one thin file a command; each command's body imports what it needs."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from ..errors import EXIT_BUG, EXIT_DATA, EXIT_JOB, BenError
from ..version import COMMANDS, __version__
from .terminal import describe


class _Group(click.Group):
    """Commands are imported when they are called: ``ben --help`` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module("." + name.replace("-", "_"), __name__).command
        return command


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ben")
def cli() -> None:
    """Map whole Sentinel-1 and -2 scenes into the 19 land-cover classes of BigEarthNet.

    \b
    Exit codes: 0 done, 1 a bug, 2 the job is wrong, 3 the data is wrong, 4 cancelled.
    """


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(args))


def run(args: list[str] | None = None) -> int:
    """Run the command line; return its exit code. Errors are printed, never raised."""
    try:
        return int(cli.main(args, prog_name="ben", standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as e:
        click.echo(e.format_message())
        return 0
    except click.ClickException as e:
        e.show()
        return EXIT_JOB
    except click.Abort:
        click.echo("Stopped.", err=True)
        return 4
    except BenError as e:
        click.echo(f"ben: {e.message}", err=True)
        if e.hint:
            click.echo(f"     {e.hint}", err=True)
        return e.exit_code
    except BrokenPipeError:  # the reader of stdout went away (ben info … | head)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_BUG
    except OSError as e:
        click.echo(f"ben: {describe(e)}", err=True)
        return EXIT_DATA
    except Exception as e:
        if os.environ.get("BEN_DEBUG"):
            raise
        click.echo(f"ben: a bug, or a case nobody thought of: {type(e).__name__}: {e}", err=True)
        click.echo(
            "     Please report it with the output of `ben doctor`; BEN_DEBUG=1 shows where it happened.", err=True
        )
        return EXIT_BUG
