"""A card for somebody's weights, from flags and from what the files say of themselves; contradictions are refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..job import PATCH
from ..nomenclature import CLASSES, ORDER_ALPHABETICAL, ORDER_ORIGINAL, S1_BANDS
from .card import BandInput, ModelCard
from .importers import onnx_image
from .importers.writing import write_model
from .networks import build
from .strict import read_shapes, read_state, require_same_shapes, shapes_of

ORDERS = {"alphabetical": ORDER_ALPHABETICAL, "original": ORDER_ORIGINAL}


@dataclass(frozen=True)
class Answers:
    """What the user says; None: not said.

    bands     in the order of the channels; mean and std a band, in DN or dB
    classes   names in the order of the outputs; "alphabetical" or "original" alone means the 19 in that order
    white     DN that stands for 255, where mean and std come from Deepness' metadata (of values from 0 to 1)
    """

    bands: tuple[str, ...] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    classes: tuple[str, ...] | None = None
    size: int | None = None
    resampling: str = "nearest"
    activation: str = "sigmoid"
    probabilities: bool = False
    threshold: float = 0.5
    white: float | None = None
    architecture: Mapping[str, Any] | None = None
    title: str = ""
    licence: str = "not stated"
    origin: str = ""


def make_card(
    weights: Path, name: str, folder: Path, answers: Answers, *, mlm: Path | None = None, overwrite: bool = False
) -> Path:
    """Write the card of ``weights`` (.onnx with one image as input, or .safetensors) and the weights beside it.

    mlm   a STAC MLM item of somebody else, whose single input of several bands says what flags do not
    Raises ModelError where something needed is not said, or is said otherwise by the weights.
    """
    answers, image = _with_files(weights, answers, mlm)
    if image is not None:
        card = _card(name, replace(answers, size=answers.size or image.side))
        _agree(weights, "channels", image.channels, len(card.inputs), "--bands")
        _agree(weights, "answers", image.answers, len(card.classes), "--classes")
        if image.side not in (None, card.size):
            card = replace(card, resize=image.side)
        return onnx_image.wrap(card, weights, folder, probabilities=answers.probabilities, overwrite=overwrite)
    if weights.suffix != ".safetensors":
        raise ModelError(f"{weights} is neither .onnx nor .safetensors.", "Pickles come in by `ben models import`.")
    if answers.architecture is None:
        raise ModelError("A network for the weights is not said.", "Describe it with --architecture '{\"family\": …}'.")
    card = replace(_card(name, answers), architecture=dict(answers.architecture))
    _agree(weights, "channels", answers.architecture.get("in_chans"), len(card.inputs), "--bands")
    _agree(weights, "answers", answers.architecture.get("num_classes"), len(card.classes), "--classes")
    network = build(card.architecture)
    require_same_shapes(
        shapes_of(network), read_shapes(weights), f"{weights.name} does not fit --architecture", "Nothing was loaded."
    )
    network.load_state_dict(read_state(weights))
    return write_model(card, network, folder, overwrite=overwrite)


@dataclass(frozen=True)
class Open:
    """A question that neither the files nor the user have answered: the name of a field of Answers, and its words."""

    field: str
    text: str


def still_open(weights: Path, answers: Answers, mlm: Path | None = None) -> list[Open]:
    """What ``make_card`` would refuse for want of an answer; it may be asked again after the first is answered."""
    unsaid = answers.white is None and answers.mean is None and weights.suffix == ".onnx"
    if unsaid and {"mean", "std"} <= onnx_image.deepness(onnx_image.read_image(weights).metadata).keys():
        return [Open("white", "Which DN (reflectance x 10000) is 1 in the mean and deviation of the file")]
    answers, image = _with_files(weights, answers, mlm)
    of = f" ({image.channels})" if image is not None and image.channels else ""
    questions = {
        "bands": f"Bands in the order of the channels{of}, such as B04,B03,B02",
        "mean": "Mean a band in DN or dB, with commas between",
        "std": "Standard deviation a band, with commas between",
        "classes": "Classes in the order of the outputs: alphabetical, original, or a file with a name a line",
    }
    found = [Open(field, text) for field, text in questions.items() if not getattr(answers, field)]
    if weights.suffix == ".safetensors" and answers.architecture is None:
        found.append(Open("architecture", "The network as JSON, as in a card's ben:architecture"))
    return found


def _with_files(weights: Path, answers: Answers, mlm: Path | None) -> tuple[Answers, onnx_image.Image | None]:
    """The answers with what the files say of themselves, and the ONNX file's image input where it is one."""
    if mlm is not None:
        answers = _merged(answers, _from_mlm(mlm), mlm.name)
    if weights.suffix != ".onnx":
        return answers, None
    image = onnx_image.read_image(weights)
    return _merged(answers, _from_deepness(image.metadata, answers), weights.name), image


