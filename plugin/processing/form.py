"""The kinds of parameters that the algorithms ask for, a method each: named, explained, folded away or not."""

from __future__ import annotations

from typing import Any, Optional, Sequence

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

NUMBER, INTEGER = QgsProcessingParameterNumber.Type.Double, QgsProcessingParameterNumber.Type.Integer
LAYERS, FILES = QgsProcessing.TypeRaster, QgsProcessing.TypeFile
_COVER = [QgsProcessing.TypeRaster, QgsProcessing.TypeVectorPolygon]


class Form(QgsProcessingAlgorithm):
    """``words`` name a parameter, ``tip`` explains it, ``advanced`` ones are folded away."""

    def add(self, parameter: QgsProcessingParameterDefinition, tip: str = "", advanced: bool = False) -> None:
        parameter.setHelp(tip)
        if advanced:
            parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
        self.addParameter(parameter)

    def add_outputs(self, *outputs: Any) -> None:
        for output in outputs:
            self.addOutput(output)

    def add_text(self, name: str, words: str, tip: str, advanced: bool = True, lines: bool = False) -> None:
        """A text that may be left empty, of several ``lines`` or of one."""
        self.add(QgsProcessingParameterString(name, words, "", lines, True), tip, advanced)

    def add_tick(self, name: str, words: str, tip: str, default: bool = False, advanced: bool = True) -> None:
        self.add(QgsProcessingParameterBoolean(name, words, default), tip, advanced)

    def add_choice(self, name: str, words: str, choices: Sequence[str], tip: str, advanced: bool = True) -> None:
        """One of ``choices``, by its word; the first where nothing is said."""
        self.add(QgsProcessingParameterEnum(name, words, list(choices), False, choices[0], False, True), tip, advanced)

    def add_number(
        self,
        name: str,
        words: str,
        tip: str,
        kind: Any = NUMBER,
        default: Optional[float] = None,
        least: Optional[float] = None,
        most: Optional[float] = None,
        advanced: bool = True,
    ) -> None:
        """A number from ``least`` to ``most``; without a default it may be left empty."""
        parameter = QgsProcessingParameterNumber(name, words, kind, default, default is None)
        if least is not None:
            parameter.setMinimum(least)
        if most is not None:
            parameter.setMaximum(most)
        self.add(parameter, tip, advanced)

    def add_many(self, name: str, words: str, tip: str, kind: Any = LAYERS) -> None:
        """Any number of ``LAYERS`` or ``FILES``."""
        self.add(QgsProcessingParameterMultipleLayers(name, words, kind, optional=True), tip)

    def add_folder(self, name: str, words: str, tip: str) -> None:
        behavior = QgsProcessingParameterFile.Behavior.Folder
        self.add(QgsProcessingParameterFile(name, words, behavior, optional=True), tip)

    def add_file(self, name: str, words: str, tip: str, advanced: bool = True, **kind: str) -> None:
        """A file that may be left out; ``extension`` or ``fileFilter`` say of which kind."""
        self.add(QgsProcessingParameterFile(name, words, optional=True, **kind), tip, advanced)

    def add_reference(self, words: str, tip: str, optional: bool = True, advanced: bool = False) -> None:
        """``REFERENCE``: a layer of true land cover; ``truth.reference_file`` reads it."""
        self.add(QgsProcessingParameterMapLayer("REFERENCE", words, None, optional, _COVER), tip, advanced)

    def add_destination(self, words: str, tip: str) -> None:
        """``OUTPUT``: a folder to write into."""
        self.add(QgsProcessingParameterFolderDestination("OUTPUT", words), tip)
