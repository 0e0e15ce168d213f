"""A model card as a STAC Item with the MLM extension, and back.

What MLM has a word for stands there (inputs a band, value scaling, classes, tasks); what it has none
for stands under ``ben:`` (calibration, thresholds, untrained classes, scores, warnings).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..nomenclature import BANDS, CLASSES
from .card import BandInput, ModelCard, Weights
from .novelty import Novelty

# https://github.com/stac-extensions/mlm, as spoken by stac-model 0.7.0
MLM_SCHEMA = "https://stac-extensions.github.io/mlm/v1.6.0/schema.json"
FILE_SCHEMA = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
CLASSIFICATION_SCHEMA = "https://stac-extensions.github.io/classification/v2.0.0/schema.json"

_RESIZE = {
    "nearest": "interpolation-nearest",
    "bilinear": "interpolation-linear",
    "bicubic": "interpolation-cubic",
    "bicubic-tf1": "interpolation-cubic",
}
_PLAIN = {v: k for k, v in reversed(_RESIZE.items())}  # what a resize_type means where nothing more is said
_MEDIA = {"onnx": "application/octet-stream; framework=onnx; profile=onnx", "torch": "application/vnd.safetensors"}
_DTYPE = {"DN": "uint16", "dB": "float32"}
_MULTIHASH_SHA256 = "1220"  # multihash prefix: sha2-256, 32 bytes (github.com/multiformats/multicodec)


def to_document(card: ModelCard, weights: bool = True) -> dict[str, Any]:
    """The card as a JSON object. ``weights=False``: without the files (the copy inside a file)."""
    inputs = [
        {
            "name": b.name,
            "bands": [b.name],
            "input": {
                "shape": [-1, *[card.size * 10 // BANDS[b.name].resolution] * 2],
                "dim_order": ["batch", "height", "width"],
                "data_type": _DTYPE[b.unit],
            },
            "value_scaling": [
                *([{"type": "clip", "minimum": b.clip[0], "maximum": b.clip[1]}] if b.clip else []),
                {"type": "z-score", "mean": b.mean, "stddev": b.std},
            ],
            "resize_type": _RESIZE[b.resampling],
            "pre_processing_function": None,
        }
        for b in card.inputs
    ]
    classes = [
        {"value": i, "name": c, "title": c, "description": c, "color_hint": CLASSES[c].colour.lstrip("#").upper()}
        for i, c in enumerate(card.classes)
    ]
    output = {
        "name": "logits",
        "tasks": ["scene-classification"],
        "bands": [],
        "result": {"shape": [-1, len(card.classes)], "dim_order": ["batch", "class"], "data_type": "float32"},
        "classification:classes": classes,
        "post_processing_function": {
            "format": "text",
            "expression": f"{card.activation}(a * logit + b), a and b in ben:calibration",
        },
    }
    properties: dict[str, Any] = {
        "title": card.title,
        "description": card.description,
        "license": card.licence,
        "datetime": None,
        "start_datetime": card.period[0],
        "end_datetime": card.period[1],
        "mlm:name": card.name,
        "mlm:architecture": str(card.architecture.get("name", card.architecture.get("family", "unknown"))),
        "mlm:tasks": ["scene-classification"],
        "mlm:input": inputs,
        "mlm:output": [output],
        "ben:bands": [
            {"name": b.name, "unit": b.unit, "resampling": b.resampling, "fill": b.fill} for b in card.inputs
        ],
        "ben:size": card.size,
        "ben:resize": card.resize,
        "ben:activation": card.activation,
        "ben:calibration": [list(ab) for ab in card.calibration] if card.calibration else None,
        "ben:thresholds": list(card.thresholds),
        "ben:untrained": list(card.untrained),
        **({"ben:novelty": card.novelty.to_dict()} if card.novelty else {}),
        "ben:architecture": dict(card.architecture),
        "ben:origin": card.origin,
        "ben:scores": dict(card.scores),
        "ben:warnings": list(card.warnings),
        **({"ben:adaptation": dict(card.adaptation)} if card.adaptation else {}),
    }
    assets = {}
    for w in card.weights if weights else ():
        assets[f"{w.runtime}-{w.precision}"] = {
            "href": f"./{w.file}",
            "title": f"{w.precision} weights for {w.runtime}",
            "type": _MEDIA[w.runtime],
            "roles": ["mlm:model"],
            "mlm:artifact_type": "onnx" if w.runtime == "onnx" else "safetensors",
            "file:checksum": _MULTIHASH_SHA256 + w.sha256,
            "ben:runtime": w.runtime,
            "ben:precision": w.precision,
            "ben:agreement": w.agreement,
        }
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [MLM_SCHEMA, FILE_SCHEMA, CLASSIFICATION_SCHEMA],
        "id": card.name,
        "geometry": None,
        "properties": properties,
        "links": [],
        "assets": assets,
    }


def from_document(document: Any, where: str, folder: Path | None = None) -> ModelCard:
    """The card of a JSON object; ``where`` names it in errors. Raises ModelError."""
    try:
        return _from_document(document, folder)
    except ModelError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as e:
        what = f"lacks {e}" if isinstance(e, KeyError) else f"holds a value of the wrong kind ({e})"
        raise ModelError(
            f"The model card {where} {what}.", "It must be a STAC Item with the MLM extension, as this tool writes it."
        ) from e


def _from_document(document: Mapping[str, Any], folder: Path | None) -> ModelCard:
    p = document["properties"]
    more = {b["name"]: b for b in p["ben:bands"]}
    inputs = []
    for entry in p["mlm:input"]:
        (name,) = entry["bands"]
        *clips, scaling = entry["value_scaling"]
        if scaling["type"] != "z-score" or [c["type"] for c in clips] not in ([], ["clip"]):
            raise ModelError(f"The model card scales band {name} in an unknown way.", "Known are: clip, then z-score.")
        resampling = str(more[name].get("resampling") or _PLAIN.get(entry["resize_type"], ""))
        fill = more[name].get("fill")
        if _RESIZE.get(resampling) != entry["resize_type"]:
            raise ModelError(
                f"The model card resizes band {name} by {entry['resize_type']!r} and {resampling!r}.",
                "Known are: " + ", ".join(_RESIZE) + ".",
            )
        inputs.append(
            BandInput(
                name,
                float(scaling["mean"]),
                float(scaling["stddev"]),
                str(more[name]["unit"]),
                resampling,
                (float(clips[0]["minimum"]), float(clips[0]["maximum"])) if clips else None,
                None if fill is None else float(fill),
            )
        )
    (output,) = p["mlm:output"]
    classes = sorted(output["classification:classes"], key=lambda c: int(c["value"]))
    if [c["value"] for c in classes] != list(range(len(classes))):
        raise ModelError("The model card numbers its classes with gaps.")
    calibration = p["ben:calibration"]
    return ModelCard(
        name=str(p["mlm:name"]),
        title=str(p["title"]),
        description=str(p["description"]),
        inputs=tuple(inputs),
        classes=tuple(str(c["name"]) for c in classes),
        thresholds=tuple(float(t) for t in p["ben:thresholds"]),
        weights=tuple(_weights(a) for a in document["assets"].values()),
        size=int(p["ben:size"]),
        resize=None if p.get("ben:resize") is None else int(p["ben:resize"]),
        activation=str(p["ben:activation"]),
        calibration=tuple((float(a), float(b)) for a, b in calibration) if calibration else None,
        untrained=tuple(p["ben:untrained"]),
        novelty=Novelty.from_dict(p["ben:novelty"]) if p.get("ben:novelty") else None,
        architecture=dict(p["ben:architecture"]),
        period=(str(p["start_datetime"]), str(p["end_datetime"])),
        licence=str(p["license"]),
        origin=str(p["ben:origin"]),
        scores=dict(p["ben:scores"]),
        warnings=tuple(str(w) for w in p["ben:warnings"]),
        adaptation=dict(p.get("ben:adaptation") or {}),
        folder=folder,
    )


def _weights(asset: Mapping[str, Any]) -> Weights:
    file = str(asset["href"]).removeprefix("./")
    if not file or "/" in file or "\\" in file or file.startswith("."):
        raise ModelError(f"The model card points to weights at {file!r}.", "Weights lie beside their card.")
    checksum = str(asset["file:checksum"])
    if not checksum.startswith(_MULTIHASH_SHA256) or len(checksum) != 68:
        raise ModelError(f"The model card gives {file} a checksum that is no SHA-256.")
    agreement = asset["ben:agreement"]
    return Weights(
        file,
        str(asset["ben:runtime"]),
        str(asset["ben:precision"]),
        checksum[4:],
        None if agreement is None else float(agreement),
    )
