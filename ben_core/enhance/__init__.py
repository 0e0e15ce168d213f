"""True colour eightfold: a scene's red, green and blue drawn again by an RFB-ESRGAN generator, as one COG."""

from .run import Enhanced, super_resolve

__all__ = ["Enhanced", "super_resolve"]
