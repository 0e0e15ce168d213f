"""BigEarthNet Mapper for QGIS: whole Sentinel scenes to land-cover maps, from a panel or the Processing toolbox."""


def classFactory(iface):  # noqa: N802  (the name is QGIS's)
    """What QGIS calls. The plugin is imported here, so that a failure in it is a message and not a missing plugin."""
    from .plugin.main import Plugin

    return Plugin(iface)
