"""What a 10 m map is asked to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import JobError
from ..job import PATCH

SCALES = (60, 120, 240)  # px: half the side that the published models learnt on, that side, and twice
STRIDE = 30
VOTES = ("colours", "mean")
LEAST_HECTARES = 0.5
LARGEST = 8 * PATCH  # px a side of a window
ASKED = "regions"
# Option -> field, where the options stand beside those of a job: on the command line and in lists of scenes.
NAMES = {
    "scales": "scales",
    "dense_stride": "stride",
    "min_area": "min_area",
    "vote": "vote",
    "shared_convolution": "shared",
}


@dataclass(frozen=True)
class RegionOptions:
    """Lengths in 10 m pixels. Raises JobError for what makes no map.

    scales    sides of the windows around each place; each is resampled to the model's size
    weights   of the scales; () weighs them alike
    stride    distance of two windows
    min_area  hectares; smaller segments become part of a neighbour
    vote      "colours": what the windows say, shared out among their segments by colour; "mean": the largest mean
    shared    share the convolutions of overlapping windows: faster, not the same probabilities
    """

    scales: tuple[int, ...] = SCALES
    weights: tuple[float, ...] = ()
    stride: int = STRIDE
    min_area: float = LEAST_HECTARES
    vote: str = VOTES[0]
    shared: bool = False

    def __post_init__(self) -> None:
        for name, field in NAMES.items():  # a list of scenes may hold anything
            value = getattr(self, field)
            if type(value) not in _KINDS[field] or (field == "scales" and not all(type(s) is int for s in value)):
                raise JobError(f"--{name.replace('_', '-')} cannot be {value!r}.")
        if not self.scales or len(set(self.scales)) != len(self.scales):
            raise JobError("--scales names no window size, or one twice.", "Give different ones, as in 60,120,240.")
        wrong = [s for s in self.scales if not 8 <= s <= LARGEST or s % 2]
        if wrong:
            raise JobError(
                f"--scales {wrong[0]} px is no even number from 8 to {LARGEST}.",
                f"A model of {PATCH} px patches makes little of windows of other sizes than 60 to 240.",
            )
        if self.weights and (len(self.weights) != len(self.scales) or not all(0 < w < 1e6 for w in self.weights)):
            raise JobError(f"The weights of the scales must be {len(self.scales)} numbers above 0, one a scale.")
        if self.stride < 2 or self.stride % 2 or self.stride > min(self.scales):
            raise JobError(
                f"--dense-stride {self.stride} px is no even number from 2 to {min(self.scales)}, the smallest window.",
                "A larger one would leave places that no window of that size sees.",
            )
        if self.vote not in VOTES:
            raise JobError(f"--vote {self.vote!r} is unknown.", "Choose one of: " + ", ".join(VOTES) + ".")
        if not 0 <= self.min_area <= 1e4:
            raise JobError(f"--min-area {self.min_area:g} ha is not between 0 and 10000.")
        object.__setattr__(self, "min_area", float(self.min_area))  # 1 and 1.0 are one wish, and make one key
        object.__setattr__(self, "weights", tuple(map(float, self.weights)))

    @property
    def least(self) -> int:
        """Pixels of the smallest segment."""
        return max(1, round(self.min_area * 100))


_KINDS = {"scales": (tuple,), "stride": (int,), "min_area": (int, float), "vote": (str,), "shared": (bool,)}


def asked_regions(options: Mapping[str, Any]) -> tuple[RegionOptions | None, dict[str, Any]]:
    """What options ask for by ASKED and NAMES, None where that is no 10 m map, and the other options.

    Raises JobError for what makes no map, and where one is described that nobody asked for; one that is explicitly not
    wanted may be described, as options for all scenes describe it.
    """
    asked = options.get(ASKED)
    given = {field: options[name] for name, field in NAMES.items() if name in options}
    rest = {k: v for k, v in options.items() if k != ASKED and k not in NAMES}
    if asked not in (None, True, False):
        raise JobError(f"--regions is on or off, not {asked!r}.")
    if asked is None and given:
        name = next(n for n in NAMES if n in options).replace("_", "-")
        raise JobError(f"--{name} is given without --regions.", "Add --regions, or leave it out.")
    if not asked:
        return None, rest
    scales = given.get("scales")
    if isinstance(scales, str):
        given["scales"] = parse_scales(scales)
    elif isinstance(scales, list):  # of JSON or TOML
        given["scales"] = tuple(scales)
    return RegionOptions(**given), rest


def parse_scales(text: str) -> tuple[int, ...]:
    """60,120,240 as numbers. Raises JobError."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise JobError(f"--scales {text!r} is not of the form 60,120,240.") from None


def need_segment() -> None:
    """JobError where the extra is missing: before the run, not after it."""
    try:
        from .run import map_regions  # noqa: F401 (whose libraries the extra holds)
    except ImportError as e:
        raise JobError(
            f"--regions needs the extra [segment], which is not installed ({e}).",
            "Install it (on a cluster, on every worker): pip install 'bigearthnet-mapper[segment]'.",
            "segment",
        ) from e
