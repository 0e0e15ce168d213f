"""The panel: form, run and result. ``mapper_dock.make_dock`` makes it a dock of QGIS."""
