"""What was acquired: product files to a ``Scene`` (bands by name, one 10 m grid, masks, radiometry)."""

from .opening import open_scene
from .reader import BandReader
from .types import BandSource, Mask, PixelGrid, Scene

__all__ = ["BandReader", "BandSource", "Mask", "PixelGrid", "Scene", "open_scene"]
