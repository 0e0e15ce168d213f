"""Products of a run as a group of styled layers, and their look changed at once, without a new run.

What a person changes (threshold, classes) is kept as custom properties of the layers: a saved project knows it.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, FrozenSet, List, Mapping, Optional

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsColorRampShader,
    QgsExpression,
    QgsFeatureRequest,
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsPalettedRasterRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRasterShader,
    QgsSingleBandPseudoColorRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

from ..ben_core.errors import DataError
from ..ben_core.nomenclature import CLASSES, ORDER_ALPHABETICAL
from .i18n import tr
from .products import Products, find_products

KIND = "bigearthnet/kind"  # preview, patches, areas, classes, probabilities, unusual, regions, segments
STEM = "bigearthnet/stem"
LOOK = "bigearthnet/look"


def is_ours(layer: QgsMapLayer) -> bool:
    """Whether the plugin made this layer."""
    return bool(layer.customProperty(KIND))


@dataclass(frozen=True)
class Look:
    """What is shown: labels from ``threshold`` on (None: the model's own), of ``classes`` (None: all)."""

    threshold: Optional[float] = None
    classes: Optional[FrozenSet[str]] = None

    def to_text(self) -> str:
        classes = None if self.classes is None else sorted(self.classes)
        return json.dumps({"threshold": self.threshold, "classes": classes})

    @classmethod
    def from_text(cls, text: str) -> "Look":
        try:
            d = json.loads(text)
            return cls(d["threshold"], None if d["classes"] is None else frozenset(d["classes"]))
        except (ValueError, KeyError, TypeError):
            return cls()


@dataclass(frozen=True)
class ClassRow:
    """A class of the map: its column in the layer of patches, the model's threshold."""

    name: str
    column: str
    threshold: float
    trained: bool

    @property
    def colour(self) -> str:
        return CLASSES[self.name].colour


class ResultLayers:
    """A group of layers of one map. ``look`` restyles them all at once."""

    def __init__(self, products: Products, group: QgsLayerTreeGroup, layers: Mapping[str, QgsMapLayer]) -> None:
        self.products = products
        self.group = group
        self.patches: QgsVectorLayer = layers["patches"]
        self.areas: Optional[QgsVectorLayer] = layers.get("areas")
        self.classes: Optional[QgsRasterLayer] = layers.get("classes")
        self.probabilities: Optional[QgsRasterLayer] = layers.get("probabilities")
        self.regions: Optional[QgsRasterLayer] = layers.get("regions")
        self.segments: Optional[QgsVectorLayer] = layers.get("segments")
        self.patches_id = self.patches.id()
        self.rows = _class_rows(products.package)
        self.own_style = _own_expression(self.patches, self.rows)
        self._sorted: Dict[str, List[float]] = {}

    @property
    def look(self) -> Look:
        return Look.from_text(str(self.patches.customProperty(LOOK, "")))

    def show(self, look: Look) -> None:
        """Restyle patches, areas and classes; the probability raster shows a class where exactly one is chosen."""
        before, shown = self.look.classes, look.classes
        self.patches.setCustomProperty(LOOK, look.to_text())
        _restyle(self.patches, self._expression(look), shown)
        if shown == before:
            return  # a threshold changes nothing about the other layers
        for vector in (self.areas, self.segments):
            if vector is not None:
                _restyle(vector, None, shown)
        for raster in (self.classes, self.regions):
            if raster is not None:
                _filter_raster(raster, shown)
        if self.probabilities is not None and shown is not None and len(shown) == 1:
            show_probability(self.probabilities, next(iter(shown)))

    def point_at(self, name: str) -> None:
        """Draw the probability of class ``name`` in the layer of probabilities."""
        if self.probabilities is not None:
            show_probability(self.probabilities, name)

    def _expression(self, look: Look) -> str:
        if look == Look():
            return self.own_style
        rows = [r for r in self.rows if look.classes is None or r.name in look.classes]
        return patch_expression(rows, look.threshold)

    def count(self, name: str, threshold: Optional[float]) -> int:
        """Patches with the label ``name`` at ``threshold`` (None: the model's own)."""
        if not self._sorted:
            self._read()
        row = next(r for r in self.rows if r.name == name)
        if threshold is None and not row.trained:
            return 0
        values = self._sorted[name]
        return len(values) - bisect_left(values, row.threshold if threshold is None else threshold)

    @property
    def mapped(self) -> int:
        """Patches with an answer."""
        if not self._sorted:
            self._read()
        return len(next(iter(self._sorted.values()), []))

    def _read(self) -> None:
        fields = self.patches.fields()
        columns = [fields.lookupField(r.column) for r in self.rows]
        values: List[List[float]] = [[] for _ in self.rows]
        request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setSubsetOfAttributes(columns)
        request.setFilterExpression("\"status\" = 'mapped'")
        for feature in self.patches.getFeatures(request):
            for column, into in zip(columns, values):
                into.append(float(feature[column]))
        self._sorted = {r.name: sorted(v) for r, v in zip(self.rows, values)}

    def remove(self) -> None:
        """Take the group out of the project; files stay."""
        remove_group(self.group)


def load_result(project: QgsProject, products: Products) -> ResultLayers:
    """Add the map's layers to the project, on top. Raises DataError where they cannot be read."""
    package = products.package
    plain = QgsRasterLayer.LayerOptions(loadDefaultStyle=False)  # ours follows
    layers: Dict[str, QgsMapLayer] = {
        "patches": QgsVectorLayer(f"{package}|layername=patches", tr("Patches"), "ogr"),
        "areas": QgsVectorLayer(f"{package}|layername=areas", tr("Areas"), "ogr"),
        "classes": QgsRasterLayer(str(products.path("_classes.tif")), tr("Classes")),
        "probabilities": QgsRasterLayer(str(products.path("_probabilities.tif")), tr("Probabilities"), "gdal", plain),
    }
    if products.path("_regions.tif").is_file():  # on top: it was asked for
        layers = {
            "regions": QgsRasterLayer(str(products.path("_regions.tif")), tr("10 m map")),
            "segments": QgsVectorLayer(f"{products.path('_regions.gpkg')}|layername=segments", tr("Segments"), "ogr"),
            **layers,
        }
    unusual = products.path("_unusual.tif")
    if unusual.is_file():  # a model that cannot tell writes none
        layers["unusual"] = QgsRasterLayer(str(unusual), tr("How unusual (distance)"), "gdal", plain)
    broken = next((kind for kind, layer in layers.items() if not layer.isValid()), None)
    if broken is not None:
        raise DataError(
            tr("The layer of {kind} of {stem} cannot be read.").format(kind=broken, stem=products.stem),
            tr("Were files of the map moved or removed? Run it again."),
        )
    group = QgsLayerTreeGroup(products.title())
    group.setCustomProperty(STEM, products.stem)
    for kind, layer in layers.items():
        layer.setCustomProperty(KIND, kind)
        project.addMapLayer(layer, False)
        node = group.addLayer(layer)
        node.setItemVisibilityChecked(kind in ("patches", "regions"))
        node.setExpanded(kind == "patches")
    project.layerTreeRoot().insertChildNode(0, group)  # whole: QGIS unfolds what is added to a group that it shows
    result = ResultLayers(products, group, layers)
    result.point_at(max(result.rows, key=lambda row: result.count(row.name, None)).name)
    if "unusual" in layers:
        _show_unusual(layers["unusual"])
    return result


def results_in(project: QgsProject) -> List[ResultLayers]:
    """The maps that a project holds, such as one that was just opened; those whose files are gone are left out."""
    found = []
    for group in project.layerTreeRoot().findGroups():
        layers = {n.layer().customProperty(KIND): n.layer() for n in group.findLayers() if n.layer() is not None}
        patches = layers.get("patches")
        if patches is None or not patches.isValid():
            continue
        try:
            products = find_products(patches.source().partition("|")[0])
            found.append(ResultLayers(products, group, layers))
        except DataError:
            continue
    return found


def remove_group(group: QgsLayerTreeGroup) -> None:
    """A group and its layers, out of the project."""
    project = QgsProject.instance()
    ids = group.findLayerIds()
    parent = group.parent()
    project.removeMapLayers(ids)
    if parent is not None:
        parent.removeChildNode(group)


def patch_expression(rows: List[ClassRow], threshold: Optional[float]) -> str:
    """A QGIS expression: the most probable of the classes ``rows`` that reach the threshold; why not, in brackets."""
    quoted = QgsExpression.quotedString
    skipped = "WHEN \"status\" <> 'mapped' THEN '(' || \"status\" || ')'"
    rows = [r for r in rows if r.trained or threshold is not None]
    if not rows:
        return f"CASE {skipped} ELSE '(no label)' END"
    reached = ", ".join(
        f'if("{r.column}" >= {r.threshold if threshold is None else threshold:.6g}, "{r.column}", -1)' for r in rows
    )
    names = ", ".join(quoted(r.name) for r in rows)
    return (
        f"CASE {skipped} ELSE with_variable('p', array({reached}), with_variable('best', array_max(@p), "
        f"CASE WHEN @best < 0 THEN '(no label)' ELSE array_get(array({names}), array_find(@p, @best)) END)) END"
    )


def show_probability(layer: QgsRasterLayer, name: str) -> None:
    """Draw the band of class ``name``: transparent at 0, the class's colour at 1."""
    # "Band 01: Arable land"
    band = next((i for i in range(1, layer.bandCount() + 1) if layer.bandName(i).partition(": ")[2] == name), None)
    if band is None:
        return
    strong = QColor(CLASSES[name].colour).darker(115)
    faint = QColor(strong)
    faint.setAlpha(0)
    items = [QgsColorRampShader.ColorRampItem(v, c, f"{v:.0%}") for v, c in ((0.0, faint), (1.0, strong))]
    _paint_ramp(layer, band, items)
    layer.setName(tr("Probability: {name}").format(name=name))


def _show_unusual(layer: QgsRasterLayer) -> None:
    """Draw how unusual cells look by the distance of their features, in the colours of the report (docs/guide.md)."""
    steps = (
        (0, "#e4ece8", tr("usual")),
        (50, "#c6b5c5", "50 %"),
        (90, "#843a77", "90 %"),
        (100, "#6e105c", tr("unlike all that the model knows")),
    )
    band = next((i for i in range(1, layer.bandCount() + 1) if layer.bandName(i).endswith("distance")), 1)
    _paint_ramp(layer, band, [QgsColorRampShader.ColorRampItem(v, QColor(c), words) for v, c, words in steps])


def _paint_ramp(layer: QgsRasterLayer, band: int, items: List[QgsColorRampShader.ColorRampItem]) -> None:
    """Draw a band in colours that run from one item to the next."""
    least, most = items[0].value, items[-1].value
    shader = QgsColorRampShader(least, most)
    shader.setColorRampType(QgsColorRampShader.Type.Interpolated)
    shader.setColorRampItemList(items)
    raster = QgsRasterShader()
    raster.setRasterShaderFunction(shader)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), band, raster)
    renderer.setClassificationMin(least)
    renderer.setClassificationMax(most)
    layer.setRenderer(renderer)
    layer.triggerRepaint()
    layer.emitStyleChanged()


