"""The engine's version, also the plugin's, and its commands. Standard library only, Python 3.9 syntax."""

__version__ = "0.1.0"

# ``ben COMMAND``; QGIS offers what it finds here, and need not start the engine to know.
COMMANDS = (
    "map",
    "adapt",
    "batch",
    "info",
    "zones",
    "search",
    "s1",
    "sample",
    "doctor",
    "clean",
    "models",
    "super-resolve",
    "splits",
    "dataset",
    "select",
    "train",
    "bank",
    "evaluate",
    "card",
)
