"""Models: cards, networks, runtimes."""

import os

# From 1.29 on ONNX Runtime's official Linux builds report to Microsoft what is run (names, hashes, a device id kept in
# ~/.cache/Microsoft) unless this is set before the first import; disable_telemetry_events() comes too late for that.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from .card import BandInput, ModelCard, Weights
from .model import Answers, Model, find_card, load_model

__all__ = ["Answers", "BandInput", "Model", "ModelCard", "Weights", "find_card", "load_model"]
