"""A job: everything that one run needs, as plain JSON both ways.

The command line, the QGIS dock, a Processing algorithm and the batch runner all make the same
``Job``. Standard library only, Python 3.9 syntax: QGIS imports this module too.
"""

import dataclasses
import json
import math
import os
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Tuple, Union

from .errors import JobError
from .nomenclature import BANDS, CLASSES

PATCH = 120  # px at 10 m: the patch of BigEarthNet, 1200 m x 1200 m
MAX_BATCH = 4096  # patches; larger ones only exhaust the memory
PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8")
S1_UNITS = ("db", "power", "amplitude")
RUNTIMES = ("auto", "onnx", "torch")

Threshold = Union[float, Mapping[str, float]]

# A job may come from a file that somebody wrote: "false" must not count as true.
_TEXT, _TEXT_OR_NONE = (str,), (str, type(None))
_KINDS = {
    **dict.fromkeys(("out", "model", "runtime", "device", "precision"), _TEXT),
    **dict.fromkeys(
        ("name", "aoi", "aoi_crs", "acquired", "regroup", "s1_unit", "fallback_model", "dem", "geoid"), _TEXT_OR_NONE
    ),
    **dict.fromkeys(("allow_l1c", "overwrite"), (bool,)),
    "bands": (Mapping,),
}


