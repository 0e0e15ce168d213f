"""Scene info: ``ben info``."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any, Mapping, Optional

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFileDestination,
)

from ..i18n import tr
from .base import About, Values
from .scene_algorithm import SceneAlgorithm, write_job


class SceneInfo(SceneAlgorithm):
    identifier = "sceneinfo"
    command = "info"
    picture = "info"

    def about(self) -> About:
        return About(
            title=tr("Scene info"),
            summary=tr("Say what a scene is, and what mapping it would need"),
            help=tr(
                "<p>Looks at a scene before a run: bands, radiometry (processing baseline, offset), grid, number of patches, "
                "and the memory, disk space and time that mapping it would need on this machine, measured by decoding a "
                "block and running a batch.</p><p>Takes the parameters of <i>Map scene</i>, so that the forecast is that of "
                "the very run you plan. Nothing is mapped.</p>"
            ),
            tags=tr("sentinel,bands,radiometry,baseline,metadata,memory,time,preflight"),
        )

    def initAlgorithm(self, configuration: Optional[Values] = None) -> None:  # noqa: N802  (names of QGIS)
        self.add_scene()
        self.add_options()
        self.add(
            QgsProcessingParameterFileDestination("HTML", tr("Description"), "HTML (*.html)", None, True),
            tr("A page to read; it opens in the viewer of results."),
        )
        self.add_outputs(
            QgsProcessingOutputString("SCENE", tr("Name of the scene")),
            QgsProcessingOutputString("ACQUIRED", tr("Acquisition time")),
            QgsProcessingOutputString("CRS", tr("CRS")),
            QgsProcessingOutputString("BANDS", tr("Bands found")),
            QgsProcessingOutputString("SENTINEL_1", tr("Passes of Sentinel-1")),
            QgsProcessingOutputString("PROBLEM", tr("Why it cannot be mapped; empty where it can")),
            QgsProcessingOutputNumber("PATCHES", tr("Patches to map")),
            QgsProcessingOutputNumber("MEMORY", tr("Memory (bytes)")),
            QgsProcessingOutputNumber("DISK", tr("Disk space (bytes)")),
            QgsProcessingOutputNumber("SECONDS", tr("Time (seconds)")),
            QgsProcessingOutputString("JSON", tr("All facts as JSON")),
        )

    def prepareAlgorithm(  # noqa: N802
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        self.job = self.make_job(parameters, context, out=".")
        return True

    def processAlgorithm(  # noqa: N802
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Values:
        found = self.run_engine(["info", "--job", write_job(self.job, context), "--json"], feedback)
        if found is None:
            return {}
        facts = found.pop("facts")
        scene, run, said = facts["scene"], facts.get("run", {}), found.get("run", {})
        for line in _lines(found):
            feedback.pushInfo(line)
        problem = " ".join(said[k] for k in ("impossible", "remedy") if said.get(k))
        if problem:
            feedback.pushWarning(problem)
        results = {
            "SCENE": scene["name"],
            "ACQUIRED": scene["acquired"] or "",
            "CRS": scene["crs"],
            "BANDS": ",".join(scene["bands"]),
            "SENTINEL_1": "\n".join(found.get("Sentinel-1", [])),
            "PROBLEM": problem,
            "PATCHES": run.get("cells", 0),
            "MEMORY": run.get("memory", 0),
            "DISK": run.get("disk", 0),
            "SECONDS": run.get("seconds", 0),
            "JSON": json.dumps(facts, ensure_ascii=False),
        }
        page = self.parameterAsFileOutput(parameters, "HTML", context)
        if page:
            Path(page).write_text(_page(found), encoding="utf-8")
            results["HTML"] = page
        return results


def _lines(found: Mapping[str, Any], indent: str = "") -> "list[str]":
    lines = []
    for key, value in found.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}:", *_lines(value, indent + "    ")]
        elif isinstance(value, list):
            lines += [f"{indent}{key}:" + ("" if value else " –"), *(f"{indent}    {item}" for item in value)]
        else:
            lines.append(f"{indent}{key}: {value}")
    return lines


def _page(found: Mapping[str, Any]) -> str:
    return (
        "<!DOCTYPE html><html><head><meta charset='utf-8'><title>{title}</title></head><body><h1>{title}</h1>{table}"
        "</body></html>"
    ).format(title=html.escape(str(found["scene"])), table=_table({k: v for k, v in found.items() if k != "scene"}))


def _table(found: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th align='left' valign='top'>{html.escape(key)}&nbsp;</th><td>{_cell(value)}</td></tr>"
        for key, value in found.items()
    )
    return f"<table cellpadding='3'>{rows}</table>"


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return _table(value)
    if isinstance(value, list):
        return "<br>".join(html.escape(str(v)) for v in value) or "–"
    return html.escape(str(value))
