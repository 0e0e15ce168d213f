"""``ben models``: published models and those of others: list, show, fetch, import, export, card."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..errors import JobError
from .options import needing_learn
from .terminal import Answer, finishing


@click.group(name="models", short_help="List, fetch, import and export models.")
def command() -> None:
    """Published models by name, and models of others.

    A name works wherever a model is asked for: ben map SCENE --model reben/resnet50-s2-v0.2.0
    """


@command.command("list", short_help="The published models and those on this machine.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_models(as_json: bool) -> None:
    """List the published models, what they scored, and which are on this machine."""
    from ..models import find_card
    from ..models.registry import EMBEDDED_MODELS, SCORE, VOID, imported, published

    rows = list(published().values())
    if as_json:
        others = [_own_facts(name, "embedded") for name in EMBEDDED_MODELS]
        others += [_own_facts(name, "imported") for name in imported()]
        click.echo(json.dumps([*others, *(_facts(r) for r in rows)], indent=2, ensure_ascii=False))
        return
    width = max(len(r.name) for r in rows)
    notes: dict[str, int] = {}
    click.echo(f"{'name':<{width}}  {'bands':<29} {'MB':>5}  {'state':<6}  {SCORE} (published)")
    for r in rows:
        numbers = " ".join(f"[{notes.setdefault(text, len(notes) + 1)}]" for text in r.caveats.values())
        score = next((f"{s['value']:.3f}" + ("" if k == SCORE else f" {k}") for k, s in r.scores.items()), "")
        if any(c in VOID for c in r.caveats) and score:
            score = f"({score})"
        click.echo(f"{r.name:<{width}}  {r.bands:<29} {r.megabytes:>5g}  {r.state:<6}  {score} {numbers}".rstrip())
    for name in imported():
        click.echo(f"{name:<{width}}  {'imported by you':<29} {'':>5}  here")
    for name in EMBEDDED_MODELS:
        click.echo(f"{name:<{width}}  {' '.join(find_card(name).bands):<29} {'':>5}  here")
    click.echo("\nstate: here = on this machine; fetch = ben models fetch NAME; import = ben models import PATH")
    for text, number in notes.items():
        click.echo(f"[{number}] {text}")
    click.echo("Sources of the figures: ben models show NAME. Figures in brackets cannot be compared.")


@command.command(short_help="What a model is: published facts, and its card.")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, as_json: bool) -> None:
    """Say what the model NAME is: published facts and, where it is on this machine, its card."""
    from ..models.fetching import record_of
    from ..models.registry import published
    from .info import describe_model, print_facts

    row = published().get(name)
    facts: dict[str, Any] = _facts(row) if row else describe_model(name)
    if row and row.repo:
        facts["record"] = record_of(name) or "none: what is fetched first is recorded, and held to"
    if row and row.cached:
        facts["card"] = describe_model(name)
    if as_json:
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        print_facts(facts)


@command.command(short_help="Fetch a published model from its hub.")
@click.argument("name")
@click.option("--from", "source", type=click.Path(), help="A folder with the repository's files, instead of the hub.")
@click.option("--repin", is_flag=True, help="Accept other files than those on record, and record them.")
@click.option("--overwrite", is_flag=True, help="Fetch again what is here.")
@click.option("--events", type=click.Choice(["jsonl"]), help="Print events as JSON lines on stdout, for programs.")
def fetch(name: str, source: str | None, repin: bool, overwrite: bool, events: str | None) -> None:
    """Fetch the published model NAME from its hub, verify and convert it.

    A mirror is named by HF_ENDPOINT, a token by HF_TOKEN, a proxy by HTTPS_PROXY, another cache by
    BEN_CACHE. A transfer that broke off goes on where it stopped.
    """
    from ..models.fetching import fetch_model

    answer = Answer(False, events)
    with finishing(answer.emit) as done:
        card = fetch_model(name, source=source, repin=repin, overwrite=overwrite, emit=answer.emit)
        done(card=str(card))
    if answer.for_person:
        click.echo(f"{name} is ready: ben map SCENE --model {name}")


@command.command("import", short_help="Convert the files of a published model.")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--family", default="auto", show_default=True, help="reben, tf-mm, tf-hub, sr-resnet50 or torchgeo.")
@click.option("--name", help="What to call it [default: the file's name].")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the card [default: the cache, found by name].")
@click.option("--version", help="reben: the release, 0.1.1 or 0.2.0, where the folder's name does not end in it.")
@click.option("--tensorflow-python", help="tf-mm, tf-hub: the Python of the environment that has TensorFlow.")
@click.option("--white", help="tf-hub: DN (reflectance x 10000) that the network sees as 1.")
@click.option("--weights", help="torchgeo: which of its weights the file holds, where its name does not tell.")
@click.option("--generator", help="sr-resnet50: the generator's file, where the classifier's does not hold it.")
@click.option("--variant", help="sr-resnet50: the generator as it was trained or as it was deployed.")
@click.option("--overwrite", is_flag=True, help="Replace a model of that name.")
def import_(
    path: Path, family: str, name: str | None, out: Path | None, overwrite: bool, **options: str | None
) -> None:
    """Convert the files of a published model at PATH to a card, safetensors and ONNX."""
    from ..models.importing import import_any

    given = {k: v for k, v in options.items() if v is not None}
    card = import_any(path, name, out, family=family, options=given, overwrite=overwrite)
    click.echo(f"Written: {card}, with its .onnx and .safetensors.")


@command.command(short_help="Write a model as one ONNX file with its card inside.")
@click.argument("name")
@click.option("--onnx", "target", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
def export(name: str, target: Path, overwrite: bool) -> None:
    """Write the model NAME (a name or a card) as one ONNX file with its card inside: the file alone suffices."""
    from ..models.exporting import export_model

    export_model(name, target, overwrite=overwrite)
    click.echo(f"Written: {target}. It is used as it is: ben map SCENE --model {target}")


@command.command(short_help="Give a model int8 weights: faster on a CPU.")
@click.argument("name")
@click.option("--data", required=True, help="A scene or a data set of the kind of land that is to be mapped.")
@click.option("--patches", type=click.IntRange(32), default=200, show_default=True, help="How many to take of it.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of card and weights [default: the model's own].")
@click.option("--overwrite", is_flag=True, help="Replace int8 weights that exist.")
def quantize(name: str, data: str, patches: int, out: Path | None, overwrite: bool) -> None:
    """Give the model NAME int8 weights: faster on a CPU, with answers that differ a little; by how much is measured.

    Half of the patches calibrates, the other half judges. Then: ben map SCENE --model NAME --precision int8
    """
    from ..learn.data.sampling import sample_patches
    from ..learn.data.source import open_source
    from ..models import find_card
    from ..models.quantizing import quantize as make
    from ..models.registry import embedded_card

    found = find_card(name)
    if embedded_card(name) is not None and out is None:
        raise JobError("The embedded model is part of the program.", "Give a folder for the copy with --out.")
    with needing_learn():  # what a data set takes; a scene needs nothing of it
        source = open_source(data)
    taken = sample_patches(source, found.bands, patches, found.size)
    path, change = make(name, taken, out, overwrite=overwrite)
    n = len(next(iter(taken.values())))
    click.echo(
        f"Written: {path}. On {n // 2} patches that did not calibrate, no probability moved by more than {change:.3f}."
    )


@command.command(short_help="Make a card for an ONNX file or safetensors of your own.")
@click.argument("weights", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--name", help="What to call the model [default: the file's name].")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the card [default: the cache, found by name].")
@click.option("--mlm", type=click.Path(path_type=Path), help="A STAC MLM item of somebody else that describes it.")
@click.option("--bands", metavar="B04,B03,…", help="Bands in the order of the channels.")
@click.option("--mean", metavar="M,M,…", help="Mean a band, in DN (reflectance x 10000) or dB.")
@click.option("--std", metavar="S,S,…", help="Deviation a band.")
@click.option("--classes", help="alphabetical, original, or a file with a class name a line, in the order of outputs.")
@click.option("--size", type=int, help="Side of a patch in pixels of 10 m [default: what the file says, else 120].")
@click.option(
    "--resampling", default="nearest", show_default=True, help="Of coarser bands: nearest, bilinear, bicubic."
)
@click.option("--activation", type=click.Choice(["sigmoid", "softmax"]), default="sigmoid", show_default=True)
@click.option("--answers", type=click.Choice(["logits", "probabilities"]), default="logits", show_default=True)
@click.option(
    "--threshold", type=float, default=0.5, show_default=True, help="Probability from which a label is given."
)
@click.option("--white", type=float, help="DN that is 1 in the mean and deviation of Deepness' metadata.")
@click.option("--architecture", metavar="JSON", help="The network of .safetensors, as in a card's ben:architecture.")
@click.option("--title", default="", help="A line on the model.")
@click.option("--licence", default="not stated", show_default=True)
@click.option("--origin", default="", help="Who made it, from what.")
@click.option("--overwrite", is_flag=True, help="Replace a model of that name.")
def card(weights: Path, name: str | None, out: Path | None, mlm: Path | None, overwrite: bool, **said: Any) -> None:
    """Make a card for WEIGHTS: an ONNX file that takes one image (N, channels, H, W), or safetensors.

    What the file itself says (Deepness' metadata) or a STAC MLM item says need not be said again. The card
    is checked against the weights by a dry run; what contradicts them is refused. At a terminal, what is
    still missing is asked for.
    """
    from ..models.cache import cache_folder
    from ..models.card_maker import Answers, make_card, still_open

    said["probabilities"] = said.pop("answers") == "probabilities"
    answers = Answers(**{key: _parsed(key, value) for key, value in said.items()})
    while sys.stdin.isatty() and (questions := still_open(weights, answers, mlm)):
        field = questions[0].field
        text = click.prompt(questions[0].text)
        try:
            answers = replace(answers, **{field: _parsed(field, text)})
        except JobError as e:
            click.echo(e.message)
    path = make_card(
        weights, name or weights.stem, out or cache_folder() / "models", answers, mlm=mlm, overwrite=overwrite
    )
    click.echo(f"Written: {path}. Look at it: ben info {path}")


def _parsed(key: str, value: Any) -> Any:
    """A flag's text, or an answer, as the value that it stands for."""
    if not isinstance(value, str):
        return value
    if key in ("mean", "std"):
        return _numbers(key, value)
    if key == "bands":
        return tuple(b.strip() for b in value.split(",") if b.strip()) or None
    if key == "classes":
        return _classes(value)
    try:
        return float(value) if key == "white" else json.loads(value) if key == "architecture" and value else value
    except ValueError as e:
        raise JobError(f"--{key} {value!r} is not {'a number' if key == 'white' else 'JSON'}: {e}.") from e


def _numbers(key: str, text: str | None) -> tuple[float, ...] | None:
    try:
        return tuple(float(v) for v in text.split(",")) if text else None
    except ValueError:
        raise JobError(f"--{key} {text!r} is not of the form 1.5,2.5,….") from None


def _classes(text: str | None) -> tuple[str, ...] | None:
    if not text or text in ("alphabetical", "original"):
        return (text,) if text else None
    try:
        return tuple(line.strip() for line in Path(text).read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as e:
        raise JobError(f"--classes {text!r} is neither alphabetical, original nor a file that can be read.") from e


def _own_facts(name: str, family: str) -> dict[str, Any]:
    """What ``_facts`` says of a published model, of one that is embedded or was imported here: by its card."""
    from ..models import find_card
    from ..nomenclature import BANDS

    card = find_card(name)
    sensors = {BANDS[b].sensor for b in card.bands}
    size = max(((card.folder / w.file).stat().st_size for w in card.weights if card.folder), default=0)
    scores = {k: s["value"] for k, s in card.scores.items() if isinstance(s, dict) and "value" in s}
    return {
        "name": name,
        "family": family,
        "bands": "all" if len(sensors) > 1 else {"sentinel-2": "s2", "sentinel-1": "s1"}[sensors.pop()],
        "size": f"{size / 1e6:.2g} MB",
        "licence": card.licence,
        "state": "here",
        "source": card.origin,
        "needs": "nothing further",
        "known by": "its card",
        "scores": scores or "none published",
        "scores from": "its card",
        "caveats": list(card.warnings),
    }


def _facts(row: Any) -> dict[str, Any]:
    return {
        "name": row.name,
        "family": row.family,
        "bands": row.bands,
        "size": f"{row.megabytes:g} MB",
        "licence": row.licence,
        "state": row.state,
        "source": row.source,
        "needs": row.needs or "nothing further",
        "known by": row.seen or "its own page",
        "scores": {k: s["value"] for k, s in row.scores.items()} or "none published",
        "scores from": row.scores_from or "nowhere readable",
        "caveats": list(row.caveats.values()),
    }
