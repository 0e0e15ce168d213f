"""The algorithms of the Processing toolbox."""

from .provider import Provider

__all__ = ["Provider"]
