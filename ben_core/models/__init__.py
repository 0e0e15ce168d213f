"""Models: cards, networks, runtimes."""

from .card import BandInput, ModelCard, Weights
from .model import Model, find_card, load_model

__all__ = ["BandInput", "Model", "ModelCard", "Weights", "find_card", "load_model"]