@dataclass(frozen=True)
class Job:
    """Map one scene. Fractions lie in [0, 1], lengths are in 10 m pixels.

    scene       paths: one product (SAFE folder, zip, multi-band file, folder of band files),
                or several files, one a band
    out         folder of the products
    name        stem of the products' file names; None: the scene's own name
    model       "embedded", "auto" (the best published model here that fits), a name that `ben models list` shows, or
                the path of a model card (.json) or of an .onnx file with one inside
    runtime     "onnx", "torch" or "auto"
    stride      distance of two cells in px
    aoi         vector file or WKT; ``aoi_crs`` is the CRS of a WKT (default EPSG:4326)
    min_valid   a patch with a smaller fraction of valid pixels is skipped
    max_cloud   a patch with a larger fraction of cloud or cloud shadow is skipped
    max_snow    the same for snow and ice
    threshold   one value for all classes, or a value a class; None: those of the model card
    device      "auto", "cpu", "cuda", "cuda:N", "mps"
    precision   "auto", "fp32", "bf16", "fp16", "int8"
    batch       patches a batch; 0: found by the engine
    threads     CPU threads of decoding and of inference; 0: all cores
    bands       band name -> number (1-based) in a multi-band file or file name of a band
    scale, offset   DN = value * scale + offset for rasters without metadata (None: found)
    acquired    acquisition time (ISO 8601) for rasters without metadata
    allow_l1c   take a top-of-atmosphere product although the models saw surface reflectance
    regroup     "clc1", "clc2" or the path of a legend file (JSON): a further class map by groups
    overwrite   replace products that exist
    s1          paths of Sentinel-1 products beside a Sentinel-2 ``scene``: folders or files with VV and VH; with no
                ``scene`` they are the scene
    s1_unit     "db", "power" or "amplitude" where nothing tells what Sentinel-1 holds
    fallback_model   a model that answers the cells that ``model`` may not (cloud, no data of one sensor): named as
                ``model`` is, "embedded" and "auto" being those of Sentinel-1 alone
    dem         terrain model for raw Sentinel-1 products (GRD) among ``scene`` and ``s1``; ``geoid``: what its heights
                are above where it does not say it: "egm96", "egm2008", "none" (the ellipsoid) or the file of a grid
    height      instead of ``dem``: all land at this height in metres above the ellipsoid
    orbit       precise orbit files (EOF) for them
    """

    scene: Tuple[str, ...]
    out: str
    name: Optional[str] = None
    model: str = "embedded"
    runtime: str = "auto"
    stride: int = PATCH
    aoi: Optional[str] = None
    aoi_crs: Optional[str] = None
    min_valid: float = 0.9
    max_cloud: float = 0.5
    max_snow: float = 0.5
    threshold: Optional[Threshold] = None
    device: str = "auto"
    precision: str = "auto"
    batch: int = 0
    threads: int = 0
    bands: Mapping[str, Union[int, str]] = field(default_factory=dict)
    scale: Optional[float] = None
    offset: Optional[float] = None
    acquired: Optional[str] = None
    allow_l1c: bool = False
    regroup: Optional[str] = None
    overwrite: bool = False
    s1: Tuple[str, ...] = ()
    s1_unit: Optional[str] = None
    fallback_model: Optional[str] = None
    dem: Optional[str] = None
    geoid: Optional[str] = None
    height: Optional[float] = None
    orbit: Tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for option in ("scene", "s1", "orbit"):
            paths = getattr(self, option)
            if isinstance(paths, (str, os.PathLike)):
                paths = (paths,)
            object.__setattr__(self, option, tuple(str(p) for p in paths))
        for option in ("out", "model", "aoi", "regroup", "fallback_model", "dem", "geoid"):
            if isinstance(getattr(self, option), os.PathLike):
                object.__setattr__(self, option, os.fspath(getattr(self, option)))
        for option, kinds in _KINDS.items():
            if not isinstance(getattr(self, option), kinds):
                raise JobError(f"The job's {option} {getattr(self, option)!r} is of the wrong kind.")
        if not (self.scene or self.s1) or not all(self.scene) or not all(self.s1):
            raise JobError("The job names no scene.", "Give the path of a product or of its band files.")
        if not self.out:
            raise JobError("The job names no output folder.", "Give one with --out DIR.")
        if self.name is not None and (
            not self.name or any(c in self.name for c in '/\\:*?"<>|\0') or self.name.startswith(".")
        ):
            raise JobError(
                f"--name {self.name!r} cannot be part of a file name.", "Use letters, digits, '-', '_' and '.'."
            )
        if self.aoi_crs is not None and self.aoi is None:
            raise JobError("--aoi-crs is given without --aoi.", "Give the area with --aoi, or leave out its CRS.")
        if not _is_int(self.stride) or not 1 <= self.stride <= PATCH:
            raise JobError(
                f"--stride {self.stride!r} is not a whole number of pixels from 1 to {PATCH}.",
                f"{PATCH} maps each place once; a smaller stride gives a finer map.",
            )
        for option in ("min_valid", "max_cloud", "max_snow"):
            _fraction(getattr(self, option), "--" + option.replace("_", "-"))
        if isinstance(self.threshold, Mapping):
            for name, value in self.threshold.items():
                if name not in CLASSES:
                    raise JobError(
                        f"--threshold names {name!r}, which is none of the 19 classes.",
                        "The classes are: " + "; ".join(sorted(CLASSES)) + ".",
                    )
                _fraction(value, f"--threshold of {name!r}")
        elif self.threshold is not None:
            _fraction(self.threshold, "--threshold")
        if self.s1_unit is not None and self.s1_unit not in S1_UNITS:
            raise JobError(f"--s1-unit {self.s1_unit!r} is unknown.", "Choose one of: " + ", ".join(S1_UNITS) + ".")
        if self.height is not None and not (_is_number(self.height) and math.isfinite(self.height)):
            raise JobError(f"--height {self.height!r} is not a number.")
        if self.precision not in PRECISIONS:
            raise JobError(
                f"--precision {self.precision!r} is unknown.", "Choose one of: " + ", ".join(PRECISIONS) + "."
            )
        if self.runtime not in RUNTIMES:
            raise JobError(f"--runtime {self.runtime!r} is unknown.", "Choose one of: " + ", ".join(RUNTIMES) + ".")
        kind, _, number = self.device.partition(":")
        if kind not in ("auto", "cpu", "cuda", "mps") or (number and (kind != "cuda" or not number.isdecimal())):
            raise JobError(f"--device {self.device!r} is unknown.", "Choose auto, cpu, cuda, cuda:N or mps.")
        for option in ("batch", "threads"):
            if not _is_int(getattr(self, option)) or getattr(self, option) < 0:
                raise JobError(f"--{option} {getattr(self, option)!r} is not a whole number, 0 (auto) or more.")
        if self.batch > MAX_BATCH:
            raise JobError(
                f"--batch {self.batch} is more than {MAX_BATCH}.", "Nothing gets faster beyond some hundred."
            )
        for band, where in self.bands.items():
            if band not in BANDS:
                raise JobError(f"--bands names {band!r}, which is no band.", "Bands are: " + ", ".join(BANDS) + ".")
            if not _is_int(where) and not isinstance(where, str):
                raise JobError(f"--bands says {band}={where!r}; needed is a number or the name of a file.")
        for option in ("scale", "offset"):
            value = getattr(self, option)
            if value is not None and not (_is_number(value) and math.isfinite(value)):
                raise JobError(f"--{option} {value!r} is not a number.")
        if self.scale is not None and self.scale <= 0:
            raise JobError(
                f"--scale {self.scale} is not above zero.",
                "DN = value * scale + offset; reflectance 0-1 has scale 10000.",
            )

    def to_dict(self) -> Dict[str, Any]:
        d = dataclasses.asdict(self)
        d["scene"] = list(self.scene)
        d["s1"] = list(self.s1)
        d["orbit"] = list(self.orbit)
        return d

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> "Job":
        known = {f.name for f in dataclasses.fields(cls)}
        unknown = sorted(set(d) - known)
        if unknown:
            raise JobError(f"The job holds unknown keys: {', '.join(unknown)}.", "Was it written by another version?")
        for key in ("scene", "out"):
            if key not in d:
                raise JobError(f"The job lacks {key!r}.")
        values = dict(d)
        for key in ("scene", "s1", "orbit"):
            if isinstance(values.get(key), list):
                values[key] = tuple(values[key])
        try:
            return cls(**values)
        except (TypeError, AttributeError) as e:
            raise JobError(f"The job holds a value of the wrong kind: {e}.") from e

    @classmethod
    def from_json(cls, text: str) -> "Job":
        try:
            d = json.loads(text)
        except (ValueError, RecursionError) as e:
            raise JobError(f"The job file is not JSON: {e}.") from e
        if not isinstance(d, dict):
            raise JobError("The job file does not hold one JSON object.")
        return cls.from_dict(d)


def _is_int(v: Any) -> bool:
    return isinstance(v, int) and not isinstance(v, bool)


def _is_number(v: Any) -> bool:
    return isinstance(v, (int, float)) and not isinstance(v, bool)


def _fraction(v: Any, what: str) -> None:
    if not _is_number(v) or not 0 <= v <= 1:
        raise JobError(f"{what} {v!r} is not a number from 0 to 1.")
