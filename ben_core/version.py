"""The engine's version, also the plugin's."""

__version__ = "0.1.0"
