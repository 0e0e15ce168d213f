"""The 10 m map: segments of alike pixels, named by the model's answers in windows of several sizes."""

from .options import SCALES, STRIDE, VOTES, RegionOptions, parse_scales

__all__ = ["SCALES", "STRIDE", "VOTES", "RegionOptions", "parse_scales"]