def _card(name: str, a: Answers) -> ModelCard:
    for flag, value in (("--bands", a.bands), ("--mean", a.mean), ("--std", a.std), ("--classes", a.classes)):
        if not value:
            raise ModelError(f"Neither the files nor the command say what {flag} would say.", f"Give {flag}.")
    assert a.bands and a.mean and a.std and a.classes
    if not len(a.bands) == len(a.mean) == len(a.std):
        raise ModelError(f"{len(a.bands)} bands, {len(a.mean)} means and {len(a.std)} deviations were given.")
    classes = ORDERS[a.classes[0]] if len(a.classes) == 1 and a.classes[0] in ORDERS else a.classes
    unknown = [c for c in classes if c not in CLASSES]
    if unknown:
        raise ModelError(
            f"{unknown[0]!r} is none of the 19 classes of BigEarthNet.",
            "This program maps those; a model with others needs another one.",
        )
    return ModelCard(
        name=name,
        title=a.title or name,
        description=f"{a.title or name}: described with `ben models card`.",
        inputs=tuple(
            BandInput(b, m, s, "dB" if b in S1_BANDS else "DN", a.resampling)
            for b, m, s in zip(a.bands, a.mean, a.std, strict=True)
        ),
        classes=tuple(classes),
        thresholds=(a.threshold,) * len(classes),
        weights=(),
        size=a.size or PATCH,
        activation=a.activation,
        licence=a.licence,
        origin=a.origin or "Not stated.",
        warnings=("What this model expects was said by whoever made its card; no score is known.",),
    )


def _agree(path: Path, what: str, found: int | None, said: int, flag: str) -> None:
    if found is not None and found != said:
        raise ModelError(
            f"{path.name} has {found} {what}, {flag} names {said}.", "Card and weights contradict each other."
        )


def _merged(a: Answers, more: Mapping[str, Any], where: str) -> Answers:
    """``more`` fills in what was not said. ModelError where both speak, and otherwise."""
    for key, value in more.items():
        said = getattr(a, key)
        if key == "classes" and said and len(said) == 1 and said[0] in ORDERS:
            said = ORDERS[said[0]]
        if said is not None and said != value:
            raise ModelError(f"{where} says {key} {value}, the command says {said}.", "One of them is wrong.")
    return replace(a, **more)


def _from_deepness(metadata: Mapping[str, str], a: Answers) -> dict[str, Any]:
    said = onnx_image.deepness(metadata)
    if "resolution" in said and said["resolution"] != 10:
        raise ModelError(f"The ONNX file is for pixels of {said['resolution']:g} m; this program maps pixels of 10 m.")
    found: dict[str, Any] = {}
    if "classes" in said:
        found["classes"] = tuple(said["classes"])
    if "side" in said and a.size is None:
        found["size"] = said["side"]
    if "mean" in said and "std" in said and a.mean is None and a.std is None:
        if a.white is None:
            raise ModelError(
                "The ONNX file gives mean and deviation of values from 0 to 1, but not which reflectance is 1.",
                "Say it in DN with --white (reflectance x 10000), or give --mean and --std in DN.",
            )
        found |= {k: tuple(v * a.white for v in said[k]) for k in ("mean", "std")}
    return found


def _from_mlm(path: Path) -> dict[str, Any]:
    """Bands, scaling, side and classes of an MLM item with one input of several bands. Raises ModelError."""
    try:
        properties = json.loads(path.read_text(encoding="utf-8"))["properties"]
        (given,) = properties["mlm:input"]
        bands = tuple(b if isinstance(b, str) else b["name"] for b in given["bands"])
        scaling: list[Mapping[str, Any]] = list(given.get("value_scaling") or [])
        scaling = scaling * len(bands) if len(scaling) == 1 else scaling
        if len(scaling) != len(bands) or any(s["type"] != "z-score" for s in scaling):
            raise ModelError(f"{path} does not scale each band by mean and deviation (z-score).", "Use --mean, --std.")
        (output,) = properties["mlm:output"]
        classes = sorted(output["classification:classes"], key=lambda c: int(c["value"]))
        return {
            "bands": tuple(_band(b) for b in bands),
            "mean": tuple(float(s["mean"]) for s in scaling),
            "std": tuple(float(s["stddev"]) for s in scaling),
            "size": int(given["input"]["shape"][-1]),
            "classes": tuple(str(c["name"]) for c in classes),
        }
    except ModelError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as e:
        raise ModelError(f"{path} is no STAC MLM item with one input and one output: {type(e).__name__} {e}.") from e


def _band(name: str) -> str:
    """B2 and B8a as B02 and B8A."""
    upper = name.upper()
    return f"B0{upper[1]}" if len(upper) == 2 and upper[0] == "B" and upper[1].isdecimal() else upper
