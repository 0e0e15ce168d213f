"""QGIS styles (QML), inside the GeoPackage and beside the rasters: layers show their legend when dropped in.

Written for QGIS 3.22 and newer, read by 4.x: symbols carry their properties as ``Option`` maps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from .legend import Category, rgb
from .palette import ALL_SKIPPED, NO_LABEL, SKIPPED

_FRAME = "#5a5a5a"


@dataclass(frozen=True)
class Entry:
    """One line of the layer's legend; ``brush`` is a Qt brush style: solid, b_diagonal, dense6, ..."""

    value: str
    label: str
    colour: str
    brush: str = "solid"


def patches_style(
    categories: Sequence[Category],
    column: str,
    aliases: Mapping[str, str],
    both_sensors: bool = False,
    two_models: bool = False,
) -> str:
    """Cells by the text in ``column``; cells without label and skipped cells have entries of their own."""
    expression = (
        "CASE WHEN \"status\" <> 'mapped' THEN '(' || \"status\" || ')' "
        f'WHEN "n_labels" = 0 THEN \'(no label)\' ELSE "{column}" END'
    )
    skipped = ALL_SKIPPED if both_sensors else SKIPPED
    entries = [Entry(c.name, c.name, c.colour) for c in categories]
    entries.append(Entry("(no label)", NO_LABEL.name, NO_LABEL.colour, "dense6"))
    entries += [Entry(f"({status})", c.name, c.colour, "b_diagonal") for status, c in skipped.items()]
    tip = (
        '<b>Cell [% "row" %], [% "col" %]</b><br>[% CASE WHEN "status" <> \'mapped\' THEN \'skipped: \' || "status" '
        "ELSE CASE WHEN \"n_labels\" = 0 THEN 'no label above threshold' ELSE replace(\"labels\", ' | ', '<br>') END "
        "|| '<br>most probable: ' || \"top_class\" || ' (' || round(\"top_p\", 2) || ')' END %]"
    )
    if two_models:
        tip += "[% coalesce('<br>answered by ' || \"model\", '') || coalesce(' (first model: ' || \"filled\" || ')', '') %]"
    return _qml(expression, entries, aliases, tip)


def answered_style(models: Sequence[Category], aliases: Mapping[str, str]) -> str:
    """Cells by the model that answered them; ``models``: the first one, the fallback."""
    expression = "CASE WHEN \"status\" <> 'mapped' THEN '(skipped)' WHEN \"filled\" IS NULL THEN '1' ELSE '2' END"
    entries = [Entry(str(c.code), c.name, c.colour) for c in models]
    entries.append(Entry("(skipped)", "Skipped", "#9a9a9a", "b_diagonal"))
    tip = '<b>[% coalesce("model", "status") %]</b>[% coalesce(\'<br>first model: \' || "filled", \'\') %]'
    return _qml(expression, entries, aliases, tip)


def areas_style(categories: Sequence[Category], column: str, aliases: Mapping[str, str]) -> str:
    tip = f'<b>[% "{column}" %]</b><br>[% "cells" %] cells, [% round("km2", 2) %] km²'
    return _qml(f'"{column}"', [Entry(c.name, c.name, c.colour) for c in categories], aliases, tip)


def regions_style(categories: Sequence[Category]) -> str:
    """Segments by class; those below the class's threshold are hatched, those without an answer grey."""
    expression = (
        'CASE WHEN "class" IS NULL THEN \'(no answer)\' WHEN "sure" THEN "class" ELSE "class" || \' (unsure)\' END'
    )
    entries = [Entry(c.name, c.name, c.colour) for c in categories]
    entries += [Entry(f"{c.name} (unsure)", f"{c.name}, below threshold", c.colour, "dense4") for c in categories]
    entries.append(Entry("(no answer)", "No answer", "#9a9a9a", "b_diagonal"))
    tip = (
        '<b>[% coalesce("class", \'no answer\') %]</b> ([% round("p", 2) %])<br>next: [% "second" %] '
        '([% round("second_p", 2) %])<br>[% round("area_ha", 2) %] ha'
    )
    return _qml(expression, entries, {"p": "probability in its windows", "area_ha": "area (ha)"}, tip)


def raster_style(categories: Sequence[Category]) -> str:
    """Codes of a class raster. Without it QGIS lists all 256 entries that a TIFF's colour table has."""
    root = ET.Element("qgis", version="3.22.0", styleCategories="Symbology")
    renderer = ET.SubElement(
        ET.SubElement(root, "pipe"), "rasterrenderer", type="paletted", band="1", opacity="1", alphaBand="-1"
    )
    palette = ET.SubElement(renderer, "colorPalette")
    for c in categories:
        ET.SubElement(palette, "paletteEntry", value=str(c.code), color=c.colour, label=c.name, alpha="255")
    return _text(root)


def _qml(expression: str, entries: Sequence[Entry], aliases: Mapping[str, str], tip: str) -> str:
    root = ET.Element("qgis", version="3.22.0", styleCategories="Symbology|Fields|MapTips")
    renderer = ET.SubElement(
        root,
        "renderer-v2",
        type="categorizedSymbol",
        attr=expression,
        symbollevels="0",
        enableorderby="0",
        forceraster="0",
    )
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for i, e in enumerate(entries):
        ET.SubElement(categories, "category", symbol=str(i), value=e.value, label=e.label, type="string", render="true")
        symbols.append(_symbol(str(i), e))
    names = ET.SubElement(root, "aliases")
    for i, (field, alias) in enumerate(aliases.items()):
        ET.SubElement(names, "alias", index=str(i), field=field, name=alias)
    ET.SubElement(root, "mapTip", enabled="1").text = tip
    ET.SubElement(root, "layerGeometryType").text = "2"
    return _text(root)


def _text(root: ET.Element) -> str:
    ET.indent(root)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


def _symbol(name: str, e: Entry) -> ET.Element:
    symbol = ET.Element("symbol", name=name, type="fill", alpha="1", clip_to_extent="1", force_rhr="0")
    add_fill(symbol, rgba(e.colour), rgba(_FRAME, 90), "0.05", brush=e.brush)
    return symbol


def add_fill(
    symbol: ET.Element, colour: str, outline: str, width: str, *, brush: str = "solid", line: str = "solid"
) -> None:
    """Give a symbol of polygons its fill and outline; colours as ``rgba`` writes them, ``width`` in millimetres."""
    layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "locked": "0", "pass": "0"})
    options = ET.SubElement(layer, "Option", type="Map")
    values = {
        "color": colour,
        "style": brush,
        "outline_color": outline,
        "outline_style": line,
        "outline_width": width,
        "outline_width_unit": "MM",
        "joinstyle": "miter",
        "offset": "0,0",
    }
    for key, value in values.items():
        ET.SubElement(options, "Option", name=key, type="QString", value=value)


def rgba(colour: str, alpha: int = 255) -> str:
    return ",".join(map(str, (*rgb(colour), alpha)))
