"""What a finished map says: a patch that is clicked, and the cells of every class."""

from .inspector import ResultInspector

__all__ = ["ResultInspector"]
