"""What is made of all finished scenes of a batch: collection, mosaics, tables, counts, overview (see ``build``).

Beside it, from the scenes of one tile: its time series (``series``) and its change between two dates (``change``).
"""

from .build import Catalogue, CatalogueOptions, build_catalogue
from .change import Changed, tile_change
from .series import Series, tile_series

__all__ = [
    "Catalogue",
    "CatalogueOptions",
    "Changed",
    "Series",
    "build_catalogue",
    "tile_change",
    "tile_series",
]
