"""ONNX files of others that take one image (N, channels, H, W), as Deepness' do: our graph is put in front.

What goes in front is cast, resampling, normalisation and stacking, with one input a band; the card says
how. The network itself is not touched: its first output becomes ``logits`` (and ``features``, where it has
no other one).
"""

from __future__ import annotations

import ast
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ModelError
from ...nomenclature import BANDS
from ...storage import writing
from ..card import BandInput, ModelCard, Weights
from ..export import CARD_KEY, OPSET, dtype_of
from ..files import check_new, sha256_of
from ..model import probabilities as probabilities_of
from .writing import move_into

_PREFIX = "origin/"


@dataclass(frozen=True)
class Image:
    """What an ONNX file says of itself: channels and side of its input, number of answers (None: left open)."""

    channels: int | None
    side: int | None
    answers: int | None
    metadata: Mapping[str, str]


def read_image(path: Path) -> Image:
    """Raises ModelError where the file is no ONNX model, or takes something else than one image."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as e:  # onnxruntime raises many kinds
        raise ModelError(f"ONNX Runtime cannot load {path}: {str(e).splitlines()[0]}.", "Is the file whole?") from e
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type != "tensor(float)":
        taken = ", ".join(f"{i.name} {i.type} {i.shape}" for i in inputs)
        raise ModelError(f"{path.name} takes {taken}; needed is one float image (N, channels, H, W).")
    if len(outputs[0].shape) != 2:
        raise ModelError(
            f"{path.name} answers {outputs[0].name} of shape {outputs[0].shape}; needed is (N, classes).",
            "A model that answers pixels or boxes makes another kind of map.",
        )
    _, channels, height, width = (d if isinstance(d, int) else None for d in inputs[0].shape)
    if height != width:
        raise ModelError(f"{path.name} takes images of {height} x {width} px; needed are squares.")
    answers = outputs[0].shape[1]
    metadata = dict(session.get_modelmeta().custom_metadata_map)
    return Image(channels, height, answers if isinstance(answers, int) else None, metadata)


def deepness(metadata: Mapping[str, str]) -> dict[str, Any]:
    """What Deepness' keys say, in our words: "type", "classes", "resolution" (m), "side", "mean", "std".

    https://qgis-plugin-deepness.readthedocs.io, "Model metadata"; resolution is there in cm, values are JSON
    (class_names also a Python literal). Raises ModelError for values that cannot be read.
    """
    said: dict[str, Any] = {}
    try:
        if "model_type" in metadata:
            said["type"] = str(json.loads(metadata["model_type"])).capitalize()
        if "resolution" in metadata:
            said["resolution"] = float(json.loads(metadata["resolution"])) / 100
        for key in ("tile_size", "tiles_size"):
            if key in metadata:
                said["side"] = int(json.loads(metadata[key]))
        for key, ours in (("standardization_mean", "mean"), ("standardization_std", "std")):
            if key in metadata:
                said[ours] = [float(v) for v in json.loads(metadata[key])]
        for key in ("class_names", "names"):
            if key in metadata and "classes" not in said:
                said["classes"] = _names(metadata[key])
    except (ValueError, TypeError, SyntaxError, AttributeError) as e:
        raise ModelError(f"The metadata of the ONNX file cannot be read: {e}.", "Say with flags what it means.") from e
    return said


def _names(text: str) -> list[str]:
    try:
        names = json.loads(text)
    except ValueError:
        names = ast.literal_eval(text)  # {0: 'a'}: keys that JSON does not allow
    return [str(names[k]) for k in sorted(names, key=int)]


def wrap(card: ModelCard, path: Path, folder: Path, *, probabilities: bool = False, overwrite: bool = False) -> Path:
    """Write ``path`` with our graph in front as card.name.onnx, and its card; return the card's path.

    probabilities   the file answers probabilities; they are turned back into logits, to which the card's
                    activation gives them back
    Raises ModelError where the wrapped model does not answer as the plain one, OutputError, StorageError.
    """
    import onnx
    import onnx.compose
    import onnx.version_converter

    check_new(card.name, folder, overwrite)
    model = onnx.load(str(path))
    image = model.graph.input[0].name
    opset = max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=OPSET)
    if opset < 13:
        model = onnx.version_converter.convert_version(model, OPSET)
    front = onnx.helper.make_model(
        _front(card), opset_imports=model.opset_import, ir_version=model.ir_version, functions=model.functions
    )
    del front.functions[:]
    behind = onnx.compose.add_prefix(model, _PREFIX)
    merged = onnx.compose.merge_models(front, behind, io_map=[("image", _PREFIX + image)])
    _name_outputs(merged, len(card.classes), card.activation if probabilities else "")
    onnx.helper.set_model_props(merged, {CARD_KEY: card.to_json(weights=False)})
    onnx.checker.check_model(merged)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".ben-import-", dir=folder) as draft:
            target = Path(draft) / f"{card.name}.onnx"
            onnx.save(merged, str(target))
            _compare(card, path, target, probabilities)
            weights = (Weights(target.name, "onnx", "fp32", sha256_of(target)),)
            return move_into(replace(card, weights=weights, folder=None), Path(draft), folder)


def _front(card: ModelCard) -> Any:
    """The graph before the network: bands (N, h, w) to ``image`` (N, channels, size, size)."""
    from onnx import TensorProto, helper, numpy_helper

    side = card.resize or card.size
    nodes, inputs, channels = [], [], []
    constants: dict[str, Any] = {
        "axis": np.array([1], np.int64),
        "n": np.array([0], np.int64),
        "to": np.array([1, card.size, card.size], np.int64),
    }
    for b in card.inputs:
        kind = TensorProto.UINT16 if dtype_of(b) == np.uint16 else TensorProto.FLOAT
        inputs.append(helper.make_tensor_value_info(b.name, kind, ["N", f"h_{b.name}", f"w_{b.name}"]))
        constants[f"{b.name}/mean"] = np.array(b.mean, np.float32)
        constants[f"{b.name}/std"] = np.array(b.std, np.float32)
        nodes += [
            helper.make_node("Cast", [b.name], [f"{b.name}/float"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", [f"{b.name}/float", "axis"], [f"{b.name}/4d"]),
        ]
        x = f"{b.name}/4d"
        if b.clip is not None:
            constants[f"{b.name}/low"], constants[f"{b.name}/high"] = (np.array(v, np.float32) for v in b.clip)
            nodes.append(helper.make_node("Clip", [x, f"{b.name}/low", f"{b.name}/high"], [f"{b.name}/clipped"]))
            x = f"{b.name}/clipped"
        nodes += [
            helper.make_node("Shape", [x], [f"{b.name}/shape"]),
            helper.make_node("Gather", [f"{b.name}/shape", "n"], [f"{b.name}/n"], axis=0),
            helper.make_node("Concat", [f"{b.name}/n", "to"], [f"{b.name}/to"], axis=0),
            _resize(x, f"{b.name}/to", f"{b.name}/resized", b.resampling),
            helper.make_node("Sub", [f"{b.name}/resized", f"{b.name}/mean"], [f"{b.name}/centred"]),
            helper.make_node("Div", [f"{b.name}/centred", f"{b.name}/std"], [f"{b.name}/scaled"]),
        ]
        channels.append(f"{b.name}/scaled")
    stacked = "image" if card.resize is None else "stacked"
    nodes.append(helper.make_node("Concat", channels, [stacked], axis=1))
    if card.resize is not None:
        constants["side"] = np.array([len(card.inputs), side, side], np.int64)
        nodes += [
            helper.make_node("Concat", [f"{card.bands[0]}/n", "side"], ["resized to"], axis=0),
            _resize("stacked", "resized to", "image", "bilinear"),
        ]
    return helper.make_graph(
        nodes,
        "preprocessing",
        inputs,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", len(card.inputs), side, side])],
        [numpy_helper.from_array(v, k) for k, v in constants.items()],
    )


def _resize(x: str, sizes: str, y: str, resampling: str) -> Any:
    """As torch.nn.functional.interpolate does it with align_corners=False."""
    from onnx import helper

    if resampling == "bicubic-tf1":
        raise ModelError("TensorFlow 1's bicubic resampling is not available for ONNX files.", "Use bicubic.")
    how: dict[str, Any] = {"coordinate_transformation_mode": "half_pixel"}
    if resampling == "nearest":
        how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    if resampling == "bicubic":
        how["cubic_coeff_a"] = -0.75
    mode = {"nearest": "nearest", "bilinear": "linear", "bicubic": "cubic"}[resampling]
    return helper.make_node("Resize", [x, "", "", sizes], [y], mode=mode, **how)


def _name_outputs(model: Any, classes: int, invert: str) -> None:
    """The first output is ``logits``; ``features`` are the second where it is (N, D), else the logits again."""
    from onnx import TensorProto, helper

    first, *others = list(model.graph.output)
    second = next((o for o in others if len(o.type.tensor_type.shape.dim) == 2), first)
    model.graph.node.extend(
        _inverse(first.name, invert) if invert else [helper.make_node("Identity", [first.name], ["logits"])]
    )
    model.graph.node.append(helper.make_node("Identity", [second.name], ["features"]))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", classes]))
    model.graph.output.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", "D"]))


def _inverse(p: str, activation: str) -> list[Any]:
    """Nodes from probabilities to logits: log(p / (1 - p)) of a sigmoid, log(p) of a softmax."""
    from onnx import helper, numpy_helper

    constants = [
        helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(value, np.float32), name))
        for name, value in (("p/low", 1e-7), ("p/high", 1 - 1e-7), ("p/one", 1.0))
    ]
    clip = helper.make_node("Clip", [p, "p/low", "p/high"], ["p/inside"])
    if activation == "softmax":
        return [*constants, clip, helper.make_node("Log", ["p/inside"], ["logits"])]
    return [
        *constants,
        clip,
        helper.make_node("Sub", ["p/one", "p/inside"], ["p/rest"]),
        helper.make_node("Div", ["p/inside", "p/rest"], ["p/odds"]),
        helper.make_node("Log", ["p/odds"], ["logits"]),
    ]


def _compare(card: ModelCard, plain: Path, wrapped: Path, probabilities: bool) -> None:
    """Both files on made patches at native resolution; the plain one gets what numpy prepares."""
    import onnxruntime as ort

    random = np.random.default_rng(0)
    try:
        sessions = [ort.InferenceSession(str(p), providers=["CPUExecutionProvider"]) for p in (plain, wrapped)]
        n = sessions[0].get_inputs()[0].shape[0]
        n = n if isinstance(n, int) else 2
        fine = {
            b.name: random.normal(b.mean, b.std, (n, card.size, card.size)).clip(0 if b.unit == "DN" else -np.inf)
            for b in card.inputs
        }
        bands = {b.name: fine[b.name].astype(dtype_of(b)) for b in card.inputs}
        got = sessions[1].run(["logits", "features"], bands)[0]
        if card.resize is None:
            image = np.stack([_prepared(b, bands[b.name]) for b in card.inputs], axis=1)
            expected = sessions[0].run(None, {sessions[0].get_inputs()[0].name: image})[0]
        else:
            expected = got
        # Coarser bands must go through as well.
        coarse = {
            b.name: np.ascontiguousarray(
                bands[b.name][:, :: BANDS[b.name].resolution // 10, :: BANDS[b.name].resolution // 10]
            )
            for b in card.inputs
        }
        sessions[1].run(["logits"], coarse)
    except Exception as e:
        raise ModelError(
            f"A dry run of {plain.name} failed: {str(e).splitlines()[0][:200]}.",
            "Do bands and --size fit the network? Each band is one channel.",
        ) from e
    if got.shape != (n, len(card.classes)):
        raise ModelError(
            f"{plain.name} answers {got.shape[1]} numbers a patch, the card names {len(card.classes)} classes."
        )
    if not np.isfinite(got).all():
        raise ModelError(f"{plain.name} answers NaN or infinity on made patches.", "Are mean and deviation right?")
    within = bool(((expected >= 0) & (expected <= 1)).all())
    if probabilities != within and (probabilities or card.resize is None):
        raise ModelError(
            f"{plain.name} answers numbers from {expected.min():.3g} to {expected.max():.3g} on made patches: "
            + ("no probabilities." if probabilities else "these look like probabilities, not logits."),
            "Say what it answers with --answers logits or --answers probabilities.",
        )
    if probabilities:
        got = probabilities_of(card, got)
    worst = float(np.abs(got - expected).max() / max(1.0, np.abs(expected).max()))
    if worst > 1e-4:
        raise ModelError(f"With preprocessing in front {plain.name} answers otherwise, by {worst:.2g}.")


def _prepared(b: BandInput, band: np.ndarray) -> np.ndarray:
    x = band.astype(np.float32)
    if b.clip is not None:
        x = x.clip(*b.clip)
    return (x - np.float32(b.mean)) / np.float32(b.std)
