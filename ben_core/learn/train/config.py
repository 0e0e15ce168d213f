"""Everything that decides the weights of a run, in one value: saved beside the run, it makes the run again."""

from __future__ import annotations

import difflib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ...errors import JobError, reason
from ...nomenclature import BANDS, CLASSES

BAND_SETS = {  # the order of reBEN v0.2.0 (models/importers/reben.py)
    "s1": ("VV", "VH"),
    "s2": ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"),
    "all": ("VV", "VH", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"),
}


def _setting(default: Any, group: str, text: str, low: float | None = None, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"group": group, "help": text, "low": low, "choices": choices})


@dataclass(frozen=True)
class Config:
    """The settings of a run; what stands here as default is the recipe of reBEN (arXiv:2407.03653).

    Each is a key of the TOML or JSON file and, with "-" for "_", an option of ``ben train``. Raises JobError
    where a value makes no sense.
    """

    architecture: str = _setting(
        "resnet50", "", "Network: resnet18, 34, 50, 101 or 152, or a name that timm lists (extra [timm])."
    )
    model: str = _setting("", "", "Start from this model instead (a name or card, as for ben map): fine-tuning.")
    bands: tuple[str, ...] = _setting(
        (), "", "s1, s2, all, or bands by name (B02,B03,B04,B08) [default: s2, or the model's]."
    )
    epochs: int = _setting(100, "", "Passes over the training patches, at most.", 1)
    batch: int = _setting(512, "", "Patches a step, over all processes and accumulated parts.", 1)
    rate: float = _setting(1e-3, "", "Learning rate at its highest.", 0)
    seed: int = _setting(0, "", "Of all that is drawn.", 0)
    device: str = _setting("auto", "", "auto, cpu, cuda, cuda:N or mps.")
    precision: str = _setting("fp32", "", "Arithmetic of the network.", choices=("fp32", "bf16", "fp16"))

    classes: tuple[str, ...] = _setting((), "Network", "Answer these classes only, separated by ';' [default: all 19].")
    layers: tuple[int, ...] = _setting((), "Network", "Blocks of a ResNet's four stages, e.g. 1,1,1,1.")
    width: int = _setting(0, "Network", "Channels of a ResNet's first convolution [default: 64].", 0)
    drop_rate: float = _setting(0.15, "Network", "Share of features left out in training.", 0)
    drop_path: float | None = _setting(
        None, "Network", "Share of residual branches left out [default: 0.15 where the network can].", 0
    )
    statistics: str = _setting(
        "published",
        "Network",
        "Normalise by reBEN's figures, or by those of the training patches.",
        choices=("published", "measured"),
    )

    freeze: str = _setting(
        "none",
        "Fine-tuning",
        "backbone: train the classifier alone; batch norm stays as it is.",
        choices=("none", "backbone"),
    )
    layer_decay: float = _setting(
        1.0, "Fine-tuning", "Each block learns this much slower than the one behind it; 0.75 is usual.", 0
    )

    micro_batch: int = _setting(
        0, "Schedule", "Patches that one process computes at once; gradients accumulate [default: all].", 0
    )
    weight_decay: float = _setting(0.01, "Schedule", "Of AdamW.", 0)
    warmup: int = _setting(-1, "Schedule", "Steps of linear warm-up; -1: 1000, at most a tenth of the run.", -1)
    floor: float = _setting(0.1, "Schedule", "First and last learning rate, as a share of the highest.", 0)
    patience: int = _setting(5, "Schedule", "Stop after so many epochs without a better macro AP; 0: never.", 0)
    clip: float = _setting(0.0, "Schedule", "Largest norm of the gradient; 0: any.", 0)
    ema: float = _setting(0.0, "Schedule", "Keep a running mean of the weights with this memory (0.999); 0: none.", 0)
    validate: bool = _setting(True, "Schedule", "Judge each epoch on the validation patches and keep the best.")

    loss: str = _setting("bce", "Loss", "Cross entropy, or asymmetric loss.", choices=("bce", "asl"))
    focus_negative: float = _setting(4.0, "Loss", "asl: how much easy negatives are damped.", 0)
    focus_positive: float = _setting(0.0, "Loss", "asl: how much easy positives are damped.", 0)
    margin: float = _setting(0.05, "Loss", "asl: probability below which negatives count nothing.", 0)
    balance: float = _setting(
        0.0, "Loss", "Positives weigh (absent / present) to this power: 0 alike, 1 as rare as they are.", 0
    )
    smoothing: float = _setting(0.0, "Loss", "Draw targets this far towards one half.", 0)
    map_loss: float = _setting(0.0, "Loss", "Weight of a second loss that reads the reference maps (ResNets).", 0)

    flips: bool = _setting(True, "Augmentation", "Mirror patches at random.")
    turns: bool = _setting(False, "Augmentation", "Turn patches by quarters at random.")
    crop: int = _setting(
        0, "Augmentation", "Side of random crops in 10 m pixels, labelled by the reference map inside; 0: whole.", 0
    )
    light: float = _setting(0.0, "Augmentation", "Spread of the logarithm of a random brightness (0.15).", 0)
    haze: float = _setting(0.0, "Augmentation", "Spread of a random offset in DN (80).", 0)
    mixup: float = _setting(0.0, "Augmentation", "Alpha of mixup (0.2); 0: none.", 0)
    cutmix: float = _setting(0.0, "Augmentation", "Alpha of CutMix (1.0); 0: none.", 0)
    mix_share: float = _setting(1.0, "Augmentation", "Share of the batches that are mixed.", 0)
    band_dropout: float = _setting(
        0.0, "Augmentation", "Chance that an optional band is blanked; the model then runs without it.", 0
    )
    optional_bands: tuple[str, ...] = _setting((), "Augmentation", "The bands that --band-dropout may blank.")

    excluded: bool = _setting(False, "Data and machine", "Also train on patches listed as snow or cloud.")
    evidence: int = _setting(
        3, "Data and machine", "Training patches that a class needs; with fewer it is marked untrained.", 1
    )
    leaks: str = _setting(
        "refuse", "Data and machine", "What to do where one place stands in two splits.", choices=("refuse", "warn")
    )
    workers: int = _setting(-1, "Data and machine", "Processes that read; -1: as many as help.", -1)
    threads: int = _setting(0, "Data and machine", "CPU threads a process, 0: all cores.", 0)
    checkpoint_minutes: float = _setting(10.0, "Data and machine", "Time between checkpoints inside an epoch.", 0)

    def __post_init__(self) -> None:
        for f in fields(self):
            _check(f.name, getattr(self, f.name), f.metadata["low"], f.metadata["choices"])
        if len(self.bands) == 1 and self.bands[0] in BAND_SETS:
            object.__setattr__(self, "bands", BAND_SETS[self.bands[0]])
        for key, known in (("bands", BANDS), ("optional_bands", BANDS), ("classes", CLASSES)):
            names = getattr(self, key)
            unknown = [n for n in names if n not in known]
            if unknown or len(set(names)) != len(names):
                raise JobError(
                    f"{key} holds {unknown[0]!r}, which does not exist."
                    if unknown
                    else f"{key} names one twice: {', '.join(names)}."
                )
        for key, below in (("drop_rate", 1), ("drop_path", 1), ("smoothing", 1), ("margin", 1), ("ema", 1)):
            if (getattr(self, key) or 0) >= below:
                raise JobError(f"{key} is {getattr(self, key)}; it must lie below {below}.")
        for key in ("floor", "mix_share", "band_dropout", "layer_decay"):
            if getattr(self, key) > 1:
                raise JobError(f"{key} is {getattr(self, key)}; it must not exceed 1.")
        if self.rate == 0 or self.layer_decay == 0:
            raise JobError("rate and layer_decay must be above 0: nothing would be learned.")
        if self.freeze == "backbone" and not self.model:
            raise JobError("freeze = backbone needs a model to start from.", "Give one with --model.")
        if self.freeze == "backbone" and self.map_loss:
            raise JobError("The map loss trains the backbone, which is frozen.", "Leave out one of the two.")
        if self.model and (self.layers or self.width):
            raise JobError("layers and width belong to a new network; --model brings its own.")
        if self.crop % 12:
            raise JobError(
                f"crop is {self.crop}; it must be a multiple of 12.", "Bands of 60 m and the map cells fix that."
            )
        if bool(self.band_dropout) != bool(self.optional_bands):
            raise JobError("band_dropout and optional_bands belong together.", "Give both or none.")

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], where: str = "the config") -> Config:
        """Raises JobError for unknown keys and for values that make no sense."""
        known = [f.name for f in fields(cls)]
        for key in values:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                raise JobError(
                    f"{where} has an unknown setting {key!r}.",
                    f"Did you mean {near[0]!r}?" if near else "`ben train --help-all` lists them.",
                )
        told: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**told)

    @classmethod
    def read(cls, path: str | Path) -> Config:
        """The config in a .toml or .json file. Raises JobError."""
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
            values = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
        except (OSError, ValueError, RecursionError) as e:
            raise JobError(f"The config {path} cannot be read: {reason(e)}.", "Needed is TOML (.toml) or JSON.") from e
        if not isinstance(values, dict):
            raise JobError(f"The config {path} is no table of settings.")
        return cls.from_mapping(values, str(path))


