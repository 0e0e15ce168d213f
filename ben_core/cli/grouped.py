"""A command with many options: --help shows those that one needs first, --help-all all of them in groups."""

from __future__ import annotations

from typing import Any

import click


class GroupedOption(click.Option):
    """An option in a group of the help; "" is the first one."""

    def __init__(self, *args: Any, group: str = "", **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.group = group


class GroupedCommand(click.Command):
    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), self._help_all()]

    def _help_all(self) -> click.Option:
        def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:
            if value:
                ctx.meta["ben.help-all"] = True
                click.echo(ctx.get_help())
                ctx.exit()

        return click.Option(
            ["--help-all"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show every option."
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {"": []}
        for parameter in self.get_params(ctx):
            told = parameter.get_help_record(ctx)
            if told is not None and isinstance(parameter, click.Option):
                groups.setdefault(getattr(parameter, "group", ""), []).append(told)
        everything = ctx.meta.get("ben.help-all", False)
        for name, rows in groups.items():
            if everything or not name:
                with formatter.section(name or "Options"):
                    formatter.write_dl(rows)
