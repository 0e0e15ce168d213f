"""A generated scene: ``make_sample`` makes it whole, ``write_safe`` writes any pixels as a SAFE product.

It reads from coarse to fine: geography (coast, rivers, towns) -> landcover (farmland, settlements, woods,
water, painted strip by strip on a canvas) -> render (spectra, clouds) -> safe.
"""

from .make import SamplePaths, make_sample
from .safe import write_safe

__all__ = ["SamplePaths", "make_sample", "write_safe"]
