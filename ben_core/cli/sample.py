"""``ben sample``: a generated scene to try the program on."""

from __future__ import annotations

import json

import click

from .terminal import claim_stdout, finishing, reporter


@click.command(name="sample", short_help="Make a generated scene to try the program on.")
@click.argument("out", type=click.Path(), default="sample")
@click.option("--size", type=int, metavar="PX", help="Side in pixels of 10 m, a multiple of 6 [default: 3000].")
@click.option("--seed", type=int, help="Another number, another landscape.")
@click.option("--overwrite", is_flag=True, help="Replace a sample that exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the paths as JSON on stdout.")
@click.option("--events", type=click.Choice(["jsonl"]), help="Print events as JSON lines on stdout, for programs.")
def command(out: str, size: int | None, seed: int | None, overwrite: bool, as_json: bool, events: str | None) -> int:
    """Make a generated Sentinel-2 L2A product in the folder OUT [default: sample].

    A coast with a river, towns, fields, woods, wetland and some cloud, in ESA's layout (SAFE, baseline
    05.09), painted with measured spectra; beside it truth.tif, the class of every pixel. It is no
    observation: no score on it says how good a model is.
    """
    stream = claim_stdout() if as_json or events else None
    emit = reporter(events, stream)
    with finishing(emit) as done:
        from ..sample import make_sample

        given = {k: v for k, v in {"size": size, "seed": seed}.items() if v is not None}
        paths = make_sample(out, **given, overwrite=overwrite, emit=emit)
        summary = {kind: str(path) for kind, path in vars(paths).items()}
        done(**summary)
    if as_json and not events:
        print(json.dumps(summary, indent=2, ensure_ascii=False), file=stream, flush=True)
    elif not events:
        click.echo(f"A scene to map:   {paths.product}")
        click.echo(f"its classes:      {paths.truth}")
        click.echo(f"two pictures:     {paths.preview}, {paths.truth_picture}")
    return 0