def preview_layer(path: str, name: str) -> QgsRasterLayer:
    """A finished strip, drawn like the class map."""
    layer = QgsRasterLayer(path, name)
    layer.setCustomProperty(KIND, "preview")
    if layer.isValid():
        layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, _palette(None)))
    return layer


def _palette(shown: Optional[FrozenSet[str]]) -> List[QgsPalettedRasterRenderer.Class]:
    entries = []
    for code, name in enumerate(ORDER_ALPHABETICAL, 1):  # codes of the class map: docs/guide.md
        colour = QColor(CLASSES[name].colour)
        if shown is not None and name not in shown:
            colour.setAlpha(0)
        entries.append(QgsPalettedRasterRenderer.Class(code, colour, name))
    return entries


def _filter_raster(layer: QgsRasterLayer, shown: Optional[FrozenSet[str]]) -> None:
    layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, _palette(shown)))
    layer.triggerRepaint()
    layer.emitStyleChanged()


def _restyle(layer: QgsVectorLayer, expression: Optional[str], shown: Optional[FrozenSet[str]]) -> None:
    """A new expression and other visible classes; symbols stay, so does what a person changed about them."""
    renderer = layer.renderer()
    if not isinstance(renderer, QgsCategorizedSymbolRenderer):  # a style of the user's own: left alone
        return
    renderer = renderer.clone()
    if expression is not None:
        renderer.setClassAttribute(expression)
    for i, category in enumerate(renderer.categories()):
        if category.value() in CLASSES:
            renderer.updateCategoryRenderState(i, shown is None or category.value() in shown)
    layer.setRenderer(renderer)
    layer.triggerRepaint()
    layer.emitStyleChanged()


def _own_expression(patches: QgsVectorLayer, rows: List[ClassRow]) -> str:
    """The expression of the style that the GeoPackage brings."""
    stored = QgsVectorLayer(patches.source(), "style", "ogr")
    renderer = stored.renderer()
    if isinstance(renderer, QgsCategorizedSymbolRenderer):
        return str(renderer.classAttribute())
    return patch_expression(rows, None)


def _class_rows(package: Path) -> List[ClassRow]:
    """The classes that the model answers, alphabetical."""
    table = QgsVectorLayer(f"{package}|layername=classes", "classes", "ogr")
    rows = [
        ClassRow(f["name"], f["column_name"], float(f["threshold"]), bool(f["trained"]))
        for f in table.getFeatures()
        if isinstance(f["column_name"], str) and f["name"] in CLASSES
    ]
    if not rows:
        raise DataError(
            tr("{path} holds no table of classes.").format(path=package), tr("Was it made by another program?")
        )
    return rows
