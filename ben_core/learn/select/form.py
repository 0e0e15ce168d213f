"""The form in which a person labels a patch in QGIS: a QML style inside the GeoPackage.

Checkboxes a class, the patch's picture, what the model thinks, and colours that show what is still to do.
Written for QGIS 3.22 and newer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from ...products.styles import add_fill, rgba
from ..data.labelled import MODELS, PERSON

_TODO, _DONE, _PSEUDO = "#ff9f1c", "#2a9d4a", "#3a7bd5"
_PICTURE = 360  # px a side, of 120 px
# Beside a checkbox there is room for some forty letters.
_SHORT = {
    "Land principally occupied by agriculture, with significant areas of natural vegetation": (
        "Agriculture with natural vegetation"
    )
}


def labels_form(answers: Mapping[str, str], probabilities: Mapping[str, str], others: Sequence[str]) -> str:
    """The QML of the layer ``patches``.

    answers        boolean column -> class name, in the order shown
    probabilities  column -> class name
    others         the columns that a person only reads
    """
    root = ET.Element(
        "qgis", version="3.22.0", styleCategories="Symbology|Labeling|Fields|Forms|MapTips", labelsEnabled="1"
    )
    root.append(_renderer())
    root.append(_labeling())
    names = {"done": "Done", "reason": "Why", "note": "Note"}
    names |= {c: _SHORT.get(n, n) for c, n in answers.items()}
    names |= {c: f"p {_SHORT.get(n, n)}" for c, n in probabilities.items()}
    fields = ["done", *answers, "note", *others, *probabilities]
    configuration = ET.SubElement(root, "fieldConfiguration")
    for column in fields:
        configuration.append(_field(column, column == "done" or column in answers, column == "note"))
    aliases = ET.SubElement(root, "aliases")
    for i, column in enumerate(fields):
        ET.SubElement(aliases, "alias", index=str(i), field=column, name=names.get(column, column))
    editable = ET.SubElement(root, "editable")
    for column in fields:
        can = "0" if column in others or column in probabilities else "1"
        ET.SubElement(editable, "field", name=column, editable=can)
    ET.SubElement(root, "editorlayout").text = "tablayout"
    root.append(_layout(answers, probabilities, others))
    ET.SubElement(root, "previewExpression").text = "coalesce('patch ' || \"rank\", 'by models') || ': ' || \"about\""
    tip = '<b>[% "patch_id" %]</b><br>[% "reason" %]<br>' + _image("[%", "%]")
    ET.SubElement(root, "mapTip", enabled="1").text = tip
    ET.SubElement(root, "layerGeometryType").text = "2"
    ET.indent(root)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


def _image(opening: str, closing: str) -> str:
    """HTML of the picture; Qt's own text browser, which QGIS has without WebKit, knows data URIs as well."""
    return f'<img width="{_PICTURE}" src="data:image/jpeg;base64,{opening} "picture" {closing}">'


def _field(column: str, checkbox: bool, text: bool) -> ET.Element:
    field = ET.Element("field", name=column)
    kind = "CheckBox" if checkbox else "Hidden" if column == "picture" else "TextEdit"
    widget = ET.SubElement(field, "editWidget", type=kind)
    options = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
    if checkbox:
        # The third state is NULL: "I cannot tell", which training leaves out.
        ET.SubElement(options, "Option", name="AllowNullState", type="bool", value=str(column != "done").lower())
        ET.SubElement(options, "Option", name="TextDisplayMethod", type="int", value="0")
    elif text:
        ET.SubElement(options, "Option", name="IsMultiline", type="bool", value="true")
    return field


def _layout(answers: Mapping[str, str], probabilities: Mapping[str, str], others: Sequence[str]) -> ET.Element:
    form = ET.Element("attributeEditorForm")
    labels = _container(form, "Labels", columns=2)
    classes = _container(labels, "Present in the patch (grey: cannot tell)", columns=1, group=True)
    for column in answers:
        _editor(classes, column)
    patch = _container(labels, "Patch", columns=1, group=True)
    for column in ("done", "reason", "note"):
        _editor(patch, column)
    html = ET.SubElement(patch, "attributeEditorHtmlElement", name="picture", showLabel="0")
    html.text = (
        f'<script>document.write(\'<img style="width:100%;max-width:{_PICTURE}px" src="data:image/jpeg;base64,\' + '
        'expression.evaluate("\\"picture\\"") + \'">\');</script>'
    )
    model = _container(form, "What the model says", columns=2)
    for column in probabilities:
        _editor(model, column)
    about = _container(form, "About the patch", columns=1)
    for column in others:
        if column not in ("reason", "picture"):
            _editor(about, column)
    return form


def _container(parent: ET.Element, name: str, columns: int, group: bool = False) -> ET.Element:
    return ET.SubElement(
        parent,
        "attributeEditorContainer",
        name=name,
        columnCount=str(columns),
        groupBox="1" if group else "0",
        showLabel="1",
        visibilityExpressionEnabled="0",
    )


def _editor(parent: ET.Element, column: str) -> None:
    ET.SubElement(parent, "attributeEditorField", name=column, index="-1", showLabel="1")


def _renderer() -> ET.Element:
    """Outlines that leave the scene visible: to do, done, labelled by two models."""
    renderer = ET.Element("renderer-v2", type="RuleRenderer", symbollevels="0", enableorderby="0", forceraster="0")
    rules = ET.SubElement(renderer, "rules", key="root")
    symbols = ET.SubElement(renderer, "symbols")
    kinds = (
        ("to label", f'"by" = \'{PERSON}\' AND NOT coalesce("done", false)', _TODO, "solid"),
        ("labelled", f'"by" = \'{PERSON}\' AND "done"', _DONE, "solid"),
        ("labelled by two models that agree", f"\"by\" = '{MODELS}'", _PSEUDO, "dot"),
    )
    for i, (label, test, colour, line) in enumerate(kinds):
        ET.SubElement(rules, "rule", key=f"rule{i}", symbol=str(i), filter=test, label=label)
        symbol = ET.SubElement(symbols, "symbol", name=str(i), type="fill", alpha="1", clip_to_extent="1")
        add_fill(symbol, rgba(colour, 30), rgba(colour), "0.6", line=line)
    return renderer


def _labeling() -> ET.Element:
    """The rank in the middle of a patch."""
    labeling = ET.Element("labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    style = ET.SubElement(
        settings,
        "text-style",
        fieldName="rank",
        isExpression="0",
        fontFamily="Sans",
        fontSize="9",
        fontSizeUnit="Point",
        fontWeight="75",
        textColor="40,40,40,255",
        textOpacity="1",
        namedStyle="Bold",
    )
    ET.SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor="255,255,255,255",
        bufferOpacity="1",
        bufferJoinStyle="128",
    )
    ET.SubElement(settings, "placement", placement="1", centroidInside="1", centroidWhole="1", priority="5")
    ET.SubElement(settings, "rendering", scaleVisibility="0", obstacle="0", displayAll="0")
    return labeling
