"""The QGIS side. It speaks to the engine across a process and imports of it the contract only."""
