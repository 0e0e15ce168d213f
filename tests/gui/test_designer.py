"""The algorithms in models of the designer: saved, read again, run as the designer runs them."""

import json

import pytest
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProject,
    QgsVectorLayer,
)
from toolbox import QUICK, Heard, zones_layer

SCENE = QgsProcessingParameterFile("SCENE", "Scene", QgsProcessingParameterFile.Behavior.Folder)
MAP = QgsProcessingParameterFolderDestination("MAP", "Map")


@pytest.fixture
def model(provider, tmp_path):
    """``model(parameters, step, …)``: a model that went through a file; a step is (algorithm, values), and a value is
    the name of a parameter of the model, (step, output), or [what stands there]."""

    def made(parameters, *steps, output=None):
        source, found = QgsProcessingModelChildParameterSource, QgsProcessingModelAlgorithm("A model", "tests")
        for parameter in parameters:
            found.addModelParameter(parameter.clone(), QgsProcessingModelParameter(parameter.name()))
        kinds = {str: source.fromModelParameter, tuple: lambda v: source.fromChildOutput(*v)}
        for name, values in steps:
            step = QgsProcessingModelChildAlgorithm(f"bigearthnet_mapper:{name}")
            step.setChildId(name)
            for key, value in values.items():
                read = kinds.get(type(value), lambda v: source.fromStaticValue(v[0]))
                step.addParameterSources(key, [read(value)])
            if output is not None and (name, values) == steps[-1]:
                told = QgsProcessingModelOutput("TOLD")
                told.setChildId(name)
                told.setChildOutputName(output)
                step.setModelOutputs({"TOLD": told})
            found.addChildAlgorithm(step)
        assert found.toFile(str(tmp_path / "model.model3"))
        again = QgsProcessingModelAlgorithm()
        assert again.fromFile(str(tmp_path / "model.model3"))
        return again

    return made


def run(model, given):
    context, heard = QgsProcessingContext(), Heard()
    context.setProject(QgsProject.instance())
    results, fine = model.create().run(given, context, heard, {}, True)
    assert fine, heard.errors
    return results


def test_map_then_count(model, thailand, tmp_path):
    """Map scene, then Statistics in zones of its cells."""
    made = model(
        [SCENE, QgsProcessingParameterFeatureSource("ZONES", "Zones"), MAP],
        ("mapscene", {"FOLDER": "SCENE", "STRIDE": [120], "OPEN": [False], "OUTPUT": "MAP"}),
        ("zonestatistics", {"MAP": ("mapscene", "PATCHES"), "ZONES": "ZONES", "FIELD": ["name"]}),
        output="OUTPUT",
    )
    zones = zones_layer({"a": (363_000, 1_980_000, 4000, 4000)})
    QgsProject.instance().addMapLayer(zones)
    (counted,) = {p.name() for p in made.destinationParameterDefinitions()} - {"MAP"}
    given = {
        "SCENE": str(thailand),
        "ZONES": zones.id(),
        "MAP": str(tmp_path / "map"),
        counted: str(tmp_path / "z.gpkg"),
    }
    (feature,) = QgsVectorLayer(run(made, given)[counted], "z", "ogr").getFeatures()
    assert feature["zone"] == "a" and feature["cells"] > 5


def test_adapt_then_map(model, thailand, tmp_path):
    """A rejected model: the map is made with the original one, by the wire from one algorithm to the next."""
    made = model(
        [SCENE, QgsProcessingParameterFolderDestination("MODELS", "Models"), MAP],
        ("adaptmodel", {**{k: [v] for k, v in QUICK.items()}, "FOLDER": "SCENE", "OUTPUT": "MODELS"}),
        ("mapscene", {"MODEL": ("adaptmodel", "USE"), "FOLDER": "SCENE", "OPEN": [False], "OUTPUT": "MAP"}),
    )
    run(made, {"SCENE": str(thailand), "MODELS": str(tmp_path / "models"), "MAP": str(tmp_path / "map")})
    (report,) = (tmp_path / "models").glob("*_adaptation.json")
    assert json.loads(report.read_text(encoding="utf-8"))["verdict"] == "rejected"
    assert list((tmp_path / "map").glob("*.gpkg"))