# What may change between a run and its resumption without changing what is learned.
PLACE = ("device", "workers", "threads", "checkpoint_minutes", "micro_batch")


def difference(a: Config, b: Config) -> list[str]:
    """Settings in which two configs would learn differently, "rate (0.001, 0.01)"."""
    return [
        f"{f.name} ({getattr(a, f.name)!r}, {getattr(b, f.name)!r})"
        for f in fields(Config)
        if f.name not in PLACE and getattr(a, f.name) != getattr(b, f.name)
    ]


def _check(key: str, value: Any, low: float | None, choices: tuple[str, ...]) -> None:
    default = Config.__dataclass_fields__[key].default
    if default is None and value is None:
        return
    wanted: type = float if default is None else type(default)
    right = isinstance(value, (int, float)) if wanted is float else isinstance(value, wanted)
    if not right or (isinstance(value, bool) and wanted is not bool):
        raise JobError(f"{key} is {value!r}; needed is {_WORDS[wanted]}.")
    if isinstance(value, tuple) and not all(isinstance(v, int if key == "layers" else str) for v in value):
        raise JobError(f"{key} is {list(value)!r}; needed is a list of {'numbers' if key == 'layers' else 'names'}.")
    if isinstance(value, (int, float)) and not math.isfinite(value):
        raise JobError(f"{key} is {value}; needed is a finite number.")
    if low is not None and value < low:
        raise JobError(f"{key} is {value}; it must be at least {low:g}.")
    if choices and value not in choices:
        raise JobError(f"{key} is {value!r}.", "Known are: " + ", ".join(choices) + ".")


_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", tuple: "a list"}
