"""Words that people read pass through ``tr``: translate the literal, then format it.

    tr("{n} patches").format(n=12)

``tools/translations.py`` collects the literals, so the argument is always one.
"""

from qgis.PyQt.QtCore import QCoreApplication

CONTEXT = "BigEarthNetMapper"


def tr(text: str) -> str:
    """``text`` in the language of QGIS."""
    return QCoreApplication.translate(CONTEXT, text)
