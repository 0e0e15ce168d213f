"""Raw Sentinel-1 GRD products: from numbers in radar geometry to sigma0 in dB on a map grid."""

from .chain import Geocoding, Ground, Tile, geometry_of, ground
from .frame import footprint_grid
from .product import GrdProduct, is_raw, kind_of, open_grd

__all__ = [
    "Geocoding",
    "GrdProduct",
    "Ground",
    "Tile",
    "footprint_grid",
    "geometry_of",
    "ground",
    "is_raw",
    "kind_of",
    "open_grd",
]
