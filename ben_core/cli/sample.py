"""``ben sample``: a generated scene to try the program on."""

from __future__ import annotations

import click

from ..errors import JobError
from .options import answer_options
from .terminal import Answer, finishing


@click.command(name="sample", short_help="Make a generated scene to try the program on.")
@click.argument("out", type=click.Path(), default="sample")
@click.option("--size", type=int, metavar="PX", help="Side in pixels of 10 m, a multiple of 6 [default: 3000].")
@click.option("--seed", type=int, help="Another number, another landscape.")
@click.option("--real", is_flag=True, help="Fetch a small window of a real scene instead, out of a public catalogue.")
@click.option(
    "--catalog", envvar="BEN_STAC_CATALOG", metavar="URL", help="With --real: a STAC API [default: Earth Search v1]."
)
@click.option("--collection", help="With --real: its collection [default: sentinel-2-c1-l2a].")
@click.option("--area", help="With --real: the place, as for ben search [default: Lake Neusiedl, Austria].")
@click.option("--time", metavar="FROM/TO", help="With --real: when [default: summer 2023].")
@click.option("--overwrite", is_flag=True, help="Replace a sample that exists.")
@answer_options
def command(
    out: str,
    size: int | None,
    seed: int | None,
    real: bool,
    overwrite: bool,
    as_json: bool,
    events: str | None,
    **where: str | None,
) -> int:
    """Make a generated Sentinel-2 L2A product in the folder OUT [default: sample].

    A coast with a river, towns, fields, woods, wetland and some cloud, in ESA's layout (SAFE, baseline
    05.09), painted with measured spectra; beside it truth.tif, the class of every pixel. It is no
    observation: no score on it says how good a model is.

    With --real: a window of 6 km of an almost cloudless scene, fetched over the network (needs the extra "stac").
    """
    answer = Answer(as_json, events)
    emit = answer.emit
    with finishing(emit) as done:
        from ..sample import make_sample

        given = {k: v for k, v in {"size": size, "seed": seed}.items() if v is not None}
        told = {k: v for k, v in where.items() if v is not None}
        if real:
            if seed is not None or overwrite:
                raise JobError("--seed and --overwrite are for the generated sample.", "Leave them out with --real.")
            from ..sample.real import fetch_sample

            window = fetch_sample(out, **({"size": size} if size else {}), **told, emit=emit)  # type: ignore[arg-type]
            summary = {kind: str(path) for kind, path in vars(window).items()}
        else:
            if set(told) - {"catalog"}:  # the catalogue may come from the environment
                raise JobError(f"--{min(set(told) - {'catalog'})} is for --real.", "Add --real, or leave it out.")
            paths = make_sample(out, **given, overwrite=overwrite, emit=emit)
            summary = {kind: str(path) for kind, path in vars(paths).items()}
        done(**summary)
    answer.json(summary)
    if answer.for_person and real:
        click.echo(f"A window of {summary['id']}, to map: {summary['item']}")
    elif answer.for_person:
        click.echo(f"A scene to map:   {paths.product}")
        click.echo(f"its classes:      {paths.truth}")
        click.echo(f"two pictures:     {paths.preview}, {paths.truth_picture}")
    return 0
